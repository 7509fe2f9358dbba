import {randomBytes} from 'node:crypto';

const LETTERS = 'abcdef';

/**
 * A new run's id: 12 hexadecimal digits, some 46 random bits. The first one is a letter, so that no beginning of an id can
 * be taken for a pid.
 */
export function newRunId(): string {
  const [first = 0, ...others] = randomBytes(7);
  const rest = Buffer.from(others).toString('hex').slice(1);
  return `${LETTERS.charAt(first % LETTERS.length)}${rest}`;
}
