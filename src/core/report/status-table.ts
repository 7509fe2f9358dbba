import {limitKind} from '../limits/resource-limits.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import {formatBytes} from '../plan/units.js';
import {promisedLimit} from '../record/run-record.js';
import type {ViolationCounts} from '../record/run-event.js';
import type {RunList, StoredRun} from '../store/run-store.js';
import {type Cell, type Column, fittedTable} from './fitted-table.js';
import {glyphsOf} from './glyphs.js';
import {ofLimitText} from './of-limit-text.js';
import {outcomeWords} from './outcome-words.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import {elapsedMs, shortDuration} from './run-time.js';
import {sharePaint} from './share-paint.js';
import {shortIdLength} from './short-ids.js';
import type {TextStyle} from './text-style.js';

export interface StatusOptions {
  readonly style: TextStyle;
  /** Columns of the terminal. */
  readonly width: number;
  readonly nowTimestampMs: number;
  /** Also those that have ended. */
  readonly all: boolean;
}

/** From this width on there is room for whole words and wide gaps. */
const ROOMY_WIDTH = 130;
/** Longer commands are clipped by the table anyway. */
const LONGEST_COMMAND = 300;
const UNKNOWN = '-';

/** One column: how it is headed and what stands in it for a run. */
interface StatusColumn extends Omit<Column, 'header'> {
  /** Where there is room, and where there is not. */
  readonly headers: readonly [roomy: string, tight: string];
  readonly cell: (run: StoredRun, row: RowOptions) => Cell;
}

interface RowOptions extends StatusOptions {
  readonly idLength: number;
  readonly roomy: boolean;
}

const ID: StatusColumn = {
  headers: ['id', 'id'],
  align: 'left',
  cell: ({view}, {idLength}) => ({text: printable(view.record.runId.slice(0, idLength))}),
};

const NAME: StatusColumn = {
  headers: ['name', 'name'],
  align: 'left',
  least: 4,
  expendable: 2,
  cell: ({view}) => ({text: printable(view.record.name ?? UNKNOWN)}),
};

const COMMAND: StatusColumn = {
  headers: ['command', 'command'],
  align: 'left',
  least: 5,
  cell: ({view}) => ({text: printable(view.record.command.join(' ').slice(0, LONGEST_COMMAND))}),
};

const ATTEMPT: StatusColumn = {
  headers: ['attempt', 'att'],
  align: 'right',
  expendable: 7,
  cell: ({view}) => ({text: numberText(view.record.attempts.at(-1)?.attempt)}),
};

const ELAPSED: StatusColumn = {
  headers: ['elapsed', 'elapsed'],
  align: 'right',
  expendable: 3,
  cell: (run, {nowTimestampMs}) => ({text: shortDuration(elapsedMs(run, nowTimestampMs))}),
};

const VIOLATIONS: StatusColumn = {
  headers: ['violations', 'viol'],
  align: 'right',
  expendable: 4,
  cell: ({view}, {roomy, style}) => violationsCell(view.record.violationCounts, roomy, style.paint),
};

const RUNNING: readonly StatusColumn[] = [
  ID,
  NAME,
  COMMAND,
  {headers: ['state', 'state'], align: 'left', least: 7, cell: stateCell},
  ATTEMPT,
  ELAPSED,
  {headers: ['RSS of limit', 'RSS of limit'], align: 'right', cell: memoryCell},
  {
    headers: ['CPU', 'CPU'],
    align: 'right',
    expendable: 1,
    cell: (run) => {
      const percent = usageNow(run)?.cpu.percent;
      return {text: percent === undefined ? UNKNOWN : `${percent.toFixed(0)}%`};
    },
  },
  {
    headers: ['processes', 'proc'],
    align: 'right',
    expendable: 5,
    cell: (run) => ({text: numberText(usageNow(run)?.process.processes)}),
  },
  VIOLATIONS,
];

const ENDED: readonly StatusColumn[] = [
  ID,
  {...NAME, least: 5},
  {...COMMAND, least: 8},
  {
    headers: ['outcome', 'outcome'],
    align: 'left',
    least: 14,
    cell: ({view: {record}}, {style}) => ({
      text: outcomeWords(record),
      ...(record.exitCode !== 0 && {paint: style.paint.red}),
    }),
  },
  {
    headers: ['exit code', 'code'],
    align: 'right',
    expendable: 1,
    cell: ({view}) => ({text: numberText(view.record.exitCode)}),
  },
  {...ATTEMPT, headers: ['attempts', 'att']},
  ELAPSED,
  {
    headers: ['peak RSS', 'peak RSS'],
    align: 'right',
    cell: ({view}) => {
      const peak = view.record.figures.peakRssBytes;
      return {text: peak === undefined ? UNKNOWN : formatBytes(peak.value)};
    },
  },
  {
    headers: ['CPU time', 'CPU time'],
    align: 'right',
    expendable: 5,
    cell: ({view}) => {
      const time = view.record.figures.cpuTimeMs;
      return {text: time === undefined ? UNKNOWN : shortDuration(time.value)};
    },
  },
  VIOLATIONS,
  {
    headers: ['started', 'ago'],
    align: 'right',
    expendable: 6,
    cell: ({view}, {nowTimestampMs, roomy}) => {
      const agoMs = Math.max(0, nowTimestampMs - view.record.startedTimestampMs);
      return {text: `${shortDuration(agoMs)}${roomy ? ' ago' : ''}`};
    },
  },
];

/**
 * The runs as a table: those that run or are lost, and if all are asked for a second table of those that have ended; a
 * sentence when there are none. A lost run shows no usage, since nobody measures it. Names and commands are clipped
 * first where the terminal is narrow, and then the least important columns are left out. No line break at the end.
 */
export function statusTable({runs}: RunList, options: StatusOptions): string {
  const current = runs.filter(({fate}) => fate !== 'ended');
  const over = options.all ? runs.filter(({fate}) => fate === 'ended') : [];
  if (current.length + over.length === 0) {
    return options.all ? 'no runs recorded yet' : 'no runs; limitrun status --all shows those that ended';
  }
  const idLength = shortIdLength(runs.map(({view}) => view.record.runId));
  const row = {...options, idLength, roomy: options.width >= ROOMY_WIDTH};
  return [table(RUNNING, current, row), table(ENDED, over, row)]
    .filter((text) => text !== undefined)
    .join('\n\n');
}

function table(
  columns: readonly StatusColumn[],
  runs: readonly StoredRun[],
  row: RowOptions,
): string | undefined {
  if (runs.length === 0) return undefined;
  const {roomy, style, width} = row;
  return fittedTable(
    columns.map((column) => ({...column, header: column.headers[roomy ? 0 : 1]})),
    runs.map((run) => columns.map(({cell}) => cell(run, row))),
    style.paint,
    {width, gap: roomy ? '  ' : ' ', ellipsis: glyphsOf(style).ellipsis},
  );
}

function stateCell({view, fate}: StoredRun, {style}: RowOptions): Cell {
  if (fate === 'lost') return {text: 'lost', paint: style.paint.red};
  return view.state === 'running' ? {text: view.state} : {text: view.state, paint: style.paint.yellow};
}

function memoryCell(run: StoredRun, {style}: RowOptions): Cell {
  const usage = usageNow(run);
  const value = usage && limitKind('max_rss').metricOf?.(usage);
  if (value === undefined) return {text: UNKNOWN};
  const limit = promisedLimit(run.view.record, 'max_rss')?.limitValue;
  const paint = limit === undefined ? undefined : sharePaint((value / limit) * 100, style.paint);
  return {text: ofLimitText(value, limit), ...(paint && {paint})};
}

function violationsCell({critical, warning}: ViolationCounts, roomy: boolean, paint: Paint): Cell {
  const warnings = roomy
    ? ` (+${String(warning)} ${warning === 1 ? 'warning' : 'warnings'})`
    : `+${String(warning)}w`;
  const text = `${String(critical)}${warning === 0 ? '' : warnings}`;
  if (critical > 0) return {text, paint: paint.red};
  return warning > 0 ? {text, paint: paint.yellow} : {text};
}

/** Nobody measures a run that is lost. */
function usageNow({view, fate}: StoredRun): ResourceUsage | undefined {
  return fate === 'lost' ? undefined : view.usage;
}

function numberText(value: number | undefined): string {
  return value === undefined ? UNKNOWN : String(value);
}
