import {type OpenFile, unlink} from '../async-files.js';
import {systemErrorCode, systemErrorText} from '../system-error.js';
import {LineQueue} from './line-queue.js';
import {privateDirectory, privateFile} from './private-directory.js';
import {logFile, type StatePlaces} from './state-places.js';

/** Lines that may have to give way to the end of the run. */
const ENDS_KEPT = 200;

/** The log of a run: lines that are appended to a file of its own, which is made at the first one, or before. */
export class LogFile {
  readonly #queue: LineQueue;
  #opening: Promise<OpenFile> | undefined;
  #file: OpenFile | undefined;
  #size = 0;
  /** Where the last lines end that are in the file as a whole. */
  #ends: number[] = [];
  #full = false;
  #ended = false;

  /** @param onFault called at most once, with one line: why there is no log (any more) */
  constructor(
    private readonly places: StatePlaces,
    private readonly runId: string,
    onFault: (text: string) => void,
  ) {
    this.#queue = new LineQueue(
      (text) => this.#write(text),
      (error) => {
        this.#full = isFull(error);
        onFault(this.#fault(error));
      },
      async () => {
        this.#file ??= await (this.#opening ?? this.#open());
      },
    );
  }

  /** Whether how the run ended is not in it. */
  get failed(): boolean {
    return this.#queue.failed && !this.#ended;
  }

  /** Whether there was no room for a line; all after it are dropped. */
  get full(): boolean {
    return this.#full;
  }

  /** Whether not even one line is in it. */
  get empty(): boolean {
    return this.#ends.length === 0;
  }

  add(line: string): void {
    this.#queue.add(line);
  }

  /** As {@link add}, but the line may wait until another one is added, or the file is closed. */
  hold(line: string): void {
    this.#queue.hold(line);
  }

  /** When everything has been written or dropped. */
  async settled(): Promise<void> {
    await this.#queue.settled();
  }

  /**
   * Writes these lines though the log is {@link full}: in the room there is by now, else in that of the last lines.
   * @throws a system error when there is no room even so
   */
  async writeEnding(lines: readonly string[]): Promise<void> {
    const text = `${lines.join('\n')}\n`;
    const whole = this.#ends.at(-1) ?? 0;
    try {
      await this.#cut(whole);
      await this.#write(text);
    } catch (error) {
      const bytes = Buffer.byteLength(text);
      const kept = this.#ends.findLast((end) => whole - end >= bytes);
      if (!isFull(error) || kept === undefined) throw error;
      await this.#cut(kept);
      await this.#write(text);
    }
    this.#ended = true;
  }

  /** A log without a line is no record: it does not stay. */
  async close(): Promise<void> {
    await this.settled();
    const {state} = this.places;
    const file = this.#file ?? (await this.#opening?.catch(() => undefined));
    if (file === undefined || state === undefined) return;
    await file.close();
    // Where it cannot be removed, it is in nobody's way.
    if (this.empty) await unlink(logFile(state, this.runId)).catch(() => undefined);
  }

  /**
   * Makes the file now, though there is no line yet. That takes longer than all else a record asks of a file system.
   * @returns when the directories have been looked at: from then on the file is being made, whatever else is done
   */
  async prepare(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#opening = this.#open(resolve);
      // What stands in the way is told with the first line.
      this.#opening.catch(resolve);
    });
  }

  async #write(text: string): Promise<void> {
    const file = (this.#file ??= await this.#open());
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
    } finally {
      this.#count(bytes.subarray(0, written));
    }
  }

  /** Of a write that fails a part may be in the file, and half a line at its end. */
  #count(bytes: Buffer): void {
    // A character for each byte: to look for one in a Buffer, Node would have to compile more than this takes.
    const text = bytes.toString('latin1');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
      this.#ends.push(this.#size + at + 1);
    this.#ends = this.#ends.slice(-ENDS_KEPT);
    this.#size += bytes.length;
  }

  async #cut(size: number): Promise<void> {
    if (size === this.#size) return;
    await this.#file?.truncate(size);
    this.#size = size;
    this.#ends = this.#ends.filter((end) => end <= size);
  }

  async #open(onPlace = (): void => undefined): Promise<OpenFile> {
    const {state} = this.places;
    if (state === undefined) throw new Error('neither HOME nor XDG_STATE_HOME is an absolute path');
    await privateDirectory(state, 'runs');
    onPlace();
    return privateFile(logFile(state, this.runId));
  }

  #fault(error: unknown): string {
    const kept = this.empty
      ? 'no record of this run is kept'
      : 'the record of this run is not whole from now on';
    const {state} = this.places;
    const where = state === undefined ? '' : `cannot write to ${state}: `;
    return `${kept}: ${where}${systemErrorText(error)}`;
  }
}

function isFull(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}
