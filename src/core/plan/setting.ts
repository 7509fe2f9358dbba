import type {LimitValue} from '../limits/limit-step.js';

/** The headings under which `--help` shows the settings, in this order. */
export const HELP_GROUPS = [
  'Limits',
  'Policies',
  'Restarts',
  'Monitoring',
  'Hook',
  'Output',
  'Record',
  'Configuration',
] as const;

export type HelpGroup = (typeof HELP_GROUPS)[number];

interface SettingBase {
  /** The flag without its dashes; the variable's name is made from it. */
  readonly flag: string;
  readonly char?: string;
  /** One short sentence without a full stop. */
  readonly help: string;
  readonly group: HelpGroup;
  /** The default as help shows it; the default itself is applied when the plan is resolved. */
  readonly shownDefault?: string;
  /** Where a worker file says it, from the worker down; `*` stands for each group of limits. */
  readonly yaml?: string;
}

interface NumberSetting extends SettingBase {
  readonly kind:
    'size' | 'duration' | 'durationOrZero' | 'percent' | 'count' | 'countOrZero' | 'factor' | 'decimal';
  readonly metavar: string;
  readonly example: string;
  /** Smallest and largest value allowed, in the unit of the value (bytes, milliseconds, percent). */
  readonly min?: number;
  readonly max?: number;
  /** A limit, which may have several steps; `timer`: without a sustain time. */
  readonly steps?: 'sampled' | 'timer';
}

interface EnumSetting extends SettingBase {
  readonly kind: 'enum';
  readonly metavar: string;
  readonly example: string;
  readonly choices: readonly string[];
}

interface TextSetting extends SettingBase {
  readonly kind: 'text';
  readonly metavar: string;
  readonly example: string;
}

/** A program and its arguments, in one text (no shell reads it). */
interface CommandSetting extends SettingBase {
  readonly kind: 'command';
  readonly metavar: string;
  readonly example: string;
}

interface BooleanSetting extends SettingBase {
  readonly kind: 'boolean';
}

/** One thing that can be asked for by a flag, by a variable and (most of them) in a worker file. */
export type Setting = NumberSetting | EnumSetting | TextSetting | CommandSetting | BooleanSetting;

/**
 * A setting's value after parsing: bytes, milliseconds, percent or a count (or steps of them); a word; yes or no; the
 * words of a command.
 */
export type SettingValue = LimitValue | string | boolean | readonly string[];
