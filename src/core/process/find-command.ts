import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';

/** Where a command is, or the error code with which starting it would fail (execvp(3)). */
export type FoundCommand =
  {readonly ok: true; readonly path: string} | {readonly ok: false; readonly code: 'ENOENT' | 'EACCES'};

/** Looks a command up as execvp(3) does: a name with a slash is a path, another one is looked for in PATH. */
export function findCommand(file: string, path: string): FoundCommand {
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
      return {ok: true, path: candidate};
    } catch (error) {
      denied ||= (error as NodeJS.ErrnoException).code === 'EACCES';
    }
  }
  return {ok: false, code: denied ? 'EACCES' : 'ENOENT'};
}
