import {formatBytes, formatDuration} from '../plan/units.js';
import type {AttemptRecord, RunRecord} from '../record/run-record.js';
import {endCauseText} from './end-cause-text.js';
import {type Cell, type Column, fittedTable, type TableRoom} from './fitted-table.js';
import type {Paint} from './paint.js';

const COLUMNS: readonly Column[] = [
  {header: 'attempt', align: 'right'},
  {header: 'pid', align: 'right', expendable: 1},
  {header: 'how it ended', align: 'left', least: 12},
  {header: 'took', align: 'right'},
  {header: 'peak RSS', align: 'right'},
  {header: 'CPU time', align: 'right', expendable: 2},
];

/** Rows shown at either end of a long list. */
const SHOWN_AT_EITHER_END = 5;

/**
 * The starts of the command, of a great many the first and the last; undefined when there was none.
 * @param nowMs on the clock of the run, for the attempt that goes on; absent: nobody knows how that one ended
 */
export function attemptsTable(
  record: RunRecord,
  nowMs: number | undefined,
  paint: Paint,
  room: TableRoom = {},
): string | undefined {
  const {attempts, attemptsOmitted = 0} = record;
  if (attempts.length === 0) return undefined;
  const all = attempts.length <= 2 * SHOWN_AT_EITHER_END;
  const shown = all
    ? attempts
    : [...attempts.slice(0, SHOWN_AT_EITHER_END), ...attempts.slice(-SHOWN_AT_EITHER_END)];
  const rows = shown.map((attempt) => cells(attempt, nowMs));
  const lines = fittedTable(COLUMNS, rows, paint, room).split('\n');
  if (all) return lines.join('\n');
  const hidden = attempts.length - shown.length + attemptsOmitted;
  lines.splice(1 + SHOWN_AT_EITHER_END, 0, paint.dim(`… ${String(hidden)} more attempts`));
  return lines.join('\n');
}

function cells(attempt: AttemptRecord, nowMs: number | undefined): Cell[] {
  const endMs = attempt.endedAtMs ?? nowMs;
  const {peakRssBytes, cpuTimeMs} = attempt;
  return [
    {text: String(attempt.attempt)},
    {text: String(attempt.pid)},
    {text: endText(attempt, nowMs !== undefined)},
    {text: endMs === undefined ? '-' : formatDuration(Math.max(0, endMs - attempt.startedAtMs))},
    {text: peakRssBytes === undefined ? '-' : formatBytes(peakRssBytes.value)},
    {text: cpuTimeMs === undefined ? '-' : formatDuration(cpuTimeMs.value)},
  ];
}

function endText(attempt: AttemptRecord, goesOn: boolean): string {
  if (attempt.cause === undefined) return goesOn ? 'goes on' : 'not known';
  return `${endCauseText(attempt.cause, attempt)}${attempt.forced ? ', forced' : ''}`;
}
