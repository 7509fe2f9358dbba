import {limitKind} from '../limits/resource-limits.js';
import {formatDuration, formatValue} from '../plan/units.js';
import type {LimitPromise} from '../record/run-event.js';
import type {AttemptRecord, RunRecord, ViolationRecord} from '../record/run-record.js';
import {endCauseText} from './end-cause-text.js';
import {keeperText} from './event-line.js';
import type {Fact} from './fact-line.js';
import {type Cell, type Column, fittedTable} from './fitted-table.js';
import {glyphsOf} from './glyphs.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import {clockText} from './run-title.js';
import {type ScreenSection, sectionTitle} from './screen-section.js';
import type {TextStyle} from './text-style.js';

/** A column of a table of the screen. */
interface ScreenColumn<Row> extends Column {
  /** Shown on screens of at least so many columns. */
  readonly from?: number;
  readonly cell: (row: Row) => Cell;
}

/** The limits as they hold for the last attempt, with what happens when they are broken and what keeps them. */
export function limitsSection(record: RunRecord, cells: number, style: TextStyle): ScreenSection {
  const promises = promisesNow(record);
  const columns: ScreenColumn<LimitPromise>[] = [
    {header: 'limit', align: 'left', cell: ({limitType}) => ({text: limitType})},
    {
      header: 'at most',
      align: 'right',
      cell: ({limitType, limitValue}) => ({text: formatValue(limitValue, limitKind(limitType).unit)}),
    },
    {
      header: 'for',
      align: 'right',
      from: 60,
      cell: ({sustainMs}) => ({text: sustainMs === 0 ? '' : formatDuration(sustainMs)}),
    },
    {header: 'policy', align: 'left', from: 38, cell: ({policy}) => ({text: policy})},
    {
      header: 'kept by',
      align: 'left',
      from: 70,
      cell: (promise) => ({
        text: keeperText(promise),
        ...(promise.enforcedBy === 'nobody' && {paint: style.paint.yellow}),
      }),
    },
  ];
  const used = columns.filter(
    ({header}) => header !== 'for' || promises.some(({sustainMs}) => sustainMs > 0),
  );
  return tableSection({title: 'limits', facts: [], columns: used, entries: promises}, cells, style);
}

/** The violations, the latest first. */
export function violationsSection(record: RunRecord, cells: number, style: TextStyle): ScreenSection {
  const {violations, startedAtMs, violationCounts} = record;
  const {warning, critical} = violationCounts;
  const {paint} = style;
  const columns: ScreenColumn<ViolationRecord>[] = [
    {
      header: 'time',
      align: 'right',
      cell: ({violation}) => ({text: `+${formatDuration(Math.max(0, violation.atMs - startedAtMs))}`}),
    },
    {header: 'limit', align: 'left', cell: ({violation}) => ({text: violation.limitType})},
    {
      header: 'peak',
      align: 'right',
      from: 30,
      cell: ({violation, peakValue}) => ({text: formatValue(peakValue, violation.unit)}),
    },
    {
      header: 'of',
      align: 'right',
      from: 60,
      cell: ({violation}) => ({text: formatValue(violation.limitValue, violation.unit)}),
    },
    {
      header: 'severity',
      align: 'left',
      from: 38,
      cell: ({violation: {severity}}) => ({
        text: severity,
        paint: severity === 'critical' ? paint.red : paint.yellow,
      }),
    },
    {header: 'policy', align: 'left', from: 70, cell: ({violation}) => ({text: violation.policy})},
    {
      header: 'action',
      align: 'left',
      from: 70,
      // Names of hooks may stand here: text from outside.
      cell: ({actions}) => ({text: actions.length === 0 ? 'none' : printable(actions.join('; '))}),
    },
  ];
  const counts = [
    {text: critical === 0 ? '' : `${String(critical)} critical`, paint: paint.red, rank: 1},
    {text: warning === 0 ? '' : `${String(warning)} warning`, paint: paint.yellow, rank: 2},
    {text: violations.length < 2 ? '' : 'latest first', paint: paint.dim, rank: 3},
  ];
  const entries = violations.toReversed();
  const omitted = record.violationsOmitted ?? 0;
  return tableSection({title: 'violations', facts: counts, columns, entries, omitted}, cells, style);
}

/**
 * The attempts, the latest first; nothing as long as there is one.
 * @param nowMs on the clock of the events
 */
export function attemptsSection(
  record: RunRecord,
  nowMs: number,
  cells: number,
  style: TextStyle,
): ScreenSection {
  const {startedAtMs} = record;
  const columns: ScreenColumn<AttemptRecord>[] = [
    {header: 'attempt', align: 'right', cell: ({attempt}) => ({text: String(attempt)})},
    {header: 'pid', align: 'right', from: 60, cell: ({pid}) => ({text: String(pid)})},
    {
      header: 'began',
      align: 'right',
      cell: (attempt) => ({text: `+${formatDuration(Math.max(0, attempt.startedAtMs - startedAtMs))}`}),
    },
    {header: 'took', align: 'right', cell: (attempt) => ({text: tookText(attempt, nowMs)})},
    {
      header: 'peak RSS',
      align: 'right',
      from: 50,
      cell: ({peakRssBytes}) => ({text: peakRssBytes ? formatValue(peakRssBytes.value, 'bytes') : '-'}),
    },
    {
      header: 'CPU time',
      align: 'right',
      from: 70,
      cell: ({cpuTimeMs}) => ({text: cpuTimeMs ? formatDuration(cpuTimeMs.value) : '-'}),
    },
    {header: 'ended', align: 'left', cell: (attempt) => ({text: howText(attempt)})},
  ];
  const entries = record.attempts.length < 2 ? [] : record.attempts.toReversed();
  const omitted = record.attemptsOmitted ?? 0;
  const facts = [{text: 'latest first', paint: style.paint.dim, rank: 1}];
  return tableSection({title: 'attempts', facts, columns, entries, omitted}, cells, style);
}

interface Table<Row> {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly columns: readonly ScreenColumn<Row>[];
  readonly entries: readonly Row[];
  /** How many more there were. */
  readonly omitted?: number;
}

/** In few rows the first entries are shown, and the title says how many there are. */
function tableSection<Row>(
  {title, facts, columns, entries, omitted = 0}: Table<Row>,
  cells: number,
  style: TextStyle,
): ScreenSection {
  if (entries.length === 0) return {least: 0, most: 0, lines: () => []};
  const used = columns.filter(({from = 0}) => cells >= from);
  const room = {width: cells, ellipsis: glyphsOf(style).ellipsis};
  const all = entries.length + omitted;
  const {dim, green, red, yellow} = style.paint;
  // Below a title the names of the columns step back.
  const quiet: Paint = {bold: dim, dim, green, red, yellow};
  return {
    least: 2,
    most: entries.length + 2,
    lines: (rows) => {
      // Two rows are for the title and one entry; the names of the columns come with the third.
      const withHeader = rows > 2;
      const shown = entries.slice(0, rows - (withHeader ? 2 : 1));
      const part = shown.length === all ? '' : `${String(shown.length)} of ${String(all)}`;
      const texts = shown.map((entry) => used.map(({cell}) => cell(entry)));
      const lines = fittedTable(used, texts, quiet, room).split('\n');
      return [
        sectionTitle(title, [...facts, {text: part, rank: facts.length + 1}], cells, style),
        ...lines.slice(withHeader ? 0 : 1),
      ];
    },
  };
}

function promisesNow({promises, attempts}: RunRecord): LimitPromise[] {
  const told = [...(attempts.at(-1)?.limits ?? [])];
  return promises.map((promise) => {
    const index = told.findIndex(({limitType}) => limitType === promise.limitType);
    const [limit] = index < 0 ? [] : told.splice(index, 1);
    return limit === undefined ? promise : {...promise, limitValue: limit.limitValue};
  });
}

function tookText({startedAtMs, endedAtMs}: AttemptRecord, nowMs: number): string {
  if (endedAtMs !== undefined) return formatDuration(endedAtMs - startedAtMs);
  return clockText(Math.max(0, nowMs - startedAtMs));
}

function howText(attempt: AttemptRecord): string {
  const {cause, forced} = attempt;
  if (cause === undefined) return '';
  return `${endCauseText(cause, attempt)}${forced ? ', forced' : ''}`;
}
