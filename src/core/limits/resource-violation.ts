import type {LimitType, LimitUnit} from './resource-limits.js';
import type {TreeMember} from '../monitor/tree-member.js';
import type {ResourcePolicy} from './resource-policy.js';

export type ViolationSeverity = 'warning' | 'critical';

/** A limit exceeded for its sustain time (`critical`), or nearly so (`warning`). One object per episode. */
export interface ResourceViolation {
  readonly limitType: LimitType;
  /** The metric's name, such as `memory.rss`. */
  readonly metric: string;
  readonly unit: LimitUnit;
  /** In `unit`, at the moment the violation began. */
  readonly currentValue: number;
  readonly limitValue: number;
  readonly severity: ViolationSeverity;
  /** The policy of the limit (see `betweenSamples`); only a critical violation is acted on. */
  readonly policy: ResourcePolicy;
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  /**
   * The limit was exceeded between two samples and was kept again when that was found (`VmHWM`). Its policy is `log`
   * where the limit's would act: there is nothing left to end. Usage that is
   * above the limit again is another violation.
   */
  readonly betweenSamples?: true;
  /**
   * The control group whose cap was reached: the kernel has ended the tree, or a part of it, already. Absent: limitrun's
   * own sampling or timer has found it.
   */
  readonly source?: 'cgroup2' | 'cgroup1';
  /** One sentence for people, without control characters. */
  readonly message: string;
  /**
   * Who was in the tree when it began, the largest by what the limit is about first; at most 500. Given by the manager
   * when it dispatches the violation, absent in what the checker returns.
   */
  readonly tree?: readonly ViolationMember[];
  /** How many more processes there were. Absent: none. */
  readonly treeOmitted?: number;
}

/** One process of the tree in which a violation began. */
export type ViolationMember = TreeMember;

/** A violation that is over: usage has been back at or below the limit for the sustain time, or it has escalated. */
export interface EndedViolation {
  readonly violation: ResourceViolation;
  readonly atMs: number;
  readonly timestampMs: number;
  /** The highest value seen during the episode, in the limit's unit. */
  readonly peakValue: number;
  /** `escalated`: a warning that became a critical violation. */
  readonly how: 'subsided' | 'escalated';
}
