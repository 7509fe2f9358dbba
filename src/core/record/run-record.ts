import type {LimitType} from '../limits/resource-limits.js';
import {endsTheTree, type ViolationHandlingMode} from '../limits/resource-policy.js';
import type {ResourceViolation} from '../limits/resource-violation.js';
import type {UsageSource} from '../monitor/resource-usage.js';
import type {AttemptLimit, EndCause, LimitPromise, Supervisor, ViolationCounts} from './run-event.js';

/** A figure with where it comes from. */
export interface Sourced {
  readonly value: number;
  readonly source: UsageSource;
}

/** The figures of a run that are told at its end. What was not measured is absent. Units as in ResourceUsage. */
export interface RunFigures {
  readonly peakRssBytes?: Sourced;
  /** Highest proportional set size among the samples in which it was read. */
  readonly peakPssBytes?: Sourced;
  readonly peakVirtualBytes?: Sourced;
  readonly peakSwapBytes?: Sourced;
  /** What the kernel charged to the control group of an attempt at the most: cached files and its own memory too. */
  readonly peakGroupBytes?: Sourced;
  readonly cpuTimeMs?: Sourced;
  /** CPU time over wall time of the run. */
  readonly averageCpuPercent?: Sourced;
  readonly peakCpuPercent?: Sourced;
  readonly peakProcesses?: Sourced;
  readonly peakFileDescriptors?: Sourced;
  readonly readBytes?: Sourced;
  readonly writtenBytes?: Sourced;
  readonly peakReadBytesPerSecond?: Sourced;
  readonly peakWrittenBytesPerSecond?: Sourced;
}

export interface ViolationRecord {
  readonly violation: ResourceViolation;
  readonly attempt: number;
  /** Highest value of the episode. */
  readonly peakValue: number;
  /** Absent while (or if) it never subsided. */
  readonly endedAtMs?: number;
  readonly endedTimestampMs?: number;
  /** What was done about it, in order; empty when nothing was. */
  readonly actions: readonly string[];
}

export interface AttemptRecord {
  readonly attempt: number;
  readonly pid: number;
  /** What this attempt was allowed; absent where that was not told. */
  readonly limits?: readonly AttemptLimit[];
  readonly startedAtMs: number;
  readonly startedTimestampMs: number;
  readonly endedAtMs?: number;
  readonly endedTimestampMs?: number;
  readonly cause?: EndCause;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly forced: boolean;
  readonly nextInMs?: number;
  readonly cpuTimeMs?: Sourced;
  readonly peakRssBytes?: Sourced;
}

/** A run folded from its events. */
export interface RunRecord {
  readonly runId: string;
  readonly name?: string;
  readonly command: readonly string[];
  readonly handling: ViolationHandlingMode;
  readonly promises: readonly LimitPromise[];
  readonly supervisor?: Supervisor;
  readonly startedAtMs: number;
  readonly startedTimestampMs: number;
  readonly endedAtMs?: number;
  readonly endedTimestampMs?: number;
  readonly cause?: EndCause;
  /** What limitrun exits with. */
  readonly exitCode?: number;
  readonly figures: RunFigures;
  /** All of them, also those that are not in `violations`. */
  readonly violationCounts: ViolationCounts;
  /** Of a great many only the first and the last are kept. */
  readonly violations: readonly ViolationRecord[];
  /** How many are missing in the middle of `violations`. */
  readonly violationsOmitted?: number;
  /** Of a great many only the first and the last are kept. */
  readonly attempts: readonly AttemptRecord[];
  /** How many are missing in the middle of `attempts`. */
  readonly attemptsOmitted?: number;
  readonly samples: number;
  /** Longest real time between two looks that saw all limits, milliseconds. */
  readonly worstGapMs?: number;
  readonly notices: readonly string[];
  readonly survivors: readonly number[];
}

/** The limit of a type as it held for the last attempt, its last step; undefined when it was not set. */
export function promisedLimit(record: RunRecord, type: LimitType): LimitPromise | undefined {
  const promise = record.promises.findLast(({limitType}) => limitType === type);
  const last = record.attempts.at(-1)?.limits?.findLast(({limitType}) => limitType === type);
  return promise && last ? {...promise, limitValue: last.limitValue} : promise;
}

/** What of a limit ended the last attempt: of several broken steps the first whose policy does so. */
export function endingViolation(
  {violations, attempts}: RunRecord,
  type: LimitType,
): ResourceViolation | undefined {
  const last = attempts.at(-1)?.attempt;
  return violations.find(
    ({violation, attempt}) =>
      attempt === last &&
      violation.limitType === type &&
      violation.severity === 'critical' &&
      endsTheTree(violation.policy),
  )?.violation;
}
