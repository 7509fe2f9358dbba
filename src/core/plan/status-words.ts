import {lookWords} from './look-words.js';
import {UsageError} from './usage-error.js';

/** The words after `status`, read: its flags and the run asked for. */
export interface StatusWords {
  /** Flags only, in their long form. */
  readonly own: readonly string[];
  /** An id, the beginning of one, or a name. */
  readonly run?: string;
}

const FLAGS = [{flag: 'all', char: 'a'}, {flag: 'json'}];

/**
 * Reads the words after `status`: flags and at most one run, in any order; what follows `--` is no flag.
 * @throws UsageError as `lookWords` does, and for a second run
 */
export function statusWords(words: readonly string[]): StatusWords {
  const {
    own,
    named: [run, second],
  } = lookWords(words, FLAGS);
  if (second !== undefined) {
    throw new UsageError('status takes one run: its id, the beginning of its id, or its name');
  }
  return {own, ...(run !== undefined && {run})};
}
