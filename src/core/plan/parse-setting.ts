import type {LimitSteps} from '../limits/limit-step.js';
import type {ResourcePolicy} from '../limits/resource-policy.js';
import {commandWords} from './command-words.js';
import {hasSteps, parseSteps, type StepRules} from './limit-steps.js';
import type {Setting, SettingValue} from './setting.js';
import {settingOf} from './setting-lookup.js';
import {didYouMean, suggest} from './suggest.js';
import {
  formatDuration,
  formatPercent,
  parseCount,
  parseCountOrZero,
  parseDecimal,
  parseDuration,
  parseDurationOrZero,
  parseFactor,
  parsePercent,
  parseSize,
  type Parsed,
} from './units.js';

const YES = ['1', 'true', 'yes'];
const NO = ['0', 'false', 'no'];

/** The text of a setting as its value, or why it is none. The reason does not name the setting: the caller does. */
export function parseSetting(setting: Setting, text: string): Parsed<SettingValue> {
  const rules = stepRulesOf(setting);
  return rules !== undefined && hasSteps(text) ? parseSteps(text, rules) : parseValue(setting, text);
}

/** How the steps of a setting are written; undefined when it is no limit and has none. */
export function stepRulesOf(setting: Setting): StepRules | undefined {
  if (!('steps' in setting)) return undefined;
  return {
    parseValue: (text) => parseValue(setting, text) as Parsed<number>,
    parsePolicy: (text) => parseValue(POLICY, text) as Parsed<ResourcePolicy>,
    timer: setting.steps === 'timer',
    example: STEPS_EXAMPLES[setting.kind],
  };
}

function parseValue(setting: Setting, text: string): Parsed<Exclude<SettingValue, LimitSteps>> {
  switch (setting.kind) {
    case 'size':
      return inRange(setting, text, parseSize(text));
    case 'duration':
      return inRange(setting, text, parseDuration(text));
    case 'durationOrZero':
      return inRange(setting, text, parseDurationOrZero(text));
    case 'percent':
      return inRange(setting, text, parsePercent(text));
    case 'count':
      return inRange(setting, text, parseCount(text));
    case 'countOrZero':
      return inRange(setting, text, parseCountOrZero(text));
    case 'factor':
      return inRange(setting, text, parseFactor(text));
    case 'decimal':
      return inRange(setting, text, parseDecimal(text));
    case 'enum':
      return choice(setting, text);
    case 'text':
      return text.trim() === ''
        ? {ok: false, why: `"${text.slice(0, 40)}" is empty; example: ${setting.example}`}
        : {ok: true, value: text};
    case 'command':
      return commandWords(text);
    case 'boolean':
      return yesOrNo(text);
  }
}

const POLICY: Setting = settingOf('policy');

/** Steps of each kind of number, for messages. */
const STEPS_EXAMPLES: Readonly<Record<Numeric['kind'], string>> = {
  size: '200MB:log, 250MB@30s:graceful_shutdown, 300MB:immediate_kill',
  duration: '10s:log, 20s:graceful_shutdown',
  durationOrZero: '10s:log, 20s:graceful_shutdown',
  percent: '75:log, 150@30s:graceful_shutdown',
  count: '50:log, 100:graceful_shutdown',
  countOrZero: '50:log, 100:graceful_shutdown',
  factor: '1.5:log, 2:graceful_shutdown',
  decimal: '1.5:log, 2:graceful_shutdown',
};

type Numeric = Extract<Setting, {min?: number}>;

function inRange(setting: Numeric, text: string, parsed: Parsed<number>): Parsed<number> {
  if (!parsed.ok) return parsed;
  if (setting.min !== undefined && parsed.value < setting.min) {
    return {ok: false, why: `"${text}" is less than ${shown(setting, setting.min)}, the smallest allowed`};
  }
  if (setting.max !== undefined && parsed.value > setting.max) {
    return {ok: false, why: `"${text}" is more than ${shown(setting, setting.max)}, the largest allowed`};
  }
  return parsed;
}

function shown(setting: Numeric, value: number): string {
  switch (setting.kind) {
    case 'duration':
    case 'durationOrZero':
      return formatDuration(value);
    case 'percent':
      return formatPercent(value);
    case 'size':
    case 'count':
    case 'countOrZero':
    case 'factor':
    case 'decimal':
      return String(value);
  }
}

/** Searches a list and not an object, so that `constructor` and `__proto__` are no choices. */
function choice(setting: Extract<Setting, {kind: 'enum'}>, text: string): Parsed<string> {
  if (setting.choices.includes(text)) return {ok: true, value: text};
  const hint = didYouMean(suggest(text, setting.choices));
  const clipped = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return {ok: false, why: `"${clipped}" is none of ${setting.choices.join(', ')}${hint}`};
}

function yesOrNo(text: string): Parsed<boolean> {
  const word = text.toLowerCase();
  if (YES.includes(word)) return {ok: true, value: true};
  if (NO.includes(word)) return {ok: true, value: false};
  return {ok: false, why: `"${text.slice(0, 40)}" is none of 1, 0, true, false, yes, no`};
}
