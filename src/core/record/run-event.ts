import type {LimitType} from '../limits/resource-limits.js';
import type {ResourcePolicy, ViolationHandlingMode} from '../limits/resource-policy.js';
import type {
  EndedViolation,
  ResourceViolation,
  ViolationMember,
  ViolationSeverity,
} from '../limits/resource-violation.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {RunFigures, Sourced} from './run-record.js';

/** How one limit of the run, or one step of it, is kept, told before the start. */
export interface LimitPromise {
  readonly limitType: LimitType;
  readonly limitValue: number;
  readonly policy: ResourcePolicy;
  /** How long it must stay broken before it counts, milliseconds. */
  readonly sustainMs: number;
  /**
   * `kernel`: a cap of a control group, besides sampling; `polling`: sampled by limitrun; `timer`: the monotonic clock;
   * `nobody`: not measurable here.
   */
  readonly enforcedBy: 'kernel' | 'polling' | 'timer' | 'nobody';
  /** Longest time between two looks, milliseconds; absent for a timer. */
  readonly everyMs?: number;
  /** The kernel's cap: the limit itself (`kernel`), or a backstop above it. */
  readonly cap?: KernelCap;
  /** The worst overshoot to expect, in words; absent where nobody keeps the limit. */
  readonly overshoot?: string;
}

/** What the kernel keeps for a limit. */
export interface KernelCap {
  readonly source: 'cgroup2' | 'cgroup1';
  /** In the unit of the limit; for processes it counts threads too. */
  readonly value: number;
}

/** What an attempt may use, in the unit of the limit. */
export interface AttemptLimit {
  readonly limitType: LimitType;
  readonly limitValue: number;
}

/** Why a run (or one attempt of it) ended: the first cause, never overwritten by a later one. */
export type EndCause =
  | {readonly kind: 'exited'}
  | {readonly kind: 'violation'; readonly limitType: LimitType}
  | {readonly kind: 'signal'; readonly signal: NodeJS.Signals}
  | {readonly kind: 'spawn_failed'; readonly code: string; readonly message: string}
  /** `limitType`: what the last attempt ended for; absent when the command ended by itself. */
  | {readonly kind: 'breaker_open'; readonly limitType?: LimitType}
  | {readonly kind: 'fault'; readonly message: string};

/** The states of a run; the drawing is in ARCHITECTURE.md. */
export type RunStateName =
  'idle' | 'starting' | 'running' | 'stopping' | 'terminating' | 'backing-off' | 'failed_start';

/** The limitrun that supervises a run, told apart from every other process, also after a reboot. */
export interface Supervisor {
  readonly pid: number;
  /** In the system's own unit (Linux: clock ticks since boot). */
  readonly startTime?: number;
  /** Of /proc/sys/kernel/random/boot_id (random(4)); absent where the system has none. */
  readonly bootId?: string;
  /** The pid namespace its pid is from, as /proc/self/ns/pid names it; absent where the system has none. */
  readonly pidNamespace?: string;
}

/** Who did something about a violation or an ending. */
export type Actor = 'enforcer' | 'process_control' | 'limitrun';

/** How many episodes of each severity there were. */
export interface ViolationCounts {
  readonly warning: number;
  readonly critical: number;
}

/** The highest value so far of a violation, which the other fields tell from others. */
export interface OpenPeak {
  readonly limitType: LimitType;
  readonly limitValue: number;
  readonly severity: ViolationSeverity;
  /** When it began. */
  readonly atMs: number;
  readonly peakValue: number;
}

/**
 * Everything the world is told about a run, in the order in which it happened. Closed: the terminal, the report
 * and whatever comes later are folds of this stream. `atMs` is monotonic, `timestampMs` since the epoch.
 */
export type RunEvent = {readonly atMs: number; readonly timestampMs: number} & (
  | {
      readonly kind: 'run_started';
      readonly runId: string;
      readonly name?: string;
      readonly command: readonly string[];
      readonly handling: ViolationHandlingMode;
      readonly promises: readonly LimitPromise[];
      readonly supervisor?: Supervisor;
    }
  | {readonly kind: 'state_changed'; readonly state: RunStateName}
  | {readonly kind: 'notice'; readonly level: 'info' | 'warning'; readonly text: string}
  | {
      readonly kind: 'attempt_started';
      readonly attempt: number;
      readonly pid: number;
      /** The limits of this attempt, where they may differ from one attempt to the next. */
      readonly limits?: readonly AttemptLimit[];
    }
  | {readonly kind: 'usage_sampled'; readonly usage: ResourceUsage; readonly gapMs: number}
  | {
      /** Who is in the tree, the largest first; now and then. */
      readonly kind: 'tree_sampled';
      readonly members: readonly ViolationMember[];
      /** How many more there are. */
      readonly omitted: number;
    }
  | {
      /**
       * What the run came to so far, for readers of a stream from which samples and violations are left out: every
       * figure of it but the average only ever rises, so of this and what was folded the higher one is true.
       */
      readonly kind: 'checkpoint';
      readonly figures: RunFigures;
      readonly samples: number;
      readonly worstGapMs?: number;
      readonly counts: ViolationCounts;
      /** Of the violations that have not ended. */
      readonly openPeaks: readonly OpenPeak[];
      /** Of the attempt that runs. */
      readonly attemptPeakRss?: Sourced;
    }
  | {readonly kind: 'violation_begun'; readonly violation: ResourceViolation}
  | {readonly kind: 'violation_ended'; readonly ended: EndedViolation}
  | {
      /** What was done; `violation` is absent when the cause was a signal or processes left in the background. */
      readonly kind: 'action_taken';
      readonly actor: Actor;
      readonly violation?: ResourceViolation;
      /** Such as `SIGTERM to 3 processes`. */
      readonly text: string;
    }
  | {
      readonly kind: 'attempt_ended';
      readonly attempt: number;
      readonly cause: EndCause;
      readonly exitCode?: number;
      readonly signal?: string;
      /** SIGKILL was needed, by limitrun or by the kernel at limitrun's cap. */
      readonly forced: boolean;
      /** Totals as the system told them after the end; better than those of the last sample. */
      readonly cpuTimeMs?: number;
      readonly readBytes?: number;
      readonly writtenBytes?: number;
      /** See {@link RunFigures.peakGroupBytes}; of this attempt. */
      readonly peakGroupBytes?: Sourced;
      /** How long until the next attempt; absent when there is none. */
      readonly nextInMs?: number;
    }
  | {
      readonly kind: 'run_ended';
      readonly cause: EndCause;
      /** What limitrun exits with. */
      readonly exitCode: number;
      /** Pids that could not be ended. */
      readonly survivors: readonly number[];
    }
);

/** A run event before it is given its time. */
export type Happening = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, 'atMs' | 'timestampMs'>
    : never
  : never;
