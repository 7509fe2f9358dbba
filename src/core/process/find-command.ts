import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';

/** Where a command is, or the error code with which starting it would fail (execvp(3)). */
export type FoundCommand =
  {readonly ok: true; readonly path: string} | {readonly ok: false; readonly code: string};

/** What execvp(3) of glibc takes for a reason to look in the next directory. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ESTALE', 'ENODEV', 'ETIMEDOUT']);

/**
 * Looks a command up as execvp(3) does: a name with a slash is a path, another one is looked for in PATH.
 * @param isMissing whether the system would not find what is there even so, as a script without its interpreter
 */
export function findCommand(
  file: string,
  path: string,
  isMissing: (found: string) => boolean = () => false,
): FoundCommand {
  const candidates = file.includes('/')
    ? [file]
    : path.split(delimiter).map((directory) => join(directory, file));
  let denied = false;
  for (const candidate of file === '' ? [] : candidates) {
    try {
      // A directory may be "executable" too.
      if (!statSync(candidate).isFile()) {
        denied = true;
        continue;
      }
      accessSync(candidate, constants.X_OK);
      if (!isMissing(candidate)) return {ok: true, path: candidate};
    } catch (error) {
      const {code = 'EUNKNOWN'} = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && !MISSING.has(code)) return {ok: false, code};
      denied ||= code === 'EACCES';
    }
  }
  return {ok: false, code: denied ? 'EACCES' : 'ENOENT'};
}
