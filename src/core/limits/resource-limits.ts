import type {UsageMetric} from '../monitor/probe.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import {stepsOf, type LimitValue} from './limit-step.js';
import type {ResourcePolicy} from './resource-policy.js';

/** How a group of limits is judged and acted on. */
export interface LimitGroupRules {
  /** Default `graceful_shutdown`. */
  readonly policy?: ResourcePolicy;
  /** From this share of a limit (percent) a violation of severity `warning` begins. Default 80. */
  readonly warningThresholdPercent?: number;
  /** How long a limit must stay broken before it counts. Default 0. */
  readonly sustainedViolationTimeMs?: number;
}

/** What the process tree may not exceed, one value or several steps. A limit is broken when usage is greater than it. */
export interface ResourceLimits {
  readonly memory?: LimitGroupRules & {
    readonly maxRssBytes?: LimitValue;
    readonly maxVirtualBytes?: LimitValue;
    readonly maxSwapBytes?: LimitValue;
  };
  readonly cpu?: LimitGroupRules & {
    /** 100 = one core, over a window of one second. */
    readonly maxPercent?: LimitValue;
    /** CPU time used by the tree, exited members included. */
    readonly maxTimeMs?: LimitValue;
  };
  readonly io?: LimitGroupRules & {
    readonly maxReadBytesPerSecond?: LimitValue;
    readonly maxWriteBytesPerSecond?: LimitValue;
  };
  readonly process?: LimitGroupRules & {
    readonly maxProcesses?: LimitValue;
    readonly maxFileDescriptors?: LimitValue;
  };
  /** Wall time of one attempt; a timer on the monotonic clock, not a sample. */
  readonly timeoutMs?: LimitValue;
}

export type LimitGroup = 'memory' | 'cpu' | 'io' | 'process' | 'timeout';

/** The unit a limit and its metric are counted in; says how they are printed. */
export type LimitUnit = 'bytes' | 'percent' | 'ms' | 'count' | 'bytesPerSecond';

export type LimitType =
  | 'max_rss'
  | 'max_virtual'
  | 'max_swap'
  | 'max_percent'
  | 'max_time'
  | 'max_processes'
  | 'max_file_descriptors'
  | 'max_read_bps'
  | 'max_write_bps'
  | 'timeout';

/** One row of the table of limits: everything the rest of limitrun needs to know about a kind of limit. */
export interface LimitKind {
  readonly type: LimitType;
  readonly group: LimitGroup;
  /** The metric's name in reports. */
  readonly metric: string;
  /** How the metric is called in a sentence. */
  readonly label: string;
  readonly unit: LimitUnit;
  /** Exit code of a run that ended because of this limit (design: 110-114, 124). */
  readonly exitCode: number;
  /** So many samples in a row must be above the limit; 2 where the moment between fork and exec can mislead. */
  readonly confirmations: number;
  /** The metric a probe must be able to tell; absent for the timeout. */
  readonly needs?: UsageMetric;
  readonly limitOf: (limits: ResourceLimits) => LimitValue | undefined;
  /** Absent for the timeout, which is a timer and not sampled. */
  readonly metricOf?: (usage: ResourceUsage) => number | undefined;
  /** The highest that it has been so far, between samples too, at least; absent where the system does not tell. */
  readonly highWaterOf?: (usage: ResourceUsage) => number | undefined;
}

/**
 * The kinds of limits in the order in which they are judged: of several limits broken in one sample the first
 * in this table is the cause of the ending. To add a limit, add a row (see ARCHITECTURE.md).
 */
export const LIMIT_KINDS: readonly LimitKind[] = [
  {
    type: 'max_rss',
    group: 'memory',
    metric: 'memory.rss',
    label: 'resident memory',
    unit: 'bytes',
    exitCode: 110,
    confirmations: 2,
    needs: 'rssBytes',
    limitOf: (limits) => limits.memory?.maxRssBytes,
    // Where the proportional size was read (near the limit) it decides: it counts shared pages once.
    metricOf: (usage) => usage.memory.pssBytes ?? usage.memory.rssBytes,
    // Where the proportional size was read the RSS of a member proves nothing: pages of it may be shared.
    highWaterOf: ({memory}) => (memory.pssBytes === undefined ? memory.peakRssBytes : undefined),
  },
  {
    type: 'max_virtual',
    group: 'memory',
    metric: 'memory.virtual',
    label: 'virtual memory',
    unit: 'bytes',
    exitCode: 110,
    confirmations: 2,
    needs: 'virtualBytes',
    limitOf: (limits) => limits.memory?.maxVirtualBytes,
    metricOf: (usage) => usage.memory.virtualBytes,
  },
  {
    type: 'max_swap',
    group: 'memory',
    metric: 'memory.swap',
    label: 'swap',
    unit: 'bytes',
    exitCode: 110,
    confirmations: 1,
    needs: 'swapBytes',
    limitOf: (limits) => limits.memory?.maxSwapBytes,
    metricOf: (usage) => usage.memory.swapBytes,
  },
  {
    type: 'max_processes',
    group: 'process',
    metric: 'process.processes',
    label: 'processes',
    unit: 'count',
    exitCode: 112,
    confirmations: 1,
    needs: 'processes',
    limitOf: (limits) => limits.process?.maxProcesses,
    metricOf: (usage) => usage.process.processes,
  },
  {
    type: 'max_file_descriptors',
    group: 'process',
    metric: 'process.file_descriptors',
    label: 'open files',
    unit: 'count',
    exitCode: 113,
    confirmations: 1,
    needs: 'fileDescriptors',
    limitOf: (limits) => limits.process?.maxFileDescriptors,
    metricOf: (usage) => usage.process.fileDescriptors,
  },
  {
    type: 'max_time',
    group: 'cpu',
    metric: 'cpu.time',
    label: 'CPU time',
    unit: 'ms',
    exitCode: 124,
    confirmations: 1,
    needs: 'cpu.timeMs',
    limitOf: (limits) => limits.cpu?.maxTimeMs,
    metricOf: (usage) => usage.cpu.timeMs,
  },
  {
    type: 'max_percent',
    group: 'cpu',
    metric: 'cpu.percent',
    label: 'CPU',
    unit: 'percent',
    exitCode: 111,
    confirmations: 1,
    needs: 'cpu.percent',
    limitOf: (limits) => limits.cpu?.maxPercent,
    metricOf: (usage) => usage.cpu.percent,
  },
  {
    type: 'max_read_bps',
    group: 'io',
    metric: 'io.read_bps',
    label: 'disk reads',
    unit: 'bytesPerSecond',
    exitCode: 114,
    confirmations: 1,
    needs: 'readBytesPerSecond',
    limitOf: (limits) => limits.io?.maxReadBytesPerSecond,
    metricOf: (usage) => usage.io.readBytesPerSecond,
  },
  {
    type: 'max_write_bps',
    group: 'io',
    metric: 'io.write_bps',
    label: 'disk writes',
    unit: 'bytesPerSecond',
    exitCode: 114,
    confirmations: 1,
    needs: 'writtenBytesPerSecond',
    limitOf: (limits) => limits.io?.maxWriteBytesPerSecond,
    metricOf: (usage) => usage.io.writtenBytesPerSecond,
  },
  {
    type: 'timeout',
    group: 'timeout',
    metric: 'wall.time',
    label: 'wall time',
    unit: 'ms',
    exitCode: 124,
    confirmations: 1,
    limitOf: (limits) => limits.timeoutMs,
  },
];

/** One limit, or one step of it, with everything needed to judge it. */
export interface Limit {
  readonly kind: LimitKind;
  readonly value: number;
  readonly policy: ResourcePolicy;
  /** Usage from this value on is a warning; Infinity: there is none, as for every step but the last. */
  readonly warnFrom: number;
  readonly sustainMs: number;
}

/**
 * Why the policy of a limit cannot be kept for it, or undefined. Only the CPU percentage can be throttled: a program
 * that is stopped now and then keeps its memory, its files and its processes, and gets its CPU time a little later.
 */
export function throttleFault({kind, policy}: Limit): string | undefined {
  if (policy !== 'throttle' || kind.type === 'max_percent') return undefined;
  return `the policy throttle cannot keep ${kind.type}: it slows a command down, which keeps a CPU percentage only`;
}

export const DEFAULT_POLICY: ResourcePolicy = 'graceful_shutdown';
export const DEFAULT_WARNING_THRESHOLD_PERCENT = 80;

/** The limits that are set, in the order of {@link LIMIT_KINDS}, one entry for each step, the lowest first. */
export function limitsSet(limits: ResourceLimits): Limit[] {
  return LIMIT_KINDS.flatMap((kind) => {
    const set = kind.limitOf(limits);
    if (set === undefined) return [];
    const rules: LimitGroupRules = kind.group === 'timeout' ? {} : (limits[kind.group] ?? {});
    const threshold = rules.warningThresholdPercent ?? DEFAULT_WARNING_THRESHOLD_PERCENT;
    return stepsOf(set).map(({value, policy, sustainedViolationTimeMs}, index, {length}) => ({
      kind,
      value,
      policy: policy ?? policyOf(kind, limits, rules),
      warnFrom: index === length - 1 ? warnFrom(kind, value, threshold) : Infinity,
      sustainMs: sustainedViolationTimeMs ?? rules.sustainedViolationTimeMs ?? 0,
    }));
  });
}

/** The CPU group has one policy: where it throttles the percentage, CPU time is kept as by default. */
function policyOf({type}: LimitKind, {cpu}: ResourceLimits, {policy}: LimitGroupRules): ResourcePolicy {
  const throttledBesides = type === 'max_time' && policy === 'throttle' && cpu?.maxPercent !== undefined;
  return throttledBesides ? DEFAULT_POLICY : (policy ?? DEFAULT_POLICY);
}

function warnFrom(kind: LimitKind, value: number, thresholdPercent: number): number {
  const share = (value * thresholdPercent) / 100;
  if (kind.unit !== 'count') return share;
  // A limit of one process must not warn about the one process that is allowed.
  return Math.ceil(share) < value ? Math.ceil(share) : Infinity;
}

/** The row of a limit type. */
export function limitKind(type: LimitType): LimitKind {
  const kind = LIMIT_KINDS.find((candidate) => candidate.type === type);
  if (kind === undefined) throw new Error(`no such limit type: ${type}`);
  return kind;
}
