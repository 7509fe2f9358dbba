import {lookWords} from './look-words.js';
import {UsageError} from './usage-error.js';

const FLAGS = [{flag: 'json'}];

/**
 * Reads the words after `doctor`, which are flags only.
 * @returns them in their long form
 * @throws UsageError as `lookWords` does, and for any other word
 */
export function doctorWords(words: readonly string[]): readonly string[] {
  const {own, named} = lookWords(words, FLAGS);
  if (named.length > 0) {
    throw new UsageError('doctor takes no words but flags; a program called doctor: limitrun -- doctor');
  }
  return own;
}
