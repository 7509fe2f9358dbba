import {closeSync, existsSync, openSync, readSync, statSync} from 'node:fs';
import {findCommand} from './find-command.js';

export interface SpawnFailure {
  /** The system's error code, such as ENOENT. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

interface Wanted {
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Puts into words why a command could not be started. */
export function spawnFailure(code: string, wanted: Wanted): SpawnFailure {
  const file = clipped(wanted.file);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const interpreter = interpreterOf(wanted);
      if (interpreter !== undefined) return {code, message: `cannot run ${file}: ${lacking(interpreter)}`};
      return {code, message: wanted.file === '' ? 'the command is empty' : `command not found: ${file}`};
    }
    case 'EACCES':
      return {
        code,
        message: `cannot run ${file}: ${isDirectory(wanted.file) ? 'it is a directory' : 'permission denied'}`,
      };
    case 'E2BIG':
      return {code, message: `cannot run ${file}: its arguments and environment are too large together`};
    case 'ENOEXEC':
      return {code, message: `cannot run ${file}: it is not a program for this machine`};
    case 'EAGAIN':
      return {
        code,
        message: `cannot start ${file}: no more processes are allowed here (ulimit -u, pids.max)`,
      };
    case 'EMFILE':
    case 'ENFILE':
      return {code, message: `cannot start ${file}: no more open files are allowed here (ulimit -n)`};
    case 'ENOMEM':
      return {code, message: `cannot start ${file}: there is not enough memory`};
    case 'EUNKNOWN':
      return {code, message: `cannot start ${file}`};
    default:
      return {code, message: `cannot run ${file}: ${code}`};
  }
}

function lacking(interpreter: string): string {
  return interpreter.endsWith('\r')
    ? `the name of its interpreter ${interpreter.slice(0, -1)} ends in a carriage return: convert the file's line ends to LF`
    : `its interpreter ${interpreter} was not found`;
}

/** A name of 100 kB is not worth a message of 100 kB. */
function clipped(file: string): string {
  return file.length > 200 ? `${file.slice(0, 200)}…` : file;
}

/** The interpreter named in the `#!` line of a file that exists, as the kernel reads it: a carriage return belongs to it. */
function interpreterOf({file, environment}: Wanted): string | undefined {
  const found = findCommand(file, environment['PATH'] ?? '');
  if (!found.ok) return undefined;
  const line = firstLine(found.path);
  return line?.startsWith('#!') === true ? /^[ \t]*([^ \t]*)/.exec(line.slice(2))?.[1] : undefined;
}

/** The interpreter of a script, when it does not exist: the system says then that the script itself was not found. */
export function missingInterpreter(wanted: Wanted): string | undefined {
  const interpreter = interpreterOf(wanted);
  return interpreter === undefined || interpreter === '' || existsSync(interpreter) ? undefined : interpreter;
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

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
