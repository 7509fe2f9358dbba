import type {Clock} from '../clock.js';
import type {Probe} from '../monitor/probe.js';
import type {TreeTerminator} from '../process/tree-terminator.js';
import type {TreeThrottle} from '../process/tree-throttle.js';
import type {ActionSurroundings} from './action-gate.js';
import type {LimitEvent} from './limit-event.js';
import {limitsSet, type ResourceLimits} from './resource-limits.js';
import {actsOnTheTree, type ViolationHandlingMode} from './resource-policy.js';

export interface ResourceLimitManagerOptions extends ActionSurroundings {
  /** The root of the process tree. */
  readonly pid: number;
  readonly limits: ResourceLimits;
  /** Default `internal`. */
  readonly violationHandling?: ViolationHandlingMode;
  /** From SIGTERM to SIGKILL. Default 5 s. */
  readonly gracePeriodMs?: number;
  /** Longest gap between two looks at the limits. Default 200 ms. */
  readonly intervalMs?: number;
  /** Longest gap between two samples when cheap looks in between find nothing new. Default 2 s; the interval at least. */
  readonly sampleEveryMs?: number;
  /** How long usage is remembered. Default 5 min. */
  readonly historyRetentionMs?: number;
  /** Violations are not looked for during this time after the start. Default 0. */
  readonly startupGraceMs?: number;
  /** A callback that has not settled after this long has failed. Default: the grace period. */
  readonly callbackDeadlineMs?: number;
  readonly onEvent?: (event: LimitEvent) => void;
  /**
   * Called when a sample shows that a limit is broken, and nothing has been done about it yet. If the kernel has ended a
   * process at its cap before that, `capReached` is to be called now: it is one violation.
   */
  readonly askKernel?: () => void;
  /** Members are told with the words of their command lines, which may hold secrets. Default true. */
  readonly memberArguments?: boolean;
  /** The tree was started by this process just now: its CPU time is counted from zero, what is reaped too. */
  readonly ownChild?: boolean;
  /** Default: the best one of this machine. */
  readonly probe?: Probe;
  /** Default: one of its own. Handed in by whoever else may end the same tree. */
  readonly terminator?: TreeTerminator;
  /** Default: one of its own. Handed in by whoever else may throttle the same tree. */
  readonly throttle?: TreeThrottle;
  readonly clock?: Clock;
}

/** What an option is when it is not given. */
export const MANAGER_DEFAULTS = {
  gracePeriodMs: 5000,
  intervalMs: 200,
  sampleEveryMs: 2000,
  historyRetentionMs: 300_000,
  startupGraceMs: 0,
  memberArguments: true,
};

/** Whether anything would be done to the tree when a limit is broken. */
export function wouldAct({limits, violationHandling}: ResourceLimitManagerOptions): boolean {
  return violationHandling !== 'disabled' && limitsSet(limits).some(({policy}) => actsOnTheTree(policy));
}
