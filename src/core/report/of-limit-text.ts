import {formatBytes} from '../plan/units.js';

const KIBI = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/**
 * A size beside its limit where room is dear, both in the unit of the limit: `120 of 256 MiB 47%`; without a limit the
 * size alone: `120.5 MiB`.
 */
export function ofLimitText(bytes: number, limitBytes: number | undefined): string {
  if (limitBytes === undefined) return formatBytes(bytes);
  let step = 0;
  while (limitBytes / KIBI ** step >= KIBI && step < UNITS.length - 1) step += 1;
  const inUnit = (value: number): string => threeDigits(value / KIBI ** step, step > 0);
  const percent = Math.floor((bytes / limitBytes) * 100);
  return `${inUnit(bytes)} of ${inUnit(limitBytes)} ${UNITS[step] ?? ''} ${String(percent)}%`;
}

function threeDigits(value: number, fraction: boolean): string {
  return fraction && value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
