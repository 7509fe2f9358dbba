import {constants, fstatSync} from 'node:fs';
import {access} from 'node:fs/promises';
import {dirname} from 'node:path';
import {UsageError} from '../plan/usage-error.js';
import {printable} from '../report/printable.js';
import {systemErrorText} from '../system-error.js';
import {type ReportTarget, reportTarget} from './report-target.js';

/** How a flag writes its file. */
export interface WritingFlag {
  /** Such as `--report`. */
  readonly flag: string;
  /** A file name to show. */
  readonly example: string;
  /** The file is replaced by another one, for which its directory must be writable. */
  readonly replaces: boolean;
}

/**
 * Makes sure before the start, as far as that can be known, that `path` can be written to. Opens nothing, so a FIFO
 * without a reader does not hang.
 * @param theirs descriptors above 2 that limitrun was started with: of the others, which are Node's own, none may be
 * written into. Undefined where this cannot be told.
 * @throws UsageError when the directory does not exist or cannot be written to, when `path` is a directory or a
 * descriptor that is not open
 */
export async function assertWritable(
  path: string,
  {flag, example, replaces}: WritingFlag,
  theirs?: readonly number[],
): Promise<ReportTarget> {
  try {
    const target = await reportTarget(path);
    switch (target.kind) {
      case 'directory':
        throw new UsageError(`${flag}: ${printable(path)} is a directory; give a file, such as ${example}`);
      case 'file':
        if (replaces || target.mode === undefined)
          await access(dirname(target.path), constants.W_OK | constants.X_OK);
        // What was made read-only on purpose is not replaced, though a rename could.
        if (target.mode !== undefined) await access(target.path, constants.W_OK);
        return target;
      case 'stream':
        await access(target.path, constants.W_OK);
        return target;
      case 'descriptor':
        if (target.fd > 2 && theirs?.includes(target.fd) === false)
          throw new UsageError(unopened(flag, target.fd, example));
        fstatSync(target.fd);
        return target;
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${flag}: cannot write to ${printable(path)}: ${systemErrorText(error)}`);
  }
}

function unopened(flag: string, fd: number, example: string): string {
  const number = String(fd);
  return `${flag}: descriptor ${number} is not open; let the shell open it: ${number}>${example}`;
}
