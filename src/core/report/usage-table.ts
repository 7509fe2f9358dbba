import {limitKind, type LimitType, type LimitUnit} from '../limits/resource-limits.js';
import {formatPercent, formatValue} from '../plan/units.js';
import {promisedLimit, type RunRecord} from '../record/run-record.js';
import {type Cell, type Column, fittedTable, type TableRoom} from './fitted-table.js';
import type {Paint} from './paint.js';
import {sharePaint} from './share-paint.js';

const COLUMNS: readonly Column[] = [
  {header: 'metric', align: 'left', least: 10},
  {header: '', align: 'left'},
  {header: 'value', align: 'right'},
  {header: 'limit', align: 'right'},
  {header: 'share', align: 'right', expendable: 1},
  {header: 'source', align: 'left', expendable: 2},
];

type Which = 'peak' | 'total' | 'average' | 'longest';

interface Row {
  readonly metric: string;
  readonly which: Which;
  readonly unit: LimitUnit;
  readonly figure: {readonly value: number; readonly source: string} | undefined;
  readonly limit?: number | undefined;
}

/**
 * What the run used, metric by metric, beside the limits. A metric that was neither measured nor
 * limited has no row; one that was limited but not measured says so.
 */
export function usageTable(record: RunRecord, paint: Paint, room: TableRoom = {}): string {
  const rows = [...memoryRows(record), ...processRows(record), ...cpuRows(record), ...diskRows(record)]
    .concat(wallRows(record))
    .filter((row) => row.figure !== undefined || row.limit !== undefined);
  return fittedTable(
    COLUMNS,
    rows.map((row) => cells(row, paint)),
    paint,
    room,
  );
}

function memoryRows(record: RunRecord): Row[] {
  const {peakRssBytes, peakPssBytes, peakVirtualBytes, peakSwapBytes, peakGroupBytes} = record.figures;
  const peak = {which: 'peak', unit: 'bytes'} as const;
  const limit = limitOf(record, 'max_rss');
  // Where the proportional size was read it decides, so the limit stands beside it and not beside the plain sum.
  const rows: Row[] =
    peakPssBytes === undefined
      ? [{...peak, metric: 'resident memory (RSS)', figure: peakRssBytes, limit}]
      : [
          {...peak, metric: 'resident memory (RSS)', figure: peakRssBytes},
          {...peak, metric: 'shared once (PSS)', figure: peakPssBytes, limit},
        ];
  return [
    ...rows,
    {...peak, metric: 'virtual memory', figure: peakVirtualBytes, limit: limitOf(record, 'max_virtual')},
    {...peak, metric: 'swap', figure: peakSwapBytes, limit: limitOf(record, 'max_swap')},
    // Beside no limit: cached files are in it, and program files that others read first are not.
    {...peak, metric: 'charged to its group', figure: peakGroupBytes},
  ];
}

function processRows(record: RunRecord): Row[] {
  const {peakProcesses, peakFileDescriptors} = record.figures;
  const peak = {which: 'peak', unit: 'count'} as const;
  return [
    {...peak, metric: 'processes', figure: peakProcesses, limit: limitOf(record, 'max_processes')},
    {
      ...peak,
      metric: 'open files',
      figure: peakFileDescriptors,
      limit: limitOf(record, 'max_file_descriptors'),
    },
  ];
}

function cpuRows(record: RunRecord): Row[] {
  const {averageCpuPercent, peakCpuPercent} = record.figures;
  const percent = {metric: 'CPU (100 % = one core)', unit: 'percent'} as const;
  return [
    ...timeRows(record, 'max_time', record.figures.cpuTimeMs, (attempt) => attempt.cpuTimeMs),
    {...percent, which: 'average', figure: averageCpuPercent},
    {...percent, which: 'peak', figure: peakCpuPercent, limit: limitOf(record, 'max_percent')},
  ];
}

function diskRows(record: RunRecord): Row[] {
  const {readBytes, writtenBytes, peakReadBytesPerSecond, peakWrittenBytesPerSecond} = record.figures;
  const total = {which: 'total', unit: 'bytes'} as const;
  const rate = {which: 'peak', unit: 'bytesPerSecond'} as const;
  return [
    {...total, metric: 'disk reads', figure: readBytes},
    {...rate, metric: 'disk reads', figure: peakReadBytesPerSecond, limit: limitOf(record, 'max_read_bps')},
    {...total, metric: 'disk writes', figure: writtenBytes},
    {
      ...rate,
      metric: 'disk writes',
      figure: peakWrittenBytesPerSecond,
      limit: limitOf(record, 'max_write_bps'),
    },
  ];
}

function wallRows(record: RunRecord): Row[] {
  if (record.endedAtMs === undefined) return [];
  const wall = {value: record.endedAtMs - record.startedAtMs, source: 'clock'};
  return timeRows(record, 'timeout', wall, ({startedAtMs, endedAtMs}) =>
    endedAtMs === undefined ? undefined : {value: endedAtMs - startedAtMs, source: 'clock'},
  );
}

/** Limits on time hold for each attempt, so beside the total of several attempts the longest one is shown. */
function timeRows(
  record: RunRecord,
  limitType: LimitType,
  total: Row['figure'],
  timeOf: (attempt: RunRecord['attempts'][number]) => Row['figure'],
): Row[] {
  const row = {metric: limitKind(limitType).label, unit: 'ms'} as const;
  const limit = limitOf(record, limitType);
  if (record.attempts.length < 2 || limit === undefined)
    return [{...row, which: 'total', figure: total, limit}];
  let longest: Row['figure'];
  for (const attempt of record.attempts) {
    const time = timeOf(attempt);
    if (time !== undefined && time.value > (longest?.value ?? -1)) longest = time;
  }
  return [
    {...row, which: 'total', figure: total},
    {...row, which: 'longest', figure: longest, limit},
  ];
}

function limitOf(record: RunRecord, type: LimitType): number | undefined {
  return promisedLimit(record, type)?.limitValue;
}

function cells({metric, which, unit, figure, limit}: Row, paint: Paint): Cell[] {
  return [
    {text: metric},
    {text: which},
    {text: figure === undefined ? 'not measured' : formatValue(figure.value, unit)},
    {text: limit === undefined ? '' : formatValue(limit, unit)},
    figure === undefined || limit === undefined ? {text: ''} : shareCell((figure.value / limit) * 100, paint),
    {text: figure?.source ?? '', paint: paint.dim},
  ];
}

function shareCell(percent: number, paint: Paint): Cell {
  const painted = sharePaint(percent, paint);
  return {text: formatPercent(percent), ...(painted && {paint: painted})};
}
