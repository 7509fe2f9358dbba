import {parseArgs} from 'node:util';

import {unknownFlag, type FlagName} from './unknown-flag.js';
import {UsageError} from './usage-error.js';

/** The words after a subcommand that only shows something, read. */
export interface LookWords {
  /** Flags only, in their long form. */
  readonly own: readonly string[];
  /** The words that are no flags. */
  readonly named: readonly string[];
}

/** Flags that every such subcommand has; after these nothing else is a mistake. */
const META: readonly FlagName[] = [{flag: 'help', char: 'h'}, {flag: 'version'}];

/**
 * Reads flags without values and words, in any order; what follows `--` is no flag.
 * @param ownFlags those of the subcommand besides help and version
 * @throws UsageError for an unknown or repeated flag, a value where none belongs; not when help or the version is asked
 *   for
 */
export function lookWords(words: readonly string[], ownFlags: readonly FlagName[]): LookWords {
  const known = [...ownFlags, ...META];
  const options = Object.fromEntries(
    known.map(({flag, char}) => [
      flag,
      {type: 'boolean' as const, ...(char === undefined ? {} : {short: char})},
    ]),
  );
  const {tokens} = parseArgs({
    args: [...words],
    options,
    tokens: true,
    strict: false,
    allowPositionals: true,
  });
  const flags = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const asked = flags.filter(({name}) => META.some(({flag}) => flag === name));
  if (asked.length > 0) return {own: asked.map(({name}) => `--${name}`), named: []};
  checkFlags(flags, known);
  const named = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  return {own: flags.map(({name}) => `--${name}`), named};
}

interface FlagToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function checkFlags(flags: readonly FlagToken[], known: readonly FlagName[]): void {
  const seen = new Set<string>();
  for (const token of flags) {
    const {name, value} = token;
    if (!known.some(({flag}) => flag === name)) throw unknownFlag(token, known);
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    if (seen.has(name)) throw new UsageError(`--${name} is given twice`);
    seen.add(name);
  }
}
