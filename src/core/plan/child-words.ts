import {parseArgs} from 'node:util';

import {allSettings, findSetting} from './setting-lookup.js';
import {unknownFlag} from './unknown-flag.js';
import {UsageError} from './usage-error.js';

/** A command line cut in two: what limitrun reads, and what the command gets byte for byte. */
export interface SplitWords {
  readonly own: readonly string[];
  readonly child: readonly string[];
}

/** oclif's own two flags; no settings, but they too may stand before the command. */
const META_FLAGS = [
  {flag: 'help', char: 'h'},
  {flag: 'version', char: undefined},
] as const;

/** A negative number is a (bad) value; any other word with a dash is the next flag, so the value was forgotten. */
const LOOKS_LIKE_VALUE = /^(?!-)|^-$|^-[0-9.]/;

/**
 * Finds where the command begins: after the first `--`, or at the first word that is neither a flag of limitrun nor
 * the value of one. Words that come later belong to the command, whatever they look like.
 * @throws UsageError as {@link checkFlags} does
 */
export function splitWords(words: readonly string[]): SplitWords {
  const [first = ''] = words;
  // Nothing has to be taken apart.
  if (first === '--') return {own: [], child: words.slice(1)};
  if (!first.startsWith('-')) return {own: [], child: words};
  const tokens = tokenize(words);
  const end = tokens.find((token) => token.kind !== 'option' || (token.value === '--' && !token.inlineValue));
  const boundary = end === undefined ? words.length : end.index + (end.kind === 'option' ? 1 : 0);
  const options = tokens.filter(
    (token) => token.kind === 'option' && token.index < boundary,
  ) as OptionToken[];
  checkFlags(options);
  const isTerminator = end?.kind === 'option-terminator';
  return {own: words.slice(0, boundary), child: words.slice(isTerminator ? boundary + 1 : boundary)};
}

/** What is asked for among limitrun's own words instead of a run, help before the version; undefined: neither. */
export function asksFor(own: readonly string[]): (typeof META_FLAGS)[number]['flag'] | undefined {
  if (own.length === 0) return undefined;
  const tokens = tokenize(own);
  return META_FLAGS.find(({flag}) => tokens.some((token) => token.kind === 'option' && token.name === flag))
    ?.flag;
}

/** One word of a command line, or a part of it (`-qv` holds two flags), with its place among the words. */
export type Token = ReturnType<typeof tokenize>[number];
export type OptionToken = Extract<Token, {kind: 'option'}>;

/** What each word is by limitrun's own flags; nothing is checked, see {@link checkFlags}. */
export function tokenize(words: readonly string[]) {
  const options = (ownFlags ??= flagsForNode());
  return parseArgs({args: [...words], options, tokens: true, strict: false, allowPositionals: true}).tokens;
}

type FlagsForNode = Record<string, {type: 'string' | 'boolean'; short?: string}>;

let ownFlags: FlagsForNode | undefined;

function flagsForNode(): FlagsForNode {
  const options: FlagsForNode = {};
  for (const setting of allSettings()) {
    options[setting.flag] = {
      type: setting.kind === 'boolean' ? 'boolean' : 'string',
      ...(setting.char === undefined ? {} : {short: setting.char}),
    };
  }
  for (const {flag, char} of META_FLAGS) {
    options[flag] = {type: 'boolean', ...(char === undefined ? {} : {short: char})};
  }
  return options;
}

/**
 * @throws UsageError for an unknown or repeated flag, a missing value, a value where none belongs; none of it when
 *   help or the version is asked for
 */
export function checkFlags(options: readonly OptionToken[]): void {
  if (options.some((token) => META_FLAGS.some((meta) => meta.flag === token.name))) return;
  const seen = new Set<string>();
  for (const token of options) {
    const setting = findSetting(token.name);
    if (setting === undefined) throw unknownFlag(token, [...allSettings(), ...META_FLAGS]);
    const flag = `--${setting.flag}`;
    if (setting.kind === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`${flag} takes no value`);
    } else if (token.value === undefined || (!token.inlineValue && !LOOKS_LIKE_VALUE.test(token.value))) {
      const article = /^[AEIOX]|^N$/.test(setting.metavar) ? 'an' : 'a';
      throw new UsageError(`${flag} needs ${article} ${setting.metavar}, such as ${setting.example}`);
    }
    if (seen.has(setting.flag)) throw new UsageError(`${flag} is given twice`);
    seen.add(setting.flag);
  }
}
