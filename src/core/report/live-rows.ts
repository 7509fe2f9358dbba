import {limitKind, type LimitType, type LimitUnit} from '../limits/resource-limits.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {RunFigures, RunRecord} from '../record/run-record.js';
import type {RunView} from '../record/run-view.js';
import {recentSeries} from './recent-series.js';

/** One metric of a run as the live views show it; values in `unit`. */
export interface LiveRow {
  readonly limitType: LimitType;
  readonly label: string;
  /** For where there is no room. */
  readonly shortLabel: string;
  readonly unit: LimitUnit;
  /** Absent: nothing measured (yet). */
  readonly now?: number;
  /** Highest value of the run; absent when not known, and for times, which only rise. */
  readonly peak?: number;
  /** Times only rise, so their peak says nothing. */
  readonly hasPeak: boolean;
  /** Of the attempt that runs. Of several steps the next one that has not been broken, or the last one. */
  readonly limit?: number;
  /** `now` of `limit`, 1 = the limit; absent without one of them. */
  readonly share?: number;
  /** The last minute in so many cells; empty for times. */
  readonly series: (cells: number) => (number | undefined)[];
  /** What fills the height of the sparkline: the limit (its last step), otherwise the highest of the last values. */
  readonly top: number;
}

interface Metric {
  readonly type: LimitType;
  readonly label: string;
  readonly shortLabel: string;
  readonly figure?: keyof RunFigures;
  /** Shown only when it is limited. */
  readonly onlyLimited?: true;
}

const METRICS: readonly Metric[] = [
  {type: 'max_rss', label: 'memory RSS', shortLabel: 'RSS', figure: 'peakRssBytes'},
  {
    type: 'max_virtual',
    label: 'virtual',
    shortLabel: 'virtual',
    figure: 'peakVirtualBytes',
    onlyLimited: true,
  },
  {type: 'max_swap', label: 'swap', shortLabel: 'swap', figure: 'peakSwapBytes', onlyLimited: true},
  {type: 'max_percent', label: 'CPU', shortLabel: 'CPU', figure: 'peakCpuPercent'},
  {type: 'max_processes', label: 'processes', shortLabel: 'procs', figure: 'peakProcesses'},
  {type: 'max_file_descriptors', label: 'open files', shortLabel: 'files', figure: 'peakFileDescriptors'},
  {type: 'max_read_bps', label: 'disk reads', shortLabel: 'reads', figure: 'peakReadBytesPerSecond'},
  {type: 'max_write_bps', label: 'disk writes', shortLabel: 'writes', figure: 'peakWrittenBytesPerSecond'},
  {type: 'max_time', label: 'CPU time', shortLabel: 'CPU t', onlyLimited: true},
  {type: 'timeout', label: 'time', shortLabel: 'time'},
];

const ONE_CORE_PERCENT = 100;

/**
 * The metrics of a run in the order in which they are shown. One that was never measured and is not limited has no
 * row.
 * @param elapsedMs since the start of the run
 */
export function liveRows(view: RunView, elapsedMs: number): LiveRow[] {
  const nowMs = view.record.startedAtMs + elapsedMs;
  return METRICS.flatMap((metric) => {
    const row = rowOf(metric, view, nowMs);
    const {now, peak, limit} = row;
    const isKnown =
      now !== undefined ||
      peak !== undefined ||
      view.recent.some((usage) => valueOf(metric, usage) !== undefined);
    return limit !== undefined || (isKnown && metric.onlyLimited !== true) ? [row] : [];
  });
}

/** How many rows {@link liveRows} may come to have in this run, whatever is measured. */
export function mostLiveRows({promises}: RunRecord): number {
  return METRICS.filter(
    ({type, onlyLimited}) => onlyLimited !== true || promises.some(({limitType}) => limitType === type),
  ).length;
}

function rowOf(metric: Metric, view: RunView, nowMs: number): LiveRow {
  const {type} = metric;
  const {label, shortLabel, figure} = type === 'max_rss' ? memoryMetric(metric, view) : metric;
  const {unit} = limitKind(type);
  const now =
    type === 'timeout' ? attemptTime(view.record, nowMs) : view.usage && valueOf(metric, view.usage);
  const peak = figure && view.record.figures[figure]?.value;
  const steps = stepsOf(view.record, type);
  const limit = steps.find((step) => now === undefined || now <= step) ?? steps.at(-1);
  return {
    limitType: type,
    label,
    shortLabel,
    unit,
    hasPeak: figure !== undefined,
    top: steps.at(-1) ?? highestRecent(metric, view),
    series: (cells) =>
      figure === undefined ? [] : recentSeries(view, (usage) => valueOf(metric, usage), cells, nowMs),
    ...(now !== undefined && {now}),
    ...(peak !== undefined && {peak}),
    ...(limit !== undefined && {limit}),
    ...(now !== undefined && limit !== undefined && {share: now / limit}),
  };
}

/** Where the proportional size was read it is what the limit is judged by, and the row says so. */
function memoryMetric(metric: Metric, {usage, record}: RunView): Metric {
  const proportional = usage ? usage.memory.pssBytes : record.figures.peakPssBytes;
  if (proportional === undefined) return metric;
  return {...metric, label: 'memory PSS', shortLabel: 'PSS', figure: 'peakPssBytes'};
}

function highestRecent(metric: Metric, {recent}: RunView): number {
  // A whole core: little CPU must not look like much.
  const least = metric.type === 'max_percent' ? ONE_CORE_PERCENT : 0;
  return Math.max(least, ...recent.map((usage) => valueOf(metric, usage) ?? 0));
}

function valueOf({type}: Metric, usage: ResourceUsage): number | undefined {
  return limitKind(type).metricOf?.(usage);
}

/** The timeout is one of the attempt, so its time is the attempt's; undefined before the first one. */
function attemptTime({attempts, endedAtMs}: RunRecord, nowMs: number): number | undefined {
  const attempt = attempts.at(-1);
  if (attempt === undefined) return undefined;
  return Math.max(0, (attempt.endedAtMs ?? endedAtMs ?? nowMs) - attempt.startedAtMs);
}

/** The steps of a limit as they hold for the last attempt, the lowest first. */
function stepsOf({promises, attempts}: RunRecord, type: LimitType): number[] {
  const told = attempts.at(-1)?.limits?.filter(({limitType}) => limitType === type);
  const steps = told === undefined || told.length === 0 ? promises : told;
  return steps.filter(({limitType}) => limitType === type).map(({limitValue}) => limitValue);
}
