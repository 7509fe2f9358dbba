import type {ResourcePolicy} from './resource-policy.js';

/** One step of a staged limit. */
export interface LimitStep {
  /** In the unit of the limit it belongs to: bytes, milliseconds, percent or a count. */
  readonly value: number;
  /** Default: the policy of the group; `graceful_shutdown` for the timeout, which has no group. */
  readonly policy?: ResourcePolicy;
  /** How long this step must stay broken before it counts. Default: that of the group. Nothing for the timeout. */
  readonly sustainedViolationTimeMs?: number;
}

/** At least one step. */
export type LimitSteps = readonly [LimitStep, ...LimitStep[]];

/** What a limit is set to: one value, or several steps, each with a policy of its own. */
export type LimitValue = number | LimitSteps;

/**
 * The steps of a limit, the lowest first; a plain value is one step without rules of its own.
 * @throws RangeError for an empty list: a limit that nobody keeps must not look like one
 */
export function stepsOf(value: LimitValue): LimitSteps {
  if (typeof value === 'number') return [{value}];
  const [first, ...others] = [...value].sort((one, other) => one.value - other.value);
  if (first === undefined) throw new RangeError('a limit needs at least one step');
  return [first, ...others];
}
