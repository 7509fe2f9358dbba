import {closeSync, openSync, readdirSync, readSync} from 'node:fs';
import {glanceAtStat, numberAt, type StatGlance} from './procfs-text.js';

const buffer = Buffer.allocUnsafe(64 * 1024);

/** Longer than any of the files of one line that a number is wanted of. */
const LONGEST_LINE = 256;
/** As much of a stat line as is wanted at a glance, and more. */
const LONGEST_STAT_LINE = 1024;

/** As many descriptors as the record, the guard and the control groups may open later, and some more. */
const NEEDED_LATER = 28;
/**
 * How many descriptors may be kept open for reading /proc again and again; beyond that files are opened for each
 * reading, so that a large tree does not use up limitrun's own open-files limit: half of what is left of it after the
 * first few.
 */
let mostKept: number | undefined;
/** For so many there is room wherever limitrun can run (bin/limitrun): a short run need not ask. */
const KEPT_UNASKED = 3;
let kept = 0;
/** Of the line in the buffer. */
let lineLength = 0;

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
      const fd = this.#open();
      return fd === undefined ? readProcText(this.path) : readAll(fd);
    } catch (error) {
      this.close();
      throwUnlessAbsent(error);
      return undefined;
    }
  }

  /**
   * One whole number of a file of one short line, with one system call and without making a string.
   * @param word which word of the line, from 0
   * @returns -1 when the process is gone or there is no such number; throws as {@link read}
   */
  number(word: number): number {
    try {
      const fd = this.#open();
      // Beyond the descriptors that may be kept: the dear way.
      lineLength =
        fd === undefined ? copyLine(readProcText(this.path)) : readSync(fd, buffer, 0, LONGEST_LINE, 0);
      return numberAt(buffer, lineLength, word);
    } catch (error) {
      this.close();
      throwUnlessAbsent(error);
      return -1;
    }
  }

  /**
   * What a stat line tells at a glance, with one system call and without making a string.
   * @param into where to put it
   * @returns whether it could be told so: not when the process is gone, nor of a file that is not kept open, since its
   * path may be another process's by now; throws as {@link read}
   */
  statGlance(into: StatGlance): boolean {
    try {
      const fd = this.#open();
      return fd !== undefined && glanceAtStat(buffer, readSync(fd, buffer, 0, LONGEST_STAT_LINE, 0), into);
    } catch (error) {
      this.close();
      throwUnlessAbsent(error);
      return false;
    }
  }

  #open(): number | undefined {
    if (this.#fd === undefined && hasRoom()) {
      this.#fd = openSync(this.path, 'r');
      kept += 1;
    }
    return this.#fd;
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

function hasRoom(): boolean {
  if (kept < KEPT_UNASKED) return true;
  mostKept ??= (openFilesLimit() - openFiles() - NEEDED_LATER) / 2;
  return kept < mostKept;
}

/** How many are open now; none where it cannot be told. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** The soft limit of open files, as Node has raised it; 1024 where it cannot be told. */
function openFilesLimit(): number {
  const found = /^Max open files +(\d+)/m.exec(readProcText('/proc/self/limits') ?? '');
  return found === null ? 1024 : Number(found[1]);
}

/** Another number of the line of which {@link ProcFile.number} has read one just now. */
export function numberOfSameLine(word: number): number {
  return numberAt(buffer, lineLength, word);
}

/** @returns how many bytes it has */
function copyLine(text = ''): number {
  return buffer.write(text, 'latin1');
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
