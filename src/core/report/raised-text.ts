import type {Limit} from '../limits/resource-limits.js';
import {formatValue} from '../plan/units.js';

/** `limit of resident memory raised from 50.0 MiB to 75.0 MiB for attempt 2`. @param value in the unit of the limit */
export function raisedText({kind, value: before}: Limit, value: number, attempt: number): string {
  const number = String(attempt);
  if (value === before) {
    return `limit of ${kind.label} stays at ${formatValue(value, kind.unit)} for attempt ${number}, as high as it may be`;
  }
  const steps = `from ${formatValue(before, kind.unit)} to ${formatValue(value, kind.unit)}`;
  return `limit of ${kind.label} raised ${steps} for attempt ${number}`;
}
