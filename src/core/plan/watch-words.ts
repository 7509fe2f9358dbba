import {checkFlags, tokenize, type OptionToken} from './child-words.js';
import {UsageError} from './usage-error.js';

/** What `limitrun watch` is asked to watch, and limitrun's own words. */
export type WatchWords =
  | {
      readonly kind: 'command';
      readonly own: readonly string[];
      /** Empty: the command of the worker file. */
      readonly child: readonly string[];
    }
  | {readonly kind: 'target'; readonly own: readonly string[]; readonly target: Target};

/** A process by its number, or a run by its id, the beginning of its id, or its name. */
export type Target =
  {readonly kind: 'pid'; readonly pid: number} | {readonly kind: 'run'; readonly wanted: string};

/** A number of more digits is no pid on any system. */
const PID = /^\d{1,10}$/;
const NEGATIVE = /^-\d/;

/**
 * Reads the words after `watch`. A command stands after `--`; a target is the only word that is no flag.
 * @throws UsageError for anything else, and as {@link checkFlags} does
 */
export function watchWords(words: readonly string[]): WatchWords {
  const tokens = tokenize(words);
  const end = tokens.find(
    (token) =>
      token.kind === 'option-terminator' ||
      (token.kind === 'option' && token.value === '--' && !token.inlineValue),
  );
  const before = tokens.filter(({index}) => end === undefined || index <= end.index);
  const options = before.filter((token): token is OptionToken => token.kind === 'option');
  const named = before.flatMap((token) => (token.kind === 'positional' ? [token] : []));
  refuseNegative(words, options);
  checkFlags(options);
  const [first, second] = named;
  if (end !== undefined) {
    if (first !== undefined) throw twoThings(first.value);
    return {kind: 'command', own: words.slice(0, end.index), child: words.slice(end.index + 1)};
  }
  if (first === undefined) return withoutWord(words, options);
  if (second !== undefined) throw looksLikeCommand(words.slice(first.index));
  return {
    kind: 'target',
    own: words.filter((_, index) => index !== first.index),
    target: targetOf(first.value),
  };
}

function targetOf(word: string): Target {
  return PID.test(word) ? {kind: 'pid', pid: Number(word)} : {kind: 'run', wanted: word};
}

/** A worker file brings its command with it; help and the version need nothing. */
function withoutWord(words: readonly string[], options: readonly OptionToken[]): WatchWords {
  if (options.some(({name}) => ['config', 'help', 'version'].includes(name))) {
    return {kind: 'command', own: words, child: []};
  }
  throw new UsageError(
    'nothing to watch; usage: limitrun watch RUN|PID, or limitrun watch [flags] -- COMMAND [ARG...]',
  );
}

/** `-5` would be read as a letter that is no flag. */
function refuseNegative(words: readonly string[], options: readonly OptionToken[]): void {
  const negative = options.find(({index}) => NEGATIVE.test(words[index] ?? ''));
  if (negative === undefined) return;
  throw new UsageError(`${shown(words[negative.index] ?? '')} is no pid: a pid is a number above 1`);
}

function twoThings(word: string): UsageError {
  return new UsageError(
    `watch takes either a run or a pid (${shown(word)}) or a command after --, not both; ` +
      'to limit a process that runs already: limitrun watch PID [limit flags]',
  );
}

function looksLikeCommand(words: readonly string[]): UsageError {
  const command = words.length > 4 ? `${words.slice(0, 4).join(' ')} ...` : words.join(' ');
  return new UsageError(`watch takes one run or pid; to run a command: limitrun watch -- ${shown(command)}`);
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
