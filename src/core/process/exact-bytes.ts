import {isUtf8} from 'node:buffer';
import {readFileSync} from 'node:fs';

/** Node puts this in place of bytes that are not UTF-8. */
export const REPLACED = '\uFFFD';

/** What Node could not hold in a string: bytes that are not UTF-8, by place. */
export interface ExactBytes {
  /** Bytes of the command's words, by index (0 is the command itself). */
  readonly words: ReadonlyMap<number, Buffer>;
  /** Bytes of environment values, by name. */
  readonly variables: ReadonlyMap<string, Buffer>;
}

/**
 * Finds the words and the variables that Node has changed, and what they were: the kernel still has them in
 * /proc/self/cmdline and /proc/self/environ.
 * @param words of the command as Node has them, from limitrun's own arguments
 */
export function exactBytes(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ExactBytes {
  return {words: exactWords(words), variables: exactVariables(environment)};
}

function exactWords(words: readonly string[]): Map<number, Buffer> {
  const exact = new Map<number, Buffer>();
  if (!words.some((word) => word.includes(REPLACED))) return exact;
  // The command's words are the last ones of limitrun's own.
  const own = splitAtNul(readOwn('cmdline'));
  const first = own.length - words.length;
  words.forEach((word, index) => {
    const bytes = own[first + index];
    if (bytes !== undefined && !isUtf8(bytes) && bytes.toString() === word) exact.set(index, bytes);
  });
  return exact;
}

function exactVariables(environment: Readonly<Record<string, string | undefined>>): Map<string, Buffer> {
  const exact = new Map<string, Buffer>();
  if (!Object.values(environment).some((value) => value?.includes(REPLACED))) return exact;
  for (const entry of splitAtNul(readOwn('environ'))) {
    const equals = entry.indexOf('=');
    const name = entry.toString('utf8', 0, equals);
    const bytes = entry.subarray(equals + 1);
    if (!isUtf8(bytes) && environment[name] === bytes.toString()) exact.set(name, bytes);
  }
  return exact;
}

/** The parts of a list in which each ends with a NUL, as the kernel tells arguments and variables. */
export function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    if (end < 0) break;
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}

function readOwn(file: 'cmdline' | 'environ'): Buffer {
  try {
    return readFileSync(`/proc/self/${file}`);
  } catch {
    // Without /proc there is nothing to compare with.
    return Buffer.alloc(0);
  }
}
