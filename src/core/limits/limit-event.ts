import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {TerminationReason} from '../process/tree-terminator.js';
import type {EndedViolation, ResourceViolation} from './resource-violation.js';

/** What a manager tells about its tree. */
export type LimitEvent =
  | {readonly kind: 'usage_sampled'; readonly usage: ResourceUsage; readonly gapMs: number}
  | {readonly kind: 'violation_begun'; readonly violation: ResourceViolation}
  | {readonly kind: 'violation_ended'; readonly ended: EndedViolation}
  | {readonly kind: 'action_taken'; readonly text: string; readonly reason: TerminationReason}
  /** The enforcer (not the callback) is ending the tree because of this violation. */
  | {readonly kind: 'enforced'; readonly violation: ResourceViolation}
  | {readonly kind: 'notice'; readonly level: 'warning'; readonly text: string}
  /** Nothing of the tree is left; watching has stopped. */
  | {readonly kind: 'tree_ended'}
  /** The tree cannot be watched any more. */
  | {readonly kind: 'fault'; readonly error: Error};
