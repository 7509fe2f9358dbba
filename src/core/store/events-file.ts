import {constants} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {performance} from 'node:perf_hooks';
import {UsageError} from '../plan/usage-error.js';
import {assertWritable} from '../record/assert-writable.js';
import {eventToJson} from '../record/event-json.js';
import {type ReportTarget, reportTarget} from '../record/report-target.js';
import type {RunEvent} from '../record/run-event.js';
import {writeAll} from '../record/write-all.js';
import {printable} from '../report/printable.js';
import {systemErrorCode, systemErrorText} from '../system-error.js';
import {LineQueue} from './line-queue.js';

const STANDARD_OUTPUT =
  "--events: standard output is the command's; give a file, or a descriptor such as /dev/fd/3 opened by the shell (3>events.jsonl)";
const PRIVATE_MODE = 0o600;
/** What a slow reader may leave lying. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024;
/** At the end, a reader that takes nothing for this long is taken for stuck. */
const STALL_MS = 5000;

/**
 * Makes sure before the start, as far as that can be known, that events can be written to `path`.
 * @param reportFile where the report goes
 * @throws UsageError
 */
export async function assertEventsWritable(
  path: string,
  reportFile?: string,
  theirs?: readonly number[],
): Promise<void> {
  if (path === '-') throw new UsageError(STANDARD_OUTPUT);
  const target = await assertWritable(
    path,
    {flag: '--events', example: 'events.jsonl', replaces: false},
    theirs,
  );
  if (target.kind === 'descriptor' && target.fd === 1) throw new UsageError(STANDARD_OUTPUT);
  if (reportFile === undefined) return;
  // Whether the report can be written is asked elsewhere.
  const report = await reportTarget(reportFile).catch(() => undefined);
  if (report !== undefined && placeOf(report) === placeOf(target))
    throw new UsageError(`--events: ${printable(path)} is where --report goes too; give another file`);
}

/** Writes every event of a run, as lines of JSON, where the user wants them; the run never waits for it. */
export class EventsFile {
  readonly #queue: LineQueue;
  readonly #failed: Promise<void>;
  #fault: string | undefined;
  #writingBytes = 0;
  #closingAtMs: number | undefined;

  private constructor(
    path: string,
    private readonly target: OpenTarget,
    private readonly stallMs: number,
  ) {
    let failed = (): void => undefined;
    this.#failed = new Promise((resolve) => {
      failed = resolve;
    });
    this.#queue = new LineQueue(
      (text) => this.#write(text),
      (error) => {
        // A reader that goes has seen enough (`| head`).
        if (systemErrorCode(error) !== 'EPIPE') this.#fault = faultText(path, error);
        failed();
      },
    );
  }

  /**
   * A file is emptied, or made for its owner alone; a FIFO, a device or an open descriptor is written into.
   * @param stallMs how long, at the end, a reader may take nothing before it is given up
   * @throws Error with a message for the user (one line)
   */
  static async open(path: string, stallMs = STALL_MS): Promise<EventsFile> {
    try {
      return new EventsFile(path, await openTarget(await reportTarget(path)), stallMs);
    } catch (error) {
      throw new Error(faultText(path, error), {cause: error});
    }
  }

  add(event: RunEvent): void {
    this.#queue.add(eventToJson(event));
    if (this.#queue.waitingBytes + this.#writingBytes > MOST_BUFFERED_BYTES)
      this.#queue.fail(new Error('its reader does not read'));
  }

  /** Writes what is left. @returns why not everything could be written, one line; undefined when it was */
  async close(): Promise<string | undefined> {
    this.#closingAtMs ??= performance.now();
    // A write into somebody's blocking descriptor may hang and shows no progress.
    const timer = setTimeout(() => {
      this.#queue.fail(new Error('its reader does not read'));
    }, 2 * this.stallMs);
    await Promise.race([this.#queue.settled(), this.#failed]);
    clearTimeout(timer);
    // Of a write that hangs the descriptor is left: closing it would hang too.
    if (this.#writingBytes === 0) await this.target.file?.close();
    return this.#fault;
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    this.#writingBytes = bytes.length;
    try {
      await writeAll(this.target.fd, bytes, (progressAtMs) => this.#gaveUp(progressAtMs));
    } finally {
      this.#writingBytes = 0;
    }
  }

  #gaveUp(progressAtMs: number): boolean {
    if (this.#queue.failed) return true;
    if (this.#closingAtMs === undefined) return false;
    return performance.now() - Math.max(progressAtMs, this.#closingAtMs) > this.stallMs;
  }
}

interface OpenTarget {
  readonly fd: number;
  /** Absent for a descriptor that is not ours to close. */
  readonly file?: FileHandle;
}

async function openTarget(target: ReportTarget): Promise<OpenTarget> {
  const {O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_NONBLOCK, O_NOCTTY} = constants;
  switch (target.kind) {
    case 'directory':
      throw new Error('it is a directory');
    case 'descriptor':
      return {fd: target.fd};
    case 'stream':
      // O_NONBLOCK: a FIFO that nobody reads is an error at once (ENXIO), and a reader that stops holds nobody up.
      return opened(await open(target.path, O_WRONLY | O_NONBLOCK | O_NOCTTY));
    case 'file': {
      if (target.mode !== undefined) return opened(await open(target.path, O_WRONLY | O_TRUNC));
      const file = await open(target.path, O_WRONLY | O_CREAT | O_EXCL, PRIVATE_MODE);
      await file.chmod(PRIVATE_MODE);
      return opened(file);
    }
  }
}

function opened(file: FileHandle): OpenTarget {
  return {fd: file.fd, file};
}

function faultText(path: string, error: unknown): string {
  return `cannot write the events to ${printable(path)}: ${systemErrorText(error)}`;
}

function placeOf(target: ReportTarget): string {
  return target.kind === 'descriptor' ? String(target.fd) : target.path;
}
