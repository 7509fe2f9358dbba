import {closeSync, constants, fstatSync, openSync, readSync, type Stats} from 'node:fs';
import {lstat, open, type OpenFile} from '../async-files.js';
import {systemErrorCode, systemErrorText} from '../system-error.js';

/** A record is never this large; something else is not read into memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;
/** How much of either end of a log is read where that is enough. */
const END_BYTES = 64 * 1024;
/** In which the last line is looked for. */
const LAST_LINE_BYTES = 4 * 1024;
const LINE_BREAK = 0x0a;
/** O_NOFOLLOW: what somebody has put there as a link is not opened. O_NONBLOCK: neither is a FIFO waited for. */
const RECORD_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Why a file is no record: one line without the path. */
export class RecordFault extends Error {}

/** Lines of a file without their line breaks; what follows the last line break is no line yet. */
export interface Lines {
  readonly lines: readonly string[];
  /** When the file was last written, milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/**
 * Reads the lines that a file has got since the last time.
 * @returns undefined when there is no such file (any more)
 * @throws RecordFault when it is a link, not ours, too large, or cannot be read
 */
export class GrowingFile {
  #offset = 0;

  constructor(readonly path: string) {}

  /** `anew`: the file was cut meanwhile, and these are all its lines. */
  async readMore(): Promise<(Lines & {readonly anew: boolean}) | undefined> {
    return withRecord(this.path, async (file, size, modifiedMs) => {
      const anew = this.#offset > 0 && (await readAt(file, this.#offset - 1, 1))[0] !== LINE_BREAK;
      if (anew) this.#offset = 0;
      const bytes = await readAt(file, this.#offset, size - this.#offset);
      const end = bytes.lastIndexOf(LINE_BREAK) + 1;
      this.#offset += end;
      return {lines: linesOf(bytes.subarray(0, end)), modifiedMs, anew};
    });
  }
}

/** All lines of a file; see {@link GrowingFile.readMore}. */
export async function readLines(path: string): Promise<Lines | undefined> {
  return new GrowingFile(path).readMore();
}

/** The lines of the beginning and the end of a file, and whether something lies between; see {@link readLines}. */
export async function readEnds(
  path: string,
): Promise<{readonly head: Lines; readonly tail: readonly string[]} | undefined> {
  return withRecord(path, async (file, size, modifiedMs) => {
    if (size <= 2 * END_BYTES) {
      const bytes = await readAt(file, 0, size);
      const lines = linesOf(bytes.subarray(0, bytes.lastIndexOf(LINE_BREAK) + 1));
      return {head: {lines, modifiedMs}, tail: []};
    }
    const first = await readAt(file, 0, END_BYTES);
    const last = await readAt(file, size - END_BYTES, END_BYTES);
    return {
      head: {lines: linesOf(first.subarray(0, first.lastIndexOf(LINE_BREAK) + 1)), modifiedMs},
      tail: linesOf(last.subarray(last.indexOf(LINE_BREAK) + 1, last.lastIndexOf(LINE_BREAK) + 1)),
    };
  });
}

/**
 * The last line of a file that has one; `line` is absent when it is longer than 4 KiB. It blocks: one after the other,
 * hundreds of files are read several times as fast as with promises.
 * @throws RecordFault as {@link GrowingFile.readMore}
 */
export function readLastLine(
  path: string,
): {readonly line?: string; readonly modifiedMs: number} | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, RECORD_FLAGS);
    const stats = fstatSync(file);
    refuseOthers(stats);
    const from = Math.max(0, stats.size - LAST_LINE_BYTES);
    const buffer = Buffer.allocUnsafe(LAST_LINE_BYTES);
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, LAST_LINE_BYTES, from));
    const end = bytes.lastIndexOf(LINE_BREAK);
    const begin = end <= 0 ? 0 : bytes.lastIndexOf(LINE_BREAK, end - 1) + 1;
    if (begin === 0 && from > 0) return {modifiedMs: stats.mtimeMs};
    return end < 0 ? undefined : {line: bytes.toString('utf8', begin, end), modifiedMs: stats.mtimeMs};
  } catch (error) {
    throwUnlessAbsent(error);
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** @returns why nothing in this directory is read, or undefined; a directory that is not there holds nothing */
export async function directoryFault(path: string): Promise<string | undefined> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return 'it is a link';
    if (!stats.isDirectory()) return 'it is no directory';
    return stats.uid === process.geteuid?.() ? undefined : "it is another user's";
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? undefined : systemErrorText(error);
  }
}

async function withRecord<T>(
  path: string,
  read: (file: OpenFile, size: number, modifiedMs: number) => Promise<T>,
): Promise<T | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await open(path, RECORD_FLAGS);
    const stats = await file.stat();
    refuseOthers(stats);
    return await read(file, stats.size, stats.mtimeMs);
  } catch (error) {
    throwUnlessAbsent(error);
    return undefined;
  } finally {
    await file?.close();
  }
}

/** @throws RecordFault when it is no file of ours, or none that can be a record */
function refuseOthers(stats: Stats): void {
  if (!stats.isFile()) throw new RecordFault('no record of a run');
  if (stats.uid !== process.geteuid?.()) throw new RecordFault("another user's file");
  if (stats.size > LARGEST_BYTES) throw new RecordFault('too large for the record of a run');
}

/** @throws RecordFault unless there is just no such file */
function throwUnlessAbsent(error: unknown): void {
  if (error instanceof RecordFault) throw error;
  const code = systemErrorCode(error);
  if (code === 'ENOENT') return;
  throw new RecordFault(code === 'ELOOP' ? 'a link, and no record of a run' : systemErrorText(error));
}

async function readAt(file: OpenFile, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(length, 0));
  let got = 0;
  while (got < bytes.length) {
    const {bytesRead} = await file.read(bytes, got, bytes.length - got, from + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

function linesOf(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
