import {errorMessage} from './error-message.js';
import {printable} from './report/printable.js';

const WORDS: Readonly<Partial<Record<string, string>>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENXIO: 'nobody reads it',
  EPIPE: 'the reader has gone',
  ENAMETOOLONG: 'the name is too long',
  EEXIST: 'there is a file already',
};

/** Why a file could not be written, for people; one line, such as `no space left on the device (ENOSPC)`. */
export function systemErrorText(error: unknown): string {
  const code = systemErrorCode(error);
  const words = code === undefined ? undefined : WORDS[code];
  if (code !== undefined && words !== undefined) return `${words} (${code})`;
  return printable(errorMessage(error));
}

/** Such as `ENOENT` (errno(3)); undefined when it was not the system that refused. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
