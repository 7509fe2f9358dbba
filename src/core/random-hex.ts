import {closeSync, openSync, readSync} from 'node:fs';

/**
 * A random name, as hexadecimal digits. From the system's own source, since loading node:crypto takes longer than
 * anything else before the command starts.
 */
export function randomHex(bytes: number): string {
  const found = Buffer.alloc(bytes);
  try {
    const source = openSync('/dev/urandom', 'r');
    try {
      if (readSync(source, found) === bytes) return found.toString('hex');
    } finally {
      closeSync(source);
    }
  } catch {
    // There is none, or no descriptor for it.
  }
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('hex');
}

/** From 0 to 1, without 1. `Math.random` gives every run the same numbers (bin/limitrun, --random-seed). */
export function randomFraction(): number {
  return parseInt(randomHex(4), 16) / 2 ** 32;
}
