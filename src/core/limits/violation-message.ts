import {formatPercent, formatValue} from '../plan/units.js';
import type {Limit, LimitKind, LimitUnit} from './resource-limits.js';
import type {ResourceViolation, ViolationSeverity} from './resource-violation.js';

/**
 * The sentence that tells a violation, such as `resident memory 261.0 MiB exceeds the limit 256.0 MiB` or
 * `9 processes exceed the limit 5`.
 */
export function violationMessage(limit: Limit, value: number, severity: ViolationSeverity): string {
  const {kind} = limit;
  const most = formatValue(limit.value, kind.unit);
  if (severity === 'warning') {
    const share = formatPercent((value * 100) / limit.value);
    const verb = isPlural(kind) ? 'are' : 'is';
    return `${subject(kind, value)} ${verb} at ${share} of the limit ${most}`;
  }
  const verb = isPlural(kind) ? 'exceed' : 'exceeds';
  // "256.0 MiB exceeds the limit 256.0 MiB" would look like a mistake.
  if (formatValue(value, kind.unit) === most) {
    return `${kind.label} ${verb} the limit ${most} by ${excess(value - limit.value, kind.unit)}`;
  }
  return `${subject(kind, value)} ${verb} the limit ${most}`;
}

/**
 * What is said of a limit that was broken and kept again before a sample could show it, such as `resident memory was at
 * 300.1 MiB between samples, above the limit 256.0 MiB, and is below it again`.
 */
export function betweenSamplesMessage({kind, value}: Limit, high: number): string {
  const [was, most] = [formatValue(high, kind.unit), formatValue(value, kind.unit)];
  return `${kind.label} was at ${was} between samples, above the limit ${most}, and is below it again`;
}

/**
 * What is said when the policy `throttle` begins, such as `throttled to 50.0%`.
 * @param kernel the control group by which the kernel does it; undefined: limitrun does, by stopping and waking
 */
export function throttledText({limitValue, unit}: ResourceViolation, kernel?: 'cgroup2' | 'cgroup1'): string {
  const by = kernel === undefined ? '' : ` by the kernel (${kernel})`;
  return `throttled to ${formatValue(limitValue, unit)}${by}`;
}

/** By how much a limit was passed; `less than 0.1 ms` where that would read as zero. */
function excess(by: number, unit: LimitUnit): string {
  const text = formatValue(by, unit);
  return /[1-9]/.test(text) ? text : `less than ${text.replace(/0(?!\.)/, '1')}`;
}

function subject({label, unit}: LimitKind, value: number): string {
  const text = formatValue(value, unit);
  return unit === 'count' ? `${text} ${label}` : `${label} ${text}`;
}

/** Processes, open files, disk reads and writes. */
function isPlural({unit}: LimitKind): boolean {
  return unit === 'count' || unit === 'bytesPerSecond';
}
