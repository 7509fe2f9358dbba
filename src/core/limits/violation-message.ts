import {formatPercent, formatValue} from '../plan/units.js';
import type {Limit} from './resource-limits.js';
import type {ViolationSeverity} from './resource-violation.js';

/** The sentence that tells a violation, such as `resident memory 261.0 MiB exceeds the limit 256.0 MiB`. */
export function violationMessage(limit: Limit, value: number, severity: ViolationSeverity): string {
  const {label, unit} = limit.kind;
  const now = formatValue(value, unit);
  const most = formatValue(limit.value, unit);
  if (severity === 'warning') {
    const share = formatPercent((limit.warnAbove * 100) / limit.value);
    return `${label} ${now} is over ${share} of the limit ${most}`;
  }
  // "256.0 MiB exceeds the limit 256.0 MiB" would look like a mistake.
  if (now === most) return `${label} exceeds the limit ${most} by ${formatValue(value - limit.value, unit)}`;
  return `${label} ${now} exceeds the limit ${most}`;
}
