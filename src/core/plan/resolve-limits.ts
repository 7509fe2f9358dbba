import type {LimitGroupRules, ResourceLimits} from '../limits/resource-limits.js';
import {
  DEFAULT_POLICY,
  DEFAULT_WARNING_THRESHOLD_PERCENT,
  limitsSet,
  throttleFault,
} from '../limits/resource-limits.js';
import type {Layers} from './layers.js';
import type {SettingFlag} from './settings.js';
import {UsageError} from './usage-error.js';
import {RULE_GROUPS, type RuleGroup, type WorkerRules} from './worker.js';

const DEFAULT_SUSTAIN_MS = 0;

const POLICY_FLAGS = {
  memory: 'memory-policy',
  cpu: 'cpu-policy',
  io: 'io-policy',
  process: 'process-policy',
} as const satisfies Record<RuleGroup, SettingFlag>;

export interface ResolvedLimits {
  readonly limits: ResourceLimits;
  /** Policies that were asked for and have nothing to work on, one line each. */
  readonly notices: readonly string[];
}

/**
 * The limits of a plan. @throws UsageError for a policy that cannot keep its limit. Per source a group's own policy beats `--policy`; the stronger source beats the weaker one,
 * so that `--policy` beats a file's `memory.policy`. Groups without a limit are left out.
 */
export function resolveLimits(layers: Layers, fileRules: WorkerRules | undefined): ResolvedLimits {
  const rulesOf = (group: RuleGroup): Required<LimitGroupRules> => ({
    policy: policyOf(layers, group),
    warningThresholdPercent:
      layers.get('warn-at') ??
      fileRules?.[group].warningThresholdPercent ??
      DEFAULT_WARNING_THRESHOLD_PERCENT,
    sustainedViolationTimeMs:
      layers.get('sustain') ?? fileRules?.[group].sustainedViolationTimeMs ?? DEFAULT_SUSTAIN_MS,
  });
  const values = {
    memory: defined({
      maxRssBytes: layers.get('max-rss'),
      maxVirtualBytes: layers.get('max-virtual'),
      maxSwapBytes: layers.get('max-swap'),
    }),
    cpu: defined({maxPercent: layers.get('max-cpu'), maxTimeMs: layers.get('max-cpu-time')}),
    io: defined({
      maxReadBytesPerSecond: layers.get('max-read-bps'),
      maxWriteBytesPerSecond: layers.get('max-write-bps'),
    }),
    process: defined({maxProcesses: layers.get('max-processes'), maxFileDescriptors: layers.get('max-fds')}),
  };
  const timeoutMs = layers.get('timeout');
  const limits: ResourceLimits = {
    ...(isEmpty(values.memory) ? {} : {memory: {...rulesOf('memory'), ...values.memory}}),
    ...(isEmpty(values.cpu) ? {} : {cpu: {...rulesOf('cpu'), ...values.cpu}}),
    ...(isEmpty(values.io) ? {} : {io: {...rulesOf('io'), ...values.io}}),
    ...(isEmpty(values.process) ? {} : {process: {...rulesOf('process'), ...values.process}}),
    ...(timeoutMs === undefined ? {} : {timeoutMs}),
  };
  refuseThrottle(layers, limits);
  return {limits, notices: idlePolicies(layers, limits)};
}

/** A policy that cannot keep its limit is never taken for another one in silence. */
function refuseThrottle(layers: Layers, limits: ResourceLimits): void {
  for (const limit of limitsSet(limits)) {
    const {group} = limit.kind;
    const fault = throttleFault(limit);
    if (fault === undefined || group === 'timeout') continue;
    const asker = policyNameOf(layers, group) ?? 'the policy';
    const advice = group === 'cpu' ? 'add --max-cpu, or' : `give the ${group} limits`;
    const other = group === 'cpu' ? 'choose another policy' : `another policy with --${POLICY_FLAGS[group]}`;
    throw new UsageError(`${asker} is throttle, but ${fault}; ${advice} ${other}`);
  }
}

/** How the source that decides a group's policy calls it, for messages; undefined for the default. */
export function policyNameOf(layers: Layers, group: RuleGroup): string | undefined {
  const flag = layers.strongest([POLICY_FLAGS[group], 'policy']);
  return flag === undefined ? undefined : layers.nameOf(flag);
}

function policyOf(layers: Layers, group: RuleGroup) {
  const flag = layers.strongest([POLICY_FLAGS[group], 'policy']);
  return (flag === 'policy' || flag === POLICY_FLAGS[group] ? layers.get(flag) : undefined) ?? DEFAULT_POLICY;
}

function idlePolicies(layers: Layers, limits: ResourceLimits): string[] {
  const idle = RULE_GROUPS.filter(
    (group) => limits[group] === undefined && layers.get(POLICY_FLAGS[group]) !== undefined,
  ).map((group) => `${layers.nameOf(POLICY_FLAGS[group])} has no effect: no ${group} limit is set`);
  const none = RULE_GROUPS.every((group) => limits[group] === undefined);
  if (none && layers.get('policy') !== undefined) {
    idle.push(`${layers.nameOf('policy')} has no effect: no limit is set that it could be for`);
  }
  return idle;
}

type Defined<T> = {readonly [K in keyof T]?: Exclude<T[K], undefined>};

/** The object without its undefined properties. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function isEmpty(values: object): boolean {
  return Object.keys(values).length === 0;
}
