import {stepsOf, type LimitStep, type LimitSteps, type LimitValue} from '../limits/limit-step.js';
import {startsAgain} from '../limits/resource-policy.js';
import {
  DEFAULT_POLICY,
  DEFAULT_WARNING_THRESHOLD_PERCENT,
  LIMIT_KINDS,
  limitsSet,
  type Limit,
  type LimitGroupRules,
  type LimitKind,
  type LimitType,
  type ResourceLimits,
  throttleFault,
} from '../limits/resource-limits.js';
import type {Layers} from './layers.js';
import {milderStep} from './limit-steps.js';
import {stepRulesOf} from './parse-setting.js';
import {settingOf} from './setting-lookup.js';
import type {SettingFlag} from './settings.js';
import {UsageError} from './usage-error.js';
import {RULE_GROUPS, type RuleGroup, type Worker} from './worker.js';

const DEFAULT_SUSTAIN_MS = 0;

const POLICY_FLAGS = {
  memory: 'memory-policy',
  cpu: 'cpu-policy',
  io: 'io-policy',
  process: 'process-policy',
} as const satisfies Record<RuleGroup, SettingFlag>;

const LIMIT_FLAGS = {
  max_rss: 'max-rss',
  max_virtual: 'max-virtual',
  max_swap: 'max-swap',
  max_processes: 'max-processes',
  max_file_descriptors: 'max-fds',
  max_time: 'max-cpu-time',
  max_percent: 'max-cpu',
  max_read_bps: 'max-read-bps',
  max_write_bps: 'max-write-bps',
  timeout: 'timeout',
} as const satisfies Record<LimitType, SettingFlag>;

export interface ResolvedLimits {
  readonly limits: ResourceLimits;
  /** Policies that were asked for and have nothing to work on, one line each. */
  readonly notices: readonly string[];
}

/**
 * The limits of a plan. @throws UsageError for a policy that cannot keep its limit. Per source a group's own policy beats `--policy`; the stronger source beats the weaker one,
 * so that `--policy` beats a file's `memory.policy`. Groups without a limit are left out.
 * @throws UsageError when a step is milder than one before it that ends the tree
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
  const limitOf = (group: RuleGroup, flag: (typeof LIMIT_FLAGS)[LimitType]): LimitValue | undefined => {
    const value = layers.get(flag);
    return value === undefined || typeof value === 'number'
      ? value
      : sustainedSteps(layers, worker, group, value);
  };
  const values = {
    memory: defined({
      maxRssBytes: limitOf('memory', 'max-rss'),
      maxVirtualBytes: limitOf('memory', 'max-virtual'),
      maxSwapBytes: limitOf('memory', 'max-swap'),
    }),
    cpu: defined({maxPercent: limitOf('cpu', 'max-cpu'), maxTimeMs: limitOf('cpu', 'max-cpu-time')}),
    io: defined({
      maxReadBytesPerSecond: limitOf('io', 'max-read-bps'),
      maxWriteBytesPerSecond: limitOf('io', 'max-write-bps'),
    }),
    process: defined({
      maxProcesses: limitOf('process', 'max-processes'),
      maxFileDescriptors: limitOf('process', 'max-fds'),
    }),
  };
  const timeoutMs = layers.get('timeout');
  const limits: ResourceLimits = {
    ...(isEmpty(values.memory) ? {} : {memory: {...rulesOf('memory'), ...values.memory}}),
    ...(isEmpty(values.cpu) ? {} : {cpu: {...rulesOf('cpu'), ...values.cpu}}),
    ...(isEmpty(values.io) ? {} : {io: {...rulesOf('io'), ...values.io}}),
    ...(isEmpty(values.process) ? {} : {process: {...rulesOf('process'), ...values.process}}),
    ...(timeoutMs === undefined ? {} : {timeoutMs}),
  };
  refuseMilderSteps(layers, limits);
  refuseThrottle(layers, limits);
  return {limits, notices: idlePolicies(layers, limits)};
}

/** A policy that cannot keep its limit is never taken for another one in silence. */
function refuseThrottle(layers: Layers, limits: ResourceLimits): void {
  for (const limit of limitsSet(limits)) {
    const {group} = limit.kind;
    const fault = throttleFault(limit);
    if (fault === undefined) continue;
    const asker = policyNameOf(layers, limit, limits) ?? 'the policy';
    if (group === 'timeout')
      throw new UsageError(`${asker} is throttle, but ${fault}; choose another policy`);
    const advice = group === 'cpu' ? 'add --max-cpu, or' : `give the ${group} limits`;
    const other = group === 'cpu' ? 'choose another policy' : `another policy with --${POLICY_FLAGS[group]}`;
    throw new UsageError(`${asker} is throttle, but ${fault}; ${advice} ${other}`);
  }
}

/** How the source that decides the policy of a limit calls it, for messages; undefined for the default. */
export function policyNameOf(
  layers: Layers,
  {kind, value}: Limit,
  limits: ResourceLimits,
): string | undefined {
  const own = stepsSet(kind, limits).some((step) => step.value === value && step.policy !== undefined);
  if (own) return `a step of ${layers.nameOf(LIMIT_FLAGS[kind.type])}`;
  if (kind.group === 'timeout') return undefined;
  const flag = layers.strongest([POLICY_FLAGS[kind.group], 'policy']);
  return flag === undefined ? undefined : layers.nameOf(flag);
}

/**
 * Steps without a policy take their group's, so only now can all of them be compared.
 * @throws UsageError when a step is milder than one before it that ends the tree
 */
function refuseMilderSteps(layers: Layers, limits: ResourceLimits): void {
  const set = limitsSet(limits);
  for (const kind of LIMIT_KINDS) {
    const steps = set.filter((limit) => limit.kind === kind);
    if (steps.length < 2) continue;
    const milder = milderStep(steps.map((limit) => limit.policy));
    if (milder === undefined) continue;
    const flag = LIMIT_FLAGS[kind.type];
    const example = stepRulesOf(settingOf(flag))?.example ?? '';
    throw new UsageError(
      `${layers.nameOf(flag)}: step ${String(milder.step + 1)}: ${milder.why} ` +
        `(a step without a policy takes ${inherited(layers, kind)}); example: ${example}`,
    );
  }
}

/** The policy of a step that has none, and where it comes from. */
function inherited(layers: Layers, {group}: LimitKind): string {
  if (group === 'timeout') return `${DEFAULT_POLICY}, the default`;
  const flag = layers.strongest([POLICY_FLAGS[group], 'policy']);
  return `${policyOf(layers, group)}, ${flag === undefined ? 'the default' : `from ${layers.nameOf(flag)}`}`;
}

function stepsSet(kind: LimitKind, limits: ResourceLimits): readonly LimitStep[] {
  const set = kind.limitOf(limits);
  return set === undefined ? [] : stepsOf(set);
}

function policyOf(layers: Layers, group: RuleGroup) {
  const flag = layers.strongest([POLICY_FLAGS[group], 'policy']);
  return (flag === 'policy' || flag === POLICY_FLAGS[group] ? layers.get(flag) : undefined) ?? DEFAULT_POLICY;
}

/**
 * How long a limit must stay broken: at least as long as a spike that the file tolerates; one that restarts may have a
 * time of its own.
 */
function sustainOf(
  layers: Layers,
  worker: Worker | undefined,
  group: RuleGroup,
  step: Partial<LimitStep> = {},
): number {
  const forRestarts = startsAgain(step.policy ?? policyOf(layers, group))
    ? worker?.restart.sustainedViolationTimeMs
    : undefined;
  const own =
    step.sustainedViolationTimeMs ?? layers.get('sustain') ?? worker?.rules[group].sustainedViolationTimeMs;
  return Math.max(own ?? forRestarts ?? DEFAULT_SUSTAIN_MS, worker?.restart.spikeToleranceMs ?? 0);
}

/** The steps of a limit, each with its own time where that differs from the group's. */
function sustainedSteps(
  layers: Layers,
  worker: Worker | undefined,
  group: RuleGroup,
  [first, ...others]: LimitSteps,
): LimitSteps {
  const ofGroup = sustainOf(layers, worker, group);
  const sustained = (step: LimitStep): LimitStep => {
    const sustainedViolationTimeMs = sustainOf(layers, worker, group, step);
    const inherits = step.sustainedViolationTimeMs === undefined && sustainedViolationTimeMs === ofGroup;
    return inherits ? step : {...step, sustainedViolationTimeMs};
  };
  return [sustained(first), ...others.map(sustained)];
}

function idlePolicies(layers: Layers, limits: ResourceLimits): string[] {
  const idle = RULE_GROUPS.filter((group) => layers.get(POLICY_FLAGS[group]) !== undefined).flatMap(
    (group) => {
      const name = layers.nameOf(POLICY_FLAGS[group]);
      if (limits[group] === undefined) return [`${name} has no effect: no ${group} limit is set`];
      if (takesPolicy(group, limits)) return [];
      return [`${name} has no effect: every step of the ${group} limits has a policy of its own`];
    },
  );
  if (layers.get('policy') === undefined || RULE_GROUPS.some((group) => takesPolicy(group, limits)))
    return idle;
  const none = RULE_GROUPS.every((group) => limits[group] === undefined);
  const why = none
    ? 'no limit is set that it could be for'
    : 'every step of the limits has a policy of its own';
  return [...idle, `${layers.nameOf('policy')} has no effect: ${why}`];
}

/** Whether a limit of the group has a step that takes the group's policy. */
function takesPolicy(group: RuleGroup, limits: ResourceLimits): boolean {
  return LIMIT_KINDS.some(
    (kind) => kind.group === group && stepsSet(kind, limits).some((step) => step.policy === undefined),
  );
}

type Defined<T> = {readonly [K in keyof T]?: Exclude<T[K], undefined>};

/** The object without its undefined properties. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function isEmpty(values: object): boolean {
  return Object.keys(values).length === 0;
}
