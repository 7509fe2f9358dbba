import {startsAgain} from '../limits/resource-policy.js';
import type {LimitGroupRules, ResourceLimits} from '../limits/resource-limits.js';
import {DEFAULT_POLICY, DEFAULT_WARNING_THRESHOLD_PERCENT} from '../limits/resource-limits.js';
import type {Layers} from './layers.js';
import type {SettingFlag} from './settings.js';
import {RULE_GROUPS, type RuleGroup, type Worker} from './worker.js';

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
 * The limits of a plan. Per source a group's own policy beats `--policy`; the stronger source beats the weaker one,
 * so that `--policy` beats a file's `memory.policy`. Groups without a limit are left out.
 */
export function resolveLimits(layers: Layers, worker: Worker | undefined): ResolvedLimits {
  const fileRules = worker?.rules;
  const rulesOf = (group: RuleGroup): Required<LimitGroupRules> => ({
    policy: policyOf(layers, group),
    warningThresholdPercent:
      layers.get('warn-at') ??
      fileRules?.[group].warningThresholdPercent ??
      DEFAULT_WARNING_THRESHOLD_PERCENT,
    sustainedViolationTimeMs: sustainOf(layers, worker, group),
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
  return {limits, notices: idlePolicies(layers, limits)};
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

/** A limit must at least outlast a spike that the file tolerates; one that restarts may have a sustain time of its own. */
function sustainOf(layers: Layers, worker: Worker | undefined, group: RuleGroup): number {
  const forRestarts = startsAgain(policyOf(layers, group))
    ? worker?.restart.sustainedViolationTimeMs
    : undefined;
  const own = layers.get('sustain') ?? worker?.rules[group].sustainedViolationTimeMs;
  return Math.max(own ?? forRestarts ?? DEFAULT_SUSTAIN_MS, worker?.restart.spikeToleranceMs ?? 0);
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
