import {statSync} from 'node:fs';
import {findCommand, seenFrom} from './find-command.js';
import {interpreterOf} from './interpreter.js';

export interface SpawnFailure {
  /** The system's error code, such as ENOENT. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

/** What was to be started. */
export interface WantedCommand {
  /** Looked up in PATH when it holds no slash. */
  readonly file: string;
  /** Where it was to run, if not here. */
  readonly workingDirectory?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Puts into words why a command could not be started. */
export function spawnFailure(code: string, wanted: WantedCommand): SpawnFailure {
  const {workingDirectory: directory, environment} = wanted;
  const file = clipped(wanted.file);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const found = findCommand(wanted.file, {path: environment['PATH'], directory});
      const interpreter = found.ok ? interpreterOf(found.path)?.toString() : undefined;
      if (interpreter !== undefined) return {code, message: `cannot run ${file}: ${lacking(interpreter)}`};
      return {code, message: wanted.file === '' ? 'the command is empty' : `command not found: ${file}`};
    }
    case 'EACCES': {
      const why = isDirectory(seenFrom(directory, wanted.file)) ? 'it is a directory' : 'permission denied';
      return {code, message: `cannot run ${file}: ${why}`};
    }
    case 'ELOOP':
      return {code, message: `cannot run ${file}: too many symbolic links`};
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

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
