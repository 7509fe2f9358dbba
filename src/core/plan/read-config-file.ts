import {isUtf8} from 'node:buffer';
import {constants} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';

import {configFault} from './config-fault.js';
import {UsageError} from './usage-error.js';

const LARGEST_BYTES = 1024 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';
const REPLACEMENT = '\uFFFD';

/**
 * The text of a configuration file, without a byte order mark.
 * @throws UsageError when it cannot be read, is no regular file (a pipe does not make limitrun wait), is larger than
 *   1 MiB or is not UTF-8
 */
export async function readConfigFile(path: string): Promise<string> {
  const bytes = await readBytes(path);
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes)) {
    throw configFault(path, text, firstInvalid(text, bytes), 'not UTF-8');
  }
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

async function readBytes(path: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const status = await handle.stat();
    if (status.isDirectory()) throw new UsageError(`${path}: is a directory, not a configuration file`);
    if (!status.isFile()) throw new UsageError(`${path}: not a regular file`);
    const buffer = Buffer.alloc(LARGEST_BYTES + 1);
    let length = 0;
    // To the end and not to the size: the file may be growing.
    while (length < buffer.length) {
      const {bytesRead} = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > LARGEST_BYTES) throw new UsageError(`${path}: larger than 1 MiB`);
    return buffer.subarray(0, length);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: ${reason(error)}`);
  } finally {
    await handle?.close();
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOTDIR':
      return 'a part of the path is not a directory';
    case 'ELOOP':
      return 'too many symbolic links';
    case 'ENXIO':
      return 'not a regular file';
    default:
      return `cannot be read (${code === '' ? String(error) : code})`;
  }
}

/** Where in the decoded text the first replacement character stands that is not in the file itself. */
function firstInvalid(text: string, bytes: Buffer): number {
  let offset = 0;
  let byteOffset = 0;
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) {
    byteOffset += Buffer.byteLength(text.slice(offset, at));
    offset = at;
    if (!bytes.subarray(byteOffset, byteOffset + 3).equals(Buffer.from(REPLACEMENT))) return at;
  }
  throw new Error('the file is not UTF-8, yet every character of it is');
}
