import {limitKind, type LimitUnit} from '../limits/resource-limits.js';
import type {ViolationMember} from '../limits/resource-violation.js';
import type {AttemptLimit, EndCause, LimitPromise} from '../record/run-event.js';
import type {AttemptRecord, RunFigures, RunRecord, Sourced, ViolationRecord} from '../record/run-record.js';
import {escaped, rounded} from './json-text.js';

/** The version of the document; raised when a field changes its meaning or goes. */
export const REPORT_SCHEMA = 'limitrun-report/1';

/** What the report tells besides the record. */
export interface ReportFacts {
  /** Such as `0.1.0`. */
  readonly limitrunVersion: string;
}

export type Json = string | number | boolean | undefined | readonly Json[] | {readonly [key: string]: Json};

const MS_PER_SECOND = 1000;

const JSON_UNITS: Readonly<Record<LimitUnit, string>> = {
  bytes: 'bytes',
  bytesPerSecond: 'bytes_per_second',
  percent: 'percent',
  ms: 'seconds',
  count: 'count',
};

const FIGURES: readonly (readonly [key: string, name: keyof RunFigures, unit: LimitUnit])[] = [
  ['peak_rss', 'peakRssBytes', 'bytes'],
  ['peak_pss', 'peakPssBytes', 'bytes'],
  ['peak_virtual', 'peakVirtualBytes', 'bytes'],
  ['peak_swap', 'peakSwapBytes', 'bytes'],
  ['peak_group_memory', 'peakGroupBytes', 'bytes'],
  ['cpu_time', 'cpuTimeMs', 'ms'],
  ['average_cpu', 'averageCpuPercent', 'percent'],
  ['peak_cpu', 'peakCpuPercent', 'percent'],
  ['peak_processes', 'peakProcesses', 'count'],
  ['peak_file_descriptors', 'peakFileDescriptors', 'count'],
  ['read', 'readBytes', 'bytes'],
  ['written', 'writtenBytes', 'bytes'],
  ['peak_read_rate', 'peakReadBytesPerSecond', 'bytesPerSecond'],
  ['peak_write_rate', 'peakWrittenBytesPerSecond', 'bytesPerSecond'],
];

/**
 * The report of a run that has ended, as described by schemas/report.v1.schema.json; one JSON document, indented, with
 * a line break at its end. Characters that a terminal could obey are escaped, so that `cat report.json` is harmless.
 * @throws Error when the run has not ended
 */
export function jsonReport(record: RunRecord, facts: ReportFacts): string {
  return `${escaped(JSON.stringify(report(record, facts), finiteOnly, 2))}\n`;
}

function report(record: RunRecord, facts: ReportFacts): Json {
  const {cause, exitCode, endedAtMs, endedTimestampMs} = record;
  if (
    cause === undefined ||
    exitCode === undefined ||
    endedAtMs === undefined ||
    endedTimestampMs === undefined
  ) {
    throw new Error('a run has no report before it has ended');
  }
  const last = record.attempts.at(-1);
  return {
    schema: REPORT_SCHEMA,
    limitrun_version: facts.limitrunVersion,
    run_id: record.runId,
    name: record.name,
    command: record.command,
    violation_handling: record.handling,
    reason: reasonJson(cause),
    exit_code: exitCode,
    child: {exit_code: last?.exitCode, signal: last?.signal},
    forced: last?.forced ?? false,
    started_at: isoTime(record.startedTimestampMs),
    ended_at: isoTime(endedTimestampMs),
    wall_time_seconds: seconds(endedAtMs - record.startedAtMs),
    cpu_time_seconds: record.figures.cpuTimeMs && seconds(record.figures.cpuTimeMs.value),
    samples: record.samples,
    worst_gap_ms: record.worstGapMs === undefined ? undefined : rounded(record.worstGapMs),
    figures: figuresJson(record.figures),
    limits: record.promises.map(limitJson),
    violations: record.violations.map(violationJson),
    violations_omitted: record.violationsOmitted ?? 0,
    attempts: record.attempts.map(attemptJson),
    attempts_omitted: record.attemptsOmitted ?? 0,
    notices: record.notices,
    survivors: record.survivors,
  };
}

export function reasonJson(cause: EndCause): Json {
  switch (cause.kind) {
    case 'exited':
      return {kind: cause.kind};
    case 'violation':
    case 'breaker_open':
      // Without a limit (`undefined` is left out) the command ended by itself.
      return {kind: cause.kind, limit: cause.limitType};
    case 'signal':
      return {kind: cause.kind, signal: cause.signal};
    case 'spawn_failed':
      return {kind: cause.kind, code: cause.code, message: cause.message};
    case 'fault':
      return {kind: cause.kind, message: cause.message};
  }
}

export function figuresJson(all: RunFigures): Json {
  return Object.fromEntries(FIGURES.map(([key, name, unit]) => [key, figureJson(all[name], unit)]));
}

export function figureJson(sourced: Sourced | undefined, unit: LimitUnit): Json {
  return sourced && {value: inUnit(sourced.value, unit), unit: JSON_UNITS[unit], source: sourced.source};
}

export function limitJson(promise: LimitPromise): Json {
  const {limitType, limitValue, policy, sustainMs, enforcedBy, everyMs, cap, overshoot} = promise;
  const {metric, unit} = limitKind(limitType);
  return {
    limit: limitType,
    metric,
    value: inUnit(limitValue, unit),
    unit: JSON_UNITS[unit],
    policy,
    sustain_seconds: seconds(sustainMs),
    enforced_by: enforcedBy,
    every_ms: everyMs === undefined ? undefined : rounded(everyMs),
    cap: cap && {value: inUnit(cap.value, unit), source: cap.source},
    overshoot,
  };
}

/** One violation, as the report and the hook are told it. */
export function violationJson({
  violation,
  attempt,
  peakValue,
  endedTimestampMs,
  actions,
}: ViolationRecord): Readonly<Record<string, Json>> {
  const {unit} = violation;
  return {
    limit: violation.limitType,
    metric: violation.metric,
    severity: violation.severity,
    policy: violation.policy,
    attempt,
    value: inUnit(violation.currentValue, unit),
    peak: inUnit(peakValue, unit),
    limit_value: inUnit(violation.limitValue, unit),
    unit: JSON_UNITS[unit],
    began_at: isoTime(violation.timestampMs),
    ended_at: endedTimestampMs === undefined ? undefined : isoTime(endedTimestampMs),
    source: violation.source,
    message: violation.message,
    actions,
    tree: violation.tree?.map(memberJson),
    tree_omitted: violation.treeOmitted,
    between_samples: violation.betweenSamples,
  };
}

export function memberJson(one: ViolationMember): Json {
  return {
    pid: one.pid,
    parent_pid: one.parentPid,
    name: one.name,
    args: one.args,
    rss_bytes: one.rssBytes,
    pss_bytes: one.pssBytes,
    cpu_time_seconds: seconds(one.cpuTimeMs),
    cpu_percent: one.cpuPercent === undefined ? undefined : rounded(one.cpuPercent),
    growth_bytes_per_second:
      one.growthBytesPerSecond === undefined ? undefined : Math.round(one.growthBytesPerSecond),
  };
}

export function attemptJson(record: AttemptRecord): Json {
  const {cause, endedTimestampMs, nextInMs} = record;
  return {
    attempt: record.attempt,
    pid: record.pid,
    limits: record.limits?.map(attemptLimit),
    started_at: isoTime(record.startedTimestampMs),
    ended_at: endedTimestampMs === undefined ? undefined : isoTime(endedTimestampMs),
    cause: cause && reasonJson(cause),
    exit_code: record.exitCode,
    signal: record.signal,
    forced: record.forced,
    cpu_time: figureJson(record.cpuTimeMs, 'ms'),
    peak_rss: figureJson(record.peakRssBytes, 'bytes'),
    next_in_ms: nextInMs === undefined ? undefined : rounded(nextInMs),
  };
}

function attemptLimit({limitType, limitValue}: AttemptLimit): Json {
  const {unit} = limitKind(limitType);
  return {limit: limitType, value: inUnit(limitValue, unit), unit: JSON_UNITS[unit]};
}

function inUnit(value: number, unit: LimitUnit): number {
  return unit === 'ms' ? seconds(value) : rounded(value);
}

export function seconds(ms: number): number {
  return rounded(ms / MS_PER_SECOND);
}

/** @param timestampMs since the epoch */
export function isoTime(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}

/** JSON has no NaN and no Infinity; `null` would read as a value, so such a field is left out. */
export function finiteOnly(_key: string, value: Json): Json {
  return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
}
