import type {ResourceViolation} from '../limits/resource-violation.js';

/** What tells a violation from all others of its run. */
export function violationKey({limitType, limitValue, severity, atMs}: ResourceViolation): string {
  return `${limitType} ${String(limitValue)} ${severity} ${String(atMs)}`;
}
