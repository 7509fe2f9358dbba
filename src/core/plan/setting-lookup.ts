import type {Setting} from './setting.js';
import {SETTINGS, type SettingFlag} from './settings.js';

const BY_FLAG: ReadonlyMap<string, Setting & {readonly flag: SettingFlag}> = new Map(
  SETTINGS.map((setting) => [setting.flag, setting]),
);

/** Every setting, in the order of the help. */
export function allSettings(): readonly (Setting & {readonly flag: SettingFlag})[] {
  return SETTINGS;
}

/** The setting with this flag name (no dashes), or undefined. */
export function findSetting(flag: string): (Setting & {readonly flag: SettingFlag}) | undefined {
  return BY_FLAG.get(flag);
}

/** The setting with this flag name, which exists. */
export function settingOf(flag: SettingFlag): Setting {
  const setting = findSetting(flag);
  if (setting === undefined) throw new Error(`no such setting: ${flag}`);
  return setting;
}

/** `max-rss` -> `LIMITRUN_MAX_RSS`. */
export function variableOf(flag: string): string {
  return `LIMITRUN_${flag.toUpperCase().replaceAll('-', '_')}`;
}
