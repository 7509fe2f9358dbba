import {randomHex} from './random-hex.js';

const LETTERS = 'abcdef';

/**
 * A new run's id: 12 hexadecimal digits, some 46 random bits. The first one is a letter, so that no beginning of an id can
 * be taken for a pid.
 */
export function newRunId(): string {
  const random = randomHex(7);
  return `${LETTERS.charAt(parseInt(random.slice(0, 2), 16) % LETTERS.length)}${random.slice(3)}`;
}
