import {accessSync, constants, statSync} from 'node:fs';
import {delimiter} from 'node:path';
import {below} from '../below.js';

/** Where a command is, or the error code with which starting it would fail (execvp(3)). */
export type FoundCommand =
  {readonly ok: true; readonly path: string} | {readonly ok: false; readonly code: string};

/** From where a command is looked up. */
export interface LookedUpFrom {
  /** The command's own PATH. */
  readonly path: string | undefined;
  /** Where it is to run, if not here: names that do not begin with a slash are looked for there. */
  readonly directory?: string | undefined;
  /** Whether the system would not find what is there even so, as a script without its interpreter. */
  readonly isMissing?: (found: string) => boolean;
}

/** What execvp(3) of glibc takes for a reason to look in the next directory. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ESTALE', 'ENODEV', 'ETIMEDOUT']);
/** What it leaves out of PATH (PATH_MAX), and where it looks when there is none (confstr(3), _CS_PATH). */
const TOO_LONG_BYTES = 4096;
const DEFAULT_PATH = '/bin:/usr/bin';

/** Looks a command up as execvp(3) does: a name with a slash is a path, another one is looked for in PATH. */
export function findCommand(file: string, from: LookedUpFrom): FoundCommand {
  const {path = DEFAULT_PATH, directory, isMissing = () => false} = from;
  let denied = false;
  for (const candidate of file === '' ? [] : candidatesOf(file, path)) {
    const found = seenFrom(directory, candidate);
    try {
      // A directory may be "executable" too.
      if (!statSync(found).isFile()) {
        denied = true;
        continue;
      }
      accessSync(found, constants.X_OK);
      if (!isMissing(found)) return {ok: true, path: found};
    } catch (error) {
      const {code = 'EUNKNOWN'} = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && !MISSING.has(code)) return {ok: false, code};
      denied ||= code === 'EACCES';
    }
  }
  return {ok: false, code: denied ? 'EACCES' : 'ENOENT'};
}

/** A path as a process sees it that runs in this directory; undefined: here. */
export function seenFrom(directory: string | undefined, path: string): string {
  return directory === undefined || path.startsWith('/') ? path : below(directory, path);
}

/** Put together as they stand: after a link `..` is not the directory before it. */
function candidatesOf(file: string, path: string): string[] {
  if (file.includes('/')) return [file];
  return path
    .split(delimiter)
    .filter((directory) => Buffer.byteLength(directory) < TOO_LONG_BYTES)
    .map((directory) => (directory === '' ? file : below(directory, file)));
}
