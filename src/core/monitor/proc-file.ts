import {closeSync, openSync, readSync} from 'node:fs';

const buffer = Buffer.allocUnsafe(64 * 1024);

/**
 * How many descriptors may be kept open for reading /proc again and again; beyond that files are opened for each
 * reading, so that a large tree does not use up limitrun's own open-files limit.
 */
const MOST_KEPT = 2048;
let kept = 0;

/**
 * A text file under /proc that is read again and again. The descriptor is kept: procfs answers a read at position
 * 0 afresh, without a path lookup, and with ESRCH once *this* process is gone, even if its pid is used again.
 */
export class ProcFile {
  #fd: number | undefined;

  constructor(readonly path: string) {}

  /**
   * The file's text (latin1, up to 64 KiB), or undefined when the process is gone or may not be read.
   * @throws when limitrun itself has run out of descriptors (EMFILE, ENFILE) or memory
   */
  read(): string | undefined {
    try {
      if (this.#fd === undefined) {
        if (kept >= MOST_KEPT) return readProcText(this.path);
        this.#fd = openSync(this.path, 'r');
        kept += 1;
      }
      return readAll(this.#fd);
    } catch (error) {
      this.close();
      throwUnlessAbsent(error);
      return undefined;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    kept -= 1;
  }
}

/** Reads a file under /proc once; as {@link ProcFile.read}. */
export function readProcText(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return readAll(fd);
  } catch (error) {
    throwUnlessAbsent(error);
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readAll(fd: number): string {
  // A sequence file hands out about a page per read, so go on until it is empty or the buffer is full.
  let length = 0;
  while (length < buffer.length) {
    const got = readSync(fd, buffer, length, buffer.length - length, length);
    length += got;
    if (got === 0 || got < 2048) break;
  }
  return buffer.toString('latin1', 0, length);
}

function throwUnlessAbsent(error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM') throw error;
  // ENOENT, ESRCH: gone. EACCES, EPERM: not ours to read. EINVAL, EIO: no such figure for this process.
}
