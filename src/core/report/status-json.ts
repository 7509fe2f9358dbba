import type {LimitUnit} from '../limits/resource-limits.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {UsageSeries} from '../record/usage-series.js';
import type {RunList, StoredRun} from '../store/run-store.js';
import {
  attemptJson,
  figureJson,
  figuresJson,
  finiteOnly,
  isoTime,
  type Json,
  limitJson,
  memberJson,
  reasonJson,
  seconds,
  violationJson,
} from './json-report.js';
import {escaped, rounded} from './json-text.js';
import {elapsedMs} from './run-time.js';

/** The version of the document; raised when a field changes its meaning or goes. */
export const STATUS_SCHEMA = 'limitrun-status/1';

export interface StatusFacts {
  /** Such as `0.1.0`. */
  readonly limitrunVersion: string;
  readonly nowTimestampMs: number;
  /** Each run in full: for the one that was asked for. */
  readonly full: boolean;
}

const USAGE: readonly (readonly [
  key: string,
  unit: LimitUnit,
  valueOf: (usage: ResourceUsage) => number | undefined,
])[] = [
  ['rss', 'bytes', (usage) => usage.memory.rssBytes],
  ['pss', 'bytes', (usage) => usage.memory.pssBytes],
  ['virtual', 'bytes', (usage) => usage.memory.virtualBytes],
  ['swap', 'bytes', (usage) => usage.memory.swapBytes],
  ['cpu', 'percent', (usage) => usage.cpu.percent],
  ['cpu_time', 'ms', (usage) => usage.cpu.timeMs],
  ['processes', 'count', (usage) => usage.process.processes],
  ['file_descriptors', 'count', (usage) => usage.process.fileDescriptors],
  ['read', 'bytes', (usage) => usage.io.readBytes],
  ['written', 'bytes', (usage) => usage.io.writtenBytes],
  ['read_rate', 'bytesPerSecond', (usage) => usage.io.readBytesPerSecond],
  ['write_rate', 'bytesPerSecond', (usage) => usage.io.writtenBytesPerSecond],
];

/**
 * The runs as described by schemas/status.v1.schema.json: one JSON document, indented, with a line break at its end and
 * nothing in it that a terminal could obey.
 */
export function statusJson({runs, faults}: RunList, facts: StatusFacts): string {
  const document: Json = {
    schema: STATUS_SCHEMA,
    limitrun_version: facts.limitrunVersion,
    runs: runs.map((run) => ({
      ...runJson(run, facts.nowTimestampMs),
      ...(facts.full ? detailsJson(run) : {}),
    })),
    faults,
  };
  return `${escaped(JSON.stringify(document, finiteOnly, 2))}\n`;
}

function runJson(run: StoredRun, nowTimestampMs: number): Readonly<Record<string, Json>> {
  const {view, fate} = run;
  const {record, usage} = view;
  const last = record.attempts.at(-1);
  return {
    run_id: record.runId,
    name: record.name,
    command: record.command,
    fate,
    state: view.state,
    attempt: last?.attempt,
    pid: last?.pid,
    supervisor_pid: record.supervisor?.pid,
    started_at: isoTime(record.startedTimestampMs),
    ended_at: record.endedTimestampMs === undefined ? undefined : isoTime(record.endedTimestampMs),
    last_event_at: isoTime(view.timestampMs),
    elapsed_seconds: seconds(elapsedMs(run, nowTimestampMs)),
    reason: record.cause && reasonJson(record.cause),
    exit_code: record.exitCode,
    usage: usage === undefined || fate !== 'running' ? undefined : usageJson(usage),
    figures: figuresJson(record.figures),
    limits: record.promises.map(limitJson),
    violation_counts: {...record.violationCounts},
  };
}

function detailsJson({view}: StoredRun): Readonly<Record<string, Json>> {
  const {record, tree} = view;
  return {
    violation_handling: record.handling,
    samples: record.samples,
    worst_gap_ms: record.worstGapMs === undefined ? undefined : rounded(record.worstGapMs),
    series: seriesJson(view.series),
    violations: record.violations.map(violationJson),
    violations_omitted: record.violationsOmitted ?? 0,
    attempts: record.attempts.map(attemptJson),
    attempts_omitted: record.attemptsOmitted ?? 0,
    tree: tree && {
      sampled_at: isoTime(tree.timestampMs),
      members: tree.members.map(memberJson),
      omitted: tree.omitted,
    },
    notices: record.notices,
    survivors: record.survivors,
  };
}

function usageJson(usage: ResourceUsage): Json {
  const {source, timestampMs} = usage;
  const figures = USAGE.map(([key, unit, valueOf]) => {
    const value = valueOf(usage);
    return [key, figureJson(value === undefined ? undefined : {value, source}, unit)] as const;
  });
  return {sampled_at: isoTime(timestampMs), ...Object.fromEntries(figures)};
}

function seriesJson({stepMs, steps}: UsageSeries): Json {
  return {
    step_seconds: seconds(stepMs),
    steps: steps.map(({rssBytes, cpuPercent}) => ({
      rss_bytes: rssBytes,
      cpu_percent: cpuPercent === undefined ? undefined : rounded(cpuPercent),
    })),
  };
}
