import {parseSetting} from './parse-setting.js';
import type {SettingValue} from './setting.js';
import {allSettings, variableOf} from './setting-lookup.js';
import type {Settings} from './settings.js';
import {suggest} from './suggest.js';
import {UsageError} from './usage-error.js';

const PREFIX = 'LIMITRUN_';

/** Variables with limitrun's prefix that limitrun sets for the command or the hook and that are no settings. */
export const RESERVED_VARIABLES: readonly string[] = [
  'LIMITRUN_RUN_ID',
  'LIMITRUN_HOOK_RUN_ID',
  'LIMITRUN_HOOK_ID',
  'LIMITRUN_VIOLATION',
];

/**
 * The settings in an environment: `LIMITRUN_MAX_RSS=64MB` is `--max-rss 64MB`; an empty variable counts as unset.
 * @throws UsageError for a bad value, and for a name that is nearly a setting's: a typo must not mean "no limit"
 */
export function settingsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  // Mostly there are none, and nothing more has to be known.
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !isReserved(name));
  if (names.length === 0) return {};
  const byVariable = new Map(allSettings().map((setting) => [variableOf(setting.flag), setting]));
  const known = [...byVariable.keys(), ...RESERVED_VARIABLES];
  const found: [string, SettingValue][] = [];
  for (const name of names) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    const setting = byVariable.get(name);
    if (setting === undefined) {
      const suggestion = suggest(name, known);
      if (suggestion === undefined) continue;
      throw new UsageError(`unknown environment variable ${name}; did you mean ${suggestion}?`);
    }
    const parsed = parseSetting(setting, text);
    if (!parsed.ok) throw new UsageError(`${name}: ${parsed.why}`);
    found.push([setting.flag, parsed.value]);
  }
  return Object.fromEntries(found);
}

function isReserved(name: string): boolean {
  return RESERVED_VARIABLES.includes(name);
}
