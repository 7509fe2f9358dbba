import {formatDuration, formatValue} from '../plan/units.js';
import type {RunView} from '../record/run-view.js';
import {sharePaint} from './bar.js';
import {liveRows, type LiveRow} from './live-rows.js';
import type {Paint} from './paint.js';

/** One line of what a run uses now, of what was measured; for logs. @param elapsedMs since the start of the run */
export function progressLine(view: RunView, elapsedMs: number, paint: Paint): string {
  const parts = progressParts(view, elapsedMs, paint);
  const time = `limitrun: ${formatDuration(elapsedMs)}`;
  return parts.length === 0 ? `${time}: nothing measured yet` : `${time}: ${parts.join(', ')}`;
}

/** What {@link progressLine} tells, part by part, the most important ones first. */
export function progressParts(view: RunView, elapsedMs: number, paint: Paint): string[] {
  const usage = liveRows(view, elapsedMs).flatMap((row) => partText(row, paint) ?? []);
  const {warning, critical} = view.record.violationCounts;
  const count = warning + critical;
  return count === 0 ? usage : [...usage, countText(count, 'violation')];
}

/** `2 violations`, `1 violation`. */
export function countText(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}

function partText(row: LiveRow, paint: Paint): string | undefined {
  const {limitType, now, limit, share, unit} = row;
  if (now === undefined) return undefined;
  // The line begins with the time, unless it is limited.
  if (limitType === 'timeout' && limit === undefined) return undefined;
  const value = formatValue(now, unit);
  const text = limit === undefined ? value : `${value} of ${formatValue(limit, unit)}`;
  const of = share === undefined ? '' : ` (${sharePaint(share, paint)(shareText(share))})`;
  return `${nameOf(row, now)}${of}`;

  function nameOf({label}: LiveRow, count: number): string {
    if (limitType === 'max_processes') return `${text} ${count === 1 ? 'process' : 'processes'}`;
    if (limitType === 'max_file_descriptors') return `${text} open ${count === 1 ? 'file' : 'files'}`;
    return `${label} ${text}`;
  }
}

/** Whole percents: `47%`. What is above the limit never reads `100%`, what is below it neither. */
export function shareText(share: number): string {
  const percent =
    share > 1
      ? Math.max(101, Math.round(share * 100))
      : Math.min(share < 1 ? 99 : 100, Math.round(share * 100));
  return `${String(percent)}%`;
}
