import {constants} from 'node:fs';
import {open, rename, unlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {UsageError} from '../plan/usage-error.js';
import {printable} from '../report/printable.js';
import {systemErrorText} from '../system-error.js';
import {assertWritable} from './assert-writable.js';
import {type ReportTarget, reportTarget} from './report-target.js';
import {writeAll} from './write-all.js';
import {randomHex} from '../random-hex.js';

/** Command words may hold secrets: the report is for its owner, whatever the umask. */
const PRIVATE_MODE = 0o600;
/** A reader that takes nothing for this long is taken for stuck. */
const STALL_MS = 5000;

/**
 * Makes sure before the start, as far as that can be known, that a report can be written to `path`. Opens nothing, so
 * a FIFO without a reader does not hang.
 * @throws UsageError when the directory does not exist or cannot be written to, or when `path` is a directory
 */
export async function assertReportWritable(path: string, theirs?: readonly number[]): Promise<void> {
  if (path === '-')
    throw new UsageError("--report: standard output is the command's; give a file, or /dev/stderr");
  await assertWritable(path, {flag: '--report', example: 'report.json', replaces: true}, theirs);
}

/**
 * Writes the report: a file is replaced as a whole (temporary file in the same directory, fsync, rename), so that a
 * reader sees the old or the new one, never half; a FIFO, a device or an open descriptor is written into.
 * @param stallMs how long a FIFO's reader may take nothing before it is given up
 * @throws Error with a message for the user (one line) when not all of it could be written
 */
export async function writeReport(path: string, text: string, stallMs = STALL_MS): Promise<void> {
  try {
    await writeTo(await reportTarget(path), Buffer.from(text, 'utf8'), stallMs);
  } catch (error) {
    throw new Error(`cannot write the report to ${printable(path)}: ${systemErrorText(error)}`, {
      cause: error,
    });
  }
}

async function writeTo(target: ReportTarget, bytes: Buffer, stallMs: number): Promise<void> {
  switch (target.kind) {
    case 'directory':
      throw new Error('it is a directory');
    case 'file':
      return replaceFile(target.path, bytes, target.mode ?? PRIVATE_MODE);
    case 'stream':
      return writeInto(target.path, bytes, stallMs);
    case 'descriptor':
      return writeAll(target.fd, bytes, stalledFor(stallMs));
  }
}

async function replaceFile(path: string, bytes: Buffer, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.limitrun-report-${randomHex(6)}.tmp`);
  try {
    // `wx`: never through a link or into a file that somebody has put there.
    const file = await open(temporary, 'wx', PRIVATE_MODE);
    try {
      await file.writeFile(bytes);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {
      // It was never made, or cannot be removed: the first error is the one to tell.
    });
    throw error;
  }
}

/** O_NONBLOCK: opening a FIFO that nobody reads is an error (ENXIO) at once instead of waiting for a reader. */
async function writeInto(path: string, bytes: Buffer, stallMs: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    await writeAll(file.fd, bytes, stalledFor(stallMs));
  } finally {
    await file.close();
  }
}

function stalledFor(stallMs: number): (progressAtMs: number) => boolean {
  return (progressAtMs) => performance.now() - progressAtMs > stallMs;
}
