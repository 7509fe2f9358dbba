import {boolean, string} from '@oclif/core/flags';
import type {FlagInput} from '@oclif/core/interfaces';

import {parseSetting} from '../core/plan/parse-setting.js';
import type {Setting, SettingValue} from '../core/plan/setting.js';
import {allSettings, findSetting} from '../core/plan/setting-lookup.js';
import type {Settings} from '../core/plan/settings.js';
import {UsageError} from '../core/plan/usage-error.js';

/**
 * The settings as oclif flags: plain strings and booleans without defaults, since a variable or a file may say what
 * a flag does not.
 * @param words only those that can be among them, of which oclif then has less to look through; default: all
 */
export function oclifFlags(words?: readonly string[]): FlagInput {
  const settings = allSettings();
  const wanted = words === undefined ? settings : settings.filter((setting) => mayBeAmong(words, setting));
  return Object.fromEntries(
    wanted.map((setting) => {
      const common = {
        description: setting.help,
        helpGroup: setting.group,
        ...(setting.char === undefined ? {} : {char: setting.char as 'q'}),
      };
      return [
        setting.flag,
        setting.kind === 'boolean' ? boolean(common) : string({...common, helpValue: setting.metavar}),
      ];
    }),
  );
}

/** Whether a word can hold the flag: in its long form, or among letters behind one dash. */
function mayBeAmong(words: readonly string[], {flag, char}: Setting): boolean {
  return words.some(
    (word) =>
      word.startsWith(`--${flag}`) || (char !== undefined && /^-[^-]/.test(word) && word.includes(char)),
  );
}

/**
 * What oclif read, as settings.
 * @throws UsageError that names the flag whose value is none
 */
export function settingsFromFlags(flags: Readonly<Record<string, unknown>>): Settings {
  const found: [string, SettingValue][] = [];
  for (const [name, value] of Object.entries(flags)) {
    const setting = findSetting(name);
    if (setting === undefined) continue;
    if (typeof value === 'boolean') found.push([name, value]);
    if (typeof value !== 'string') continue;
    const parsed = parseSetting(setting, value);
    if (!parsed.ok) throw new UsageError(`--${name}: ${parsed.why}`);
    found.push([name, parsed.value]);
  }
  return Object.fromEntries(found);
}
