import {limitsSet, type ResourceLimits} from '../limits/resource-limits.js';
import {startsAgain} from '../limits/resource-policy.js';
import {Layers, type Layer} from './layers.js';
import {policyNameOf, resolveLimits} from './resolve-limits.js';
import {DEFAULTS, outputOf} from './resolve-plan.js';
import type {HelpGroup} from './setting.js';
import {findSetting, variableOf} from './setting-lookup.js';
import type {SettingFlag, Settings} from './settings.js';
import {UsageError} from './usage-error.js';

/** How much `watch` says where it draws no screen. */
export interface OnlookerPlan {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Between two lines of usage. */
  readonly progressIntervalMs: number;
}

/** Everything that was asked for about a process that runs already. */
export interface WatchPlan {
  readonly name?: string;
  readonly limits: ResourceLimits;
  readonly handling: 'internal' | 'disabled';
  readonly gracePeriodMs: number;
  readonly intervalMs: number;
  readonly strict: boolean;
  readonly output: OnlookerPlan;
  /** What the user should know before the start, one line each. */
  readonly notices: readonly string[];
}

/** What flags and variables ask for. */
export interface WatchSources {
  readonly flags: Settings;
  readonly environment: Settings;
}

const ONLOOKER_FLAGS: readonly SettingFlag[] = ['progress-interval', 'quiet', 'verbose'];
const PROCESS_FLAGS: readonly SettingFlag[] = [...ONLOOKER_FLAGS, 'interval', 'strict', 'name'];
const LIMIT_GROUPS: readonly HelpGroup[] = ['Limits', 'Policies'];

/**
 * The plan for a process that runs already. Variables count as they do for `run`; those that can only mean a command
 * which limitrun starts are passed over.
 * @throws UsageError for a flag that means nothing here, and for a policy or a handling that nobody could carry out
 */
export function resolveWatchPlan({flags, environment}: WatchSources): WatchPlan {
  for (const flag of given(flags)) {
    if (isForProcess(flag)) continue;
    throw new UsageError(`--${flag} is for commands that limitrun starts itself`);
  }
  const layers = layersOf(flags, only(environment, isForProcess));
  const {limits, notices} = resolveLimits(layers, undefined);
  refuseRestart(layers, limits);
  const name = layers.get('name');
  return {
    ...(name === undefined ? {} : {name}),
    limits,
    handling: handlingOf(layers),
    gracePeriodMs: layers.get('grace-period') ?? DEFAULTS.gracePeriodMs,
    intervalMs: layers.get('interval') ?? DEFAULTS.intervalMs,
    strict: layers.get('strict') ?? false,
    output: onlookerOf(layers),
    notices,
  };
}

/**
 * The plan for looking on at a run, which has its limits already.
 * @throws UsageError for every flag that would have had to be given to the run
 */
export function resolveOnlooker({flags, environment}: WatchSources): OnlookerPlan {
  for (const flag of given(flags)) {
    if (ONLOOKER_FLAGS.includes(flag)) continue;
    const why = isLimit(flag)
      ? 'the limits of a run are set when it starts'
      : 'it would have to be given when the run starts';
    throw new UsageError(`--${flag} is not for watching a run: ${why}`);
  }
  return onlookerOf(
    layersOf(
      flags,
      only(environment, (flag) => ONLOOKER_FLAGS.includes(flag)),
    ),
  );
}

/**
 * What `watch -- COMMAND` asks for as settings of `run`: the live table.
 * @throws UsageError for another kind of progress, and for none at all
 */
export function liveSettings({flags, environment}: WatchSources): Settings {
  if (flags.progress !== undefined && flags.progress !== 'live') {
    throw new UsageError(
      `watch always shows the live table; without it: limitrun run --progress ${flags.progress} -- COMMAND`,
    );
  }
  if (flags.quiet === true) {
    throw new UsageError(
      '--quiet leaves nothing to watch; without the table: limitrun run --quiet -- COMMAND',
    );
  }
  // A variable that asks for quiet is for runs that nobody watches.
  return {...flags, progress: 'live', ...(environment.quiet === true ? {quiet: false} : {})};
}

function given(settings: Settings): SettingFlag[] {
  return Object.keys(settings).flatMap((flag) => findSetting(flag)?.flag ?? []);
}

function isLimit(flag: SettingFlag): boolean {
  const group = findSetting(flag)?.group;
  return group !== undefined && LIMIT_GROUPS.includes(group);
}

function isForProcess(flag: SettingFlag): boolean {
  return isLimit(flag) || PROCESS_FLAGS.includes(flag);
}

function only(settings: Settings, wanted: (flag: SettingFlag) => boolean): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([flag]) => wanted(flag as SettingFlag)));
}

function layersOf(flags: Settings, environment: Settings): Layers {
  const asked: readonly Layer[] = [
    {settings: flags, nameOf: (flag) => `--${flag}`},
    {settings: environment, nameOf: variableOf},
  ];
  return new Layers(asked);
}

function onlookerOf(layers: Layers): OnlookerPlan {
  const {quiet, verbose, progressIntervalMs} = outputOf(layers);
  return {quiet, verbose, progressIntervalMs};
}

/** Only a command that limitrun has started can be started again by it. */
function refuseRestart(layers: Layers, limits: ResourceLimits): void {
  const limit = limitsSet(limits).find(({policy}) => startsAgain(policy));
  if (limit === undefined) return;
  const asker = policyNameOf(layers, limit, limits) ?? 'the policy';
  throw new UsageError(
    `${asker} is ${limit.policy}, but limitrun can start again only what it has started; choose another policy`,
  );
}

function handlingOf(layers: Layers): WatchPlan['handling'] {
  const handling = layers.get('violation-handling') ?? 'internal';
  if (handling !== 'external') return handling;
  throw new UsageError(
    `${layers.nameOf('violation-handling')} is external, but in watch there is nobody to hand a violation to; ` +
      'use internal or disabled',
  );
}
