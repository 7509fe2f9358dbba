import {limitsSet, type ResourceLimits} from '../limits/resource-limits.js';
import {startsAgain, type ViolationHandlingMode} from '../limits/resource-policy.js';
import {Layers} from './layers.js';
import {resolveHook} from './resolve-hook.js';
import {policyNameOf, resolveLimits} from './resolve-limits.js';
import {resolveAdjust} from './resolve-adjust.js';
import {resolveRestart} from './resolve-restart.js';
import type {CommandPlan, OutputPlan, RunPlan} from './run-plan.js';
import {findSetting, variableOf} from './setting-lookup.js';
import type {Settings} from './settings.js';
import {UsageError} from './usage-error.js';
import type {Worker} from './worker.js';

/** What holds when nobody says anything, in milliseconds and counts. */
export const DEFAULTS = {
  gracePeriodMs: 5000,
  intervalMs: 200,
  historyRetentionMs: 300_000,
  progressIntervalMs: 10_000,
  recordAgeMs: 30 * 24 * 3_600_000,
  recordCount: 200,
} as const;

const NO_COMMAND = 'no command given; usage: limitrun [flags] -- COMMAND [ARG...]  (limitrun --help)';

/** What was asked for, by source. */
export interface PlanSources {
  readonly flags: Settings;
  readonly environment: Settings;
  readonly worker?: Worker;
  /** The command line's words for the command; empty: the worker's own command. */
  readonly child: readonly string[];
}

/**
 * Merges flags, environment, file and defaults (in this order of strength, setting by setting) into one plan.
 * @throws UsageError for what contradicts itself and when there is no command
 */
export function resolvePlan({flags, environment, worker, child}: PlanSources): RunPlan {
  const askedLayers = [
    {settings: flags, nameOf: (flag: keyof Settings) => `--${flag}`},
    {settings: environment, nameOf: variableOf},
  ];
  const layers = new Layers([
    ...askedLayers,
    ...(worker === undefined ? [] : [{settings: worker.settings, nameOf: keyIn(worker)}]),
  ]);
  if (worker === undefined && layers.get('worker') !== undefined) {
    throw new UsageError(`${layers.nameOf('worker')} needs --config, the file the worker is in`);
  }
  const command = commandOf(child, worker);
  const {limits, notices} = resolveLimits(layers, worker);
  const handling = handlingOf(layers, limits);
  const adjust = resolveAdjust(layers, limits);
  const {hook, notices: hookNotices} = resolveHook(layers, handling.mode);
  const strict = layers.get('strict') ?? false;
  const enabled = worker?.monitoringEnabled ?? true;
  const name = layers.get('name') ?? worker?.id;
  return {
    ...(name === undefined ? {} : {name}),
    command,
    limits,
    handling: handling.mode,
    gracePeriodMs: layers.get('grace-period') ?? DEFAULTS.gracePeriodMs,
    restart: resolveRestart(layers, new Layers(askedLayers), worker),
    adjust: adjust.plan,
    monitoring: {
      enabled,
      intervalMs: layers.get('interval') ?? DEFAULTS.intervalMs,
      historyRetentionMs: worker?.historyRetentionMs ?? DEFAULTS.historyRetentionMs,
      enforce: layers.get('enforce') ?? 'auto',
      strict,
      alertingEnabled: worker?.alertingEnabled ?? true,
    },
    ...(hook === undefined ? {} : {hook}),
    output: outputOf(layers),
    record: {
      enabled: !(layers.get('no-record') ?? false),
      maxAgeMs: layers.get('record-age') ?? DEFAULTS.recordAgeMs,
      maxCount: layers.get('record-count') ?? DEFAULTS.recordCount,
    },
    redactArguments: layers.get('redact-arguments') ?? false,
    keepBackground: layers.get('keep-background') ?? false,
    notices: [...notices, ...adjust.notices, ...handling.notices, ...hookNotices],
    warnings: unmonitored(enabled, strict, limits, worker),
  };
}

function keyIn(worker: Worker) {
  return (flag: keyof Settings): string => {
    const setting = findSetting(flag);
    const path = setting !== undefined && 'yaml' in setting ? setting.yaml.replace('unit.limits.', '') : flag;
    return `${path} in ${worker.file}`;
  };
}

/** A command on the command line replaces the worker's, in the worker's environment and directory. */
function commandOf(child: readonly string[], worker: Worker | undefined): CommandPlan {
  const execution = worker?.execution;
  const [file, ...args] = child.length > 0 ? child : (execution?.words ?? []);
  if (file === undefined) throw new UsageError(NO_COMMAND);
  return {
    file,
    args,
    ...(execution?.workingDirectory === undefined ? {} : {workingDirectory: execution.workingDirectory}),
    environment: execution?.environment ?? {},
  };
}

/** Restarts are the business of external handling; asking for both a restart and internal handling is a mistake. */
function handlingOf(
  layers: Layers,
  limits: ResourceLimits,
): {mode: ViolationHandlingMode; notices: string[]} {
  const given = layers.get('violation-handling');
  const why = restartAskedFor(layers, limits);
  if (why === undefined) return {mode: given ?? 'internal', notices: []};
  switch (given) {
    case undefined:
      return {mode: 'external', notices: [`violation handling is external, because ${why}`]};
    case 'internal':
      throw new UsageError(
        `${layers.nameOf('violation-handling')} is internal but ${why}: only external handling can ` +
          `restart; leave the handling away, or choose another policy`,
      );
    case 'external':
    case 'disabled':
      return {mode: given, notices: []};
  }
}

/** `--policy is restart`, or undefined when nothing asks for a restart. */
function restartAskedFor(layers: Layers, limits: ResourceLimits): string | undefined {
  const limit = limitsSet(limits).find(({policy}) => startsAgain(policy));
  if (limit !== undefined) {
    return `${policyNameOf(layers, limit, limits) ?? 'the policy'} is ${limit.policy}`;
  }
  const afterExit = layers.get('restart-policy') ?? 'never';
  return afterExit === 'never' ? undefined : `${layers.nameOf('restart-policy')} is ${afterExit}`;
}

/** How much is said, and where. @throws UsageError for what excludes each other */
export function outputOf(layers: Layers): OutputPlan {
  // The stronger source decides on both: -q on the command line silences LIMITRUN_VERBOSE=1.
  const loudness = layers.layerWith(['quiet', 'verbose']);
  const {quiet = false, verbose = false} = loudness?.settings ?? {};
  if (loudness !== undefined && quiet && verbose) {
    throw new UsageError(`${loudness.nameOf('quiet')} and ${loudness.nameOf('verbose')} exclude each other`);
  }
  const progress = layers.get('progress') ?? 'auto';
  if (quiet && (progress === 'live' || progress === 'plain')) {
    throw new UsageError(
      `${layers.nameOf('progress')} ${progress} and ${loudness?.nameOf('quiet') ?? '--quiet'} exclude each other`,
    );
  }
  const reportFile = layers.get('report');
  const eventsFile = layers.get('events');
  const violationExitCode = layers.get('violation-exit-code');
  return {
    quiet,
    verbose,
    ...(reportFile === undefined ? {} : {reportFile}),
    ...(eventsFile === undefined ? {} : {eventsFile}),
    progress: quiet ? 'none' : progress,
    progressIntervalMs: layers.get('progress-interval') ?? DEFAULTS.progressIntervalMs,
    failOnViolation: layers.get('fail-on-violation') ?? false,
    ...(violationExitCode === undefined ? {} : {violationExitCode}),
  };
}

function unmonitored(
  enabled: boolean,
  strict: boolean,
  limits: ResourceLimits,
  worker: Worker | undefined,
): string[] {
  const ignored = limitsSet(limits).filter((limit) => limit.kind.group !== 'timeout');
  if (enabled || ignored.length === 0) return [];
  const which = [...new Set(ignored.map((limit) => limit.kind.type))].join(', ');
  const message = `monitoring.enabled is false in ${worker?.file ?? 'the file'}: nothing keeps ${which}`;
  if (strict) throw new UsageError(`${message}, and strict refuses that`);
  return [message];
}
