import {closeSync, existsSync, openSync, readSync, statSync} from 'node:fs';

/** The interpreter of a script, when it does not exist: the system says then that the script itself was not found. */
export function missingInterpreter(path: string): string | undefined {
  const interpreter = interpreterOf(path);
  return interpreter === undefined || interpreter === '' || existsSync(interpreter) ? undefined : interpreter;
}

/** The interpreter named in the `#!` line of a file, as the kernel reads it: a carriage return belongs to it. */
export function interpreterOf(path: string): string | undefined {
  const line = firstLine(path);
  return line?.startsWith('#!') === true ? /^[ \t]*([^ \t]*)/.exec(line.slice(2))?.[1] : undefined;
}

function firstLine(path: string): string | undefined {
  let fd: number | undefined;
  try {
    if (!statSync(path).isFile()) return undefined;
    fd = openSync(path, 'r');
    const start = Buffer.alloc(256);
    return start.toString('latin1', 0, readSync(fd, start, 0, start.length, 0)).split('\n', 1)[0];
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
