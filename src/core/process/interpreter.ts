import {closeSync, openSync, readSync, statSync} from 'node:fs';
import {below} from '../below.js';

/** So much of a script's beginning the kernel reads (BINPRM_BUF_SIZE). */
const BYTES_READ = 256;

/**
 * Whether the interpreter of a script does not exist: the system says then that the script itself was not found.
 * @param directory where the script is to run, if not here: from there a relative name is meant
 */
export function isInterpreterMissing(script: string, directory = '.'): boolean {
  const interpreter = interpreterOf(script);
  if (interpreter === undefined || interpreter.length === 0) return false;
  const isAbsolute = interpreter.toString('latin1', 0, 1) === '/';
  const path = isAbsolute ? interpreter : Buffer.concat([Buffer.from(below(directory, '')), interpreter]);
  try {
    return statSync(path, {throwIfNoEntry: false}) === undefined;
  } catch {
    // It is there, and cannot be had for another reason.
    return false;
  }
}

/**
 * The interpreter named in the `#!` line of a file, as bytes and as the kernel reads it: a carriage return belongs to it. For
 * the kernel a file is no script whose interpreter's name goes on beyond what it reads.
 */
export function interpreterOf(script: string): Buffer | undefined {
  const start = beginning(script);
  const [, name, after] = /^#![ \t]*([^ \t\n\0]*)([ \t\n\0]?)/.exec(start ?? '') ?? [];
  const isWhole = start?.length !== BYTES_READ || after !== '';
  return name === undefined || !isWhole ? undefined : Buffer.from(name, 'latin1');
}

/** A character for each byte. */
function beginning(path: string): string | undefined {
  let fd: number | undefined;
  try {
    if (!statSync(path).isFile()) return undefined;
    fd = openSync(path, 'r');
    const start = Buffer.alloc(BYTES_READ);
    return start.toString('latin1', 0, readSync(fd, start, 0, start.length, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
