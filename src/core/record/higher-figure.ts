import type {UsageSource} from '../monitor/resource-usage.js';
import type {Sourced} from './run-record.js';

/** The higher of what was seen and a new value; values that are absent or no numbers change nothing. */
export function higherFigure(
  seen: Sourced | undefined,
  value: number | undefined,
  source: UsageSource,
): Sourced | undefined {
  if (value === undefined || !Number.isFinite(value)) return seen;
  return seen === undefined || value > seen.value ? {value, source} : seen;
}
