import {parseArgs} from 'node:util';

import {unknownFlag} from './unknown-flag.js';
import {UsageError} from './usage-error.js';

/** The words after `status`, read: its flags and the run asked for. */
export interface StatusWords {
  /** Flags only, in their long form. */
  readonly own: readonly string[];
  /** An id, the beginning of one, or a name. */
  readonly run?: string;
}

const FLAGS = [
  {flag: 'all', char: 'a'},
  {flag: 'json', char: undefined},
  {flag: 'help', char: 'h'},
  {flag: 'version', char: undefined},
] as const;

/** After these nothing else is a mistake. */
const META: ReadonlySet<string> = new Set(['help', 'version']);

/**
 * Reads the words after `status`: flags and at most one run, in any order; what follows `--` is no flag.
 * @throws UsageError for an unknown or repeated flag, a value where none belongs, a second run; none of it when help or
 *   the version is asked for
 */
export function statusWords(words: readonly string[]): StatusWords {
  const options = Object.fromEntries(
    FLAGS.map(({flag, char}) => [
      flag,
      {type: 'boolean' as const, ...(char === undefined ? {} : {short: char})},
    ]),
  );
  const {tokens} = parseArgs({args: [...words], options, tokens: true, strict: false, allowPositionals: true});
  const flags = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const asked = flags.filter(({name}) => META.has(name));
  if (asked.length > 0) return {own: asked.map(({name}) => `--${name}`)};
  checkFlags(flags);
  const [run, second] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  if (second !== undefined) {
    throw new UsageError('status takes one run: its id, the beginning of its id, or its name');
  }
  return {own: flags.map(({name}) => `--${name}`), ...(run !== undefined && {run})};
}

interface FlagToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function checkFlags(flags: readonly FlagToken[]): void {
  const seen = new Set<string>();
  for (const token of flags) {
    const {name, value} = token;
    if (!FLAGS.some(({flag}) => flag === name)) throw unknownFlag(token, FLAGS);
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    if (seen.has(name)) throw new UsageError(`--${name} is given twice`);
    seen.add(name);
  }
}
