import {formatValue} from '../plan/units.js';
import type {RunView} from '../record/run-view.js';
import {sharePaint, WARNING_SHARE} from './bar.js';
import {type Fact, factLine} from './fact-line.js';
import {latestLines} from './latest-lines.js';
import {liveLines} from './live-columns.js';
import {type LiveRow, liveRows, mostLiveRows} from './live-rows.js';
import {countText, shareText} from './progress-line.js';
import {clockText, statePaint, stateText, titleText} from './run-title.js';
import type {TextStyle} from './text-style.js';

/** Columns and rows of a terminal, or of a part of it. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const NARROWEST = 12;
/** From so many rows on one of them is for the names of the columns, and some are for the latest events. */
const ROWS_WITH_HEADER = 5;
const ROWS_WITH_EVENTS = 7;
const ROWS_WITH_MORE_EVENTS = 12;
const HIGH_TERMINAL = 40;
const LARGEST_PART = 0.4;

/** What is shown when not everything fits, after what is limited. */
const MATTERS: readonly LiveRow['limitType'][] = [
  'max_rss',
  'max_percent',
  'timeout',
  'max_time',
  'max_swap',
  'max_virtual',
  'max_processes',
  'max_file_descriptors',
  'max_write_bps',
  'max_read_bps',
];

/**
 * The table pinned below the command's output: at most `size.rows` lines, each one cell narrower than the terminal so
 * that none can wrap; none at all on a terminal that is too narrow.
 * @param elapsedMs since the start of the run
 */
export function liveTable(view: RunView, size: ScreenSize, elapsedMs: number, style: TextStyle): string[] {
  const {rows} = size;
  if (rows < 1 || size.columns < NARROWEST) return [];
  const cells = size.columns - 1;
  if (rows < 2) return [factLine(onlyLineFacts(view, elapsedMs, style), cells, style)];
  const withHeader = rows >= ROWS_WITH_HEADER;
  const body = rows - (withHeader ? 2 : 1);
  const latest = latestLines(view, eventRows(rows), cells, style);
  const shown = mattering(liveRows(view, elapsedMs), body - latest.length);
  return [
    factLine(titleFacts(view, shown, elapsedMs, style), cells, style),
    ...liveLines(shown, cells, style, withHeader),
    ...latest,
  ];
}

/**
 * How many rows of a terminal the table should take. It does not depend on what has been measured or told, so the
 * command's part of the terminal keeps its size.
 */
export function liveTableRows(view: RunView, terminalRows: number): number {
  if (terminalRows < 4) return 0;
  if (terminalRows < 6) return 1;
  const events = terminalRows >= HIGH_TERMINAL ? 3 : 2;
  return Math.min(2 + mostLiveRows(view.record) + events, Math.floor(terminalRows * LARGEST_PART));
}

/** Those that matter most, in their order. */
export function mattering(rows: readonly LiveRow[], count: number): LiveRow[] {
  const rank = ({limit, limitType}: LiveRow) =>
    (limit === undefined ? MATTERS.length : 0) + MATTERS.indexOf(limitType);
  const kept = new Set(rows.toSorted((one, other) => rank(one) - rank(other)).slice(0, Math.max(0, count)));
  return rows.filter((row) => kept.has(row));
}

function eventRows(rows: number): number {
  if (rows < ROWS_WITH_EVENTS) return 0;
  return rows < ROWS_WITH_MORE_EVENTS ? 2 : 3;
}

function titleFacts(view: RunView, shown: readonly LiveRow[], elapsedMs: number, style: TextStyle): Fact[] {
  const {record} = view;
  const {paint} = style;
  const attempt = record.attempts.at(-1)?.attempt ?? 1;
  // The row tells the time of the attempt, which is that of the run as long as there is one attempt.
  const timeIsShown =
    attempt === 1 && shown.some(({limitType, now}) => limitType === 'timeout' && now !== undefined);
  return [
    {text: 'limitrun', paint: paint.bold, rank: 5},
    {text: titleText(record), rank: 3, shrinks: true},
    {text: stateText(view), paint: statePaint(view, paint), rank: 1},
    {text: attempt > 1 ? `attempt ${String(attempt)}` : '', rank: 4},
    {text: timeIsShown ? '' : clockText(elapsedMs), rank: 0},
    violationsFact(view, style),
  ];
}

/** Warnings are yellow, and a single violation that is none makes it red. */
export function violationsFact({record}: RunView, {paint}: TextStyle): Fact {
  const {warning, critical} = record.violationCounts;
  const count = warning + critical;
  return {
    text: count === 0 ? '' : countText(count, 'violation'),
    paint: critical > 0 ? paint.red : paint.yellow,
    rank: 2,
  };
}

/** A single row tells what is used; the name of the run is known to who started it. */
function onlyLineFacts(view: RunView, elapsedMs: number, {paint}: TextStyle): Fact[] {
  const usage = liveRows(view, elapsedMs).filter(
    ({limitType, now}) => now !== undefined && limitType !== 'timeout',
  );
  return [
    {text: 'limitrun', paint: paint.bold, rank: usage.length + 2},
    {text: stateText(view), paint: statePaint(view, paint), rank: usage.length === 0 ? 0 : usage.length + 1},
    {text: clockText(elapsedMs), rank: 1},
    ...usage.map(({shortLabel, now = 0, unit, share = 0}, index) => ({
      text: `${shortLabel} ${formatValue(now, unit)}${share > 0 ? ` ${shareText(share)}` : ''}`,
      rank: index === 0 ? 0 : index + 1,
      ...(share >= WARNING_SHARE && {paint: sharePaint(share, paint)}),
    })),
  ];
}
