import {closeSync, existsSync, openSync, readSync, statSync} from 'node:fs';

/** So much of a script's beginning the kernel reads (BINPRM_BUF_SIZE). */
const BYTES_READ = 256;

/** Whether the interpreter of a script does not exist: the system says then that the script itself was not found. */
export function isInterpreterMissing(path: string): boolean {
  const interpreter = interpreterOf(path);
  return interpreter !== undefined && interpreter !== '' && !existsSync(interpreter);
}

/**
 * The interpreter named in the `#!` line of a file, as the kernel reads it: a carriage return belongs to it. For the kernel
 * a file is no script whose interpreter's name goes on beyond what it reads.
 */
export function interpreterOf(path: string): string | undefined {
  const start = beginning(path);
  const [, name, after] = /^#![ \t]*([^ \t\n]*)([ \t\n]?)/.exec(start ?? '') ?? [];
  return start?.length === BYTES_READ && after === '' ? undefined : name;
}

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
