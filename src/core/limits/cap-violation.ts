import type {Clock} from '../clock.js';
import {formatValue} from '../plan/units.js';
import type {Limit} from './resource-limits.js';
import {violationOf} from './resource-violation-checker.js';
import type {ResourceViolation} from './resource-violation.js';

/** A control group that has reached its cap. */
export interface ReachedCap {
  readonly source: 'cgroup2' | 'cgroup1';
  /** What the kernel holds the group to, in the unit of the limit. */
  readonly capValue: number;
}

/** The violation of a limit that the kernel has found, and acted on. */
export function capViolation(limit: Limit, {source, capValue}: ReachedCap, clock: Clock): ResourceViolation {
  const {label, unit} = limit.kind;
  const instant = {atMs: clock.nowMs(), timestampMs: clock.timestampMs()};
  const most = formatValue(limit.value, unit);
  const cap = capValue === limit.value ? 'it' : `the cap of ${formatValue(capValue, unit)} above it`;
  return {
    ...violationOf(limit, capValue, instant, 'critical'),
    source,
    message: `${label} was to exceed the limit ${most}: the kernel has killed at ${cap} (${source}, out of memory)`,
  };
}

/** The violation among these that is of the very limit and whose policy is the limit's. */
export function violationOfLimit(
  {kind, value}: Limit,
  violations: readonly ResourceViolation[],
): ResourceViolation | undefined {
  return violations.find(
    ({limitType, limitValue, severity, betweenSamples}) =>
      severity === 'critical' && limitType === kind.type && limitValue === value && betweenSamples !== true,
  );
}
