import {isUtf8} from 'node:buffer';
import {readFileSync} from 'node:fs';

/** Node puts this in place of bytes that are not UTF-8. */
const REPLACED = '\uFFFD';

/**
 * Whether Node has changed limitrun's own arguments, because they are not UTF-8: what was typed can then no longer be
 * passed on. (That the kernel still has them is told by /proc/self/cmdline.)
 */
export function argumentsWereChanged(argv: readonly string[]): boolean {
  return argv.some((word) => word.includes(REPLACED)) && !isUtf8(readOwn('cmdline'));
}

/** The names of environment variables that Node has changed, because their values are not UTF-8. */
export function changedVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const suspects = Object.entries(environment).filter(([, value]) => value?.includes(REPLACED));
  if (suspects.length === 0 || isUtf8(readOwn('environ'))) return [];
  const entries = readOwn('environ').toString('latin1').split('\0');
  return suspects.flatMap(([name]) => {
    const entry = entries.find((candidate) => candidate.startsWith(`${name}=`));
    return entry === undefined || isUtf8(Buffer.from(entry, 'latin1')) ? [] : [name];
  });
}

function readOwn(file: 'cmdline' | 'environ'): Buffer {
  try {
    return readFileSync(`/proc/self/${file}`);
  } catch {
    // Without /proc there is nothing to compare with.
    return Buffer.alloc(0);
  }
}
