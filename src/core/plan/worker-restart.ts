import type {SettingValue} from './setting.js';
import type {Settings} from './settings.js';
import type {WorkerRestart} from './worker.js';
import {RULE_KEYS, type WorkerEntry} from './worker-schema.js';

/** How patient a profile is, unless the file says otherwise. */
const PROFILE_MULTIPLIERS: ReadonlyMap<string, number> = new Map([
  ['batch', 3],
  ['web', 1],
  ['database', 5],
  ['worker', 2],
  ['scheduler', 2.5],
  ['default', 1],
]);

/** What a worker says about restarts and no flag can say. */
export function restartOf(entry: WorkerEntry): WorkerRestart {
  const given = entry.unit?.context_aware_restart;
  const sustain = given?.sustained_violation_time;
  const spike = given?.spike_tolerance_time;
  return {
    violations: settingsOf(given?.resource_violations ?? {}),
    profileMultiplier: profileMultiplier(
      entry.profile_type,
      given?.profile_multipliers ?? given?.worker_profile_multipliers ?? {},
    ),
    criticalMultiplier: given?.severity_multipliers?.critical ?? 1,
    ...(sustain === undefined ? {} : {sustainedViolationTimeMs: sustain}),
    ...(spike === undefined ? {} : {spikeToleranceMs: spike}),
  };
}

/** A profile that nobody knows is a default one. */
function profileMultiplier(profile = 'default', given: Readonly<Record<string, number>>): number {
  const known = new Map([...PROFILE_MULTIPLIERS, ...Object.entries(given)]);
  return known.get(profile) ?? known.get('default') ?? 1;
}

function settingsOf(rules: Readonly<Record<string, unknown>>): Settings {
  const found = Object.entries(RULE_KEYS).flatMap(([key, flag]) =>
    rules[key] === undefined ? [] : [[flag, rules[key] as SettingValue] as const],
  );
  return Object.fromEntries(found);
}
