import {formatValue} from '../plan/units.js';
import type {RunView} from '../record/run-view.js';
import {sharePaint, WARNING_SHARE} from './bar.js';
import {liveRows, type LiveRow} from './live-rows.js';
import type {Paint} from './paint.js';
import {clockText} from './run-title.js';

/** A part of what a run uses now. */
export interface ProgressPart {
  readonly text: string;
  /** Absent: nothing to point out. */
  readonly paint?: (paint: Paint) => (text: string) => string;
}

/** One line of what a run uses now, of what was measured; for logs. @param elapsedMs since the start of the run */
export function progressLine(view: RunView, elapsedMs: number, paint: Paint): string {
  const parts = progressParts(view, elapsedMs).map((part) => part.paint?.(paint)(part.text) ?? part.text);
  return `limitrun: ${clockText(elapsedMs)}: ${parts.length === 0 ? 'nothing measured yet' : parts.join(', ')}`;
}

/** What {@link progressLine} tells, part by part. */
export function progressParts(view: RunView, elapsedMs: number): ProgressPart[] {
  const usage = liveRows(view, elapsedMs).flatMap((row) => partOf(row) ?? []);
  const {warning, critical} = view.record.violationCounts;
  const count = warning + critical;
  if (count === 0) return usage;
  const text = countText(count, 'violation');
  return [...usage, {text, paint: (paint) => (critical > 0 ? paint.red : paint.yellow)}];
}

/** `2 violations`, `1 violation`. */
export function countText(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}

function partOf(row: LiveRow): ProgressPart | undefined {
  const {limitType, now, limit, share, unit} = row;
  // The line begins with the time, unless it is limited.
  if (now === undefined || (limitType === 'timeout' && limit === undefined)) return undefined;
  const value = formatValue(now, unit);
  const named = nameOf(row, limit === undefined ? value : `${value} of ${formatValue(limit, unit)}`);
  if (share === undefined) return {text: named};
  const text = `${named} (${shareText(share)})`;
  return share < WARNING_SHARE ? {text} : {text, paint: (paint) => sharePaint(share, paint)};
}

function nameOf({limitType, label, now, limit}: LiveRow, value: string): string {
  const isOne = (limit ?? now) === 1;
  if (limitType === 'max_processes') return `${value} ${isOne ? 'process' : 'processes'}`;
  if (limitType === 'max_file_descriptors') return `${value} open ${isOne ? 'file' : 'files'}`;
  return `${label} ${value}`;
}

/** Whole percents, such as `47%`; only the whole limit reads `100%`. @param share 1 = the limit */
export function shareText(share: number): string {
  const percent = Math.round(share * 100);
  if (share > 1) return `${String(Math.max(101, percent))}%`;
  if (share > 0 && percent < 1) return '<1%';
  return `${String(share < 1 ? Math.min(99, percent) : percent)}%`;
}
