import type {FileHandle} from 'node:fs/promises';
import {systemErrorText} from '../system-error.js';
import {LineQueue} from './line-queue.js';
import {privateDirectory, privateFile} from './private-directory.js';
import {logFile, type StatePlaces} from './state-places.js';

/** The log of a run: lines that are appended to a file of its own, which is made at the first one. */
export class LogFile {
  readonly #queue: LineQueue;
  #file: FileHandle | undefined;

  /** @param onFault called at most once, with one line: why there is no log (any more) */
  constructor(
    private readonly places: StatePlaces,
    private readonly runId: string,
    onFault: (text: string) => void,
  ) {
    this.#queue = new LineQueue(
      (text) => this.#write(text),
      (error) => {
        onFault(this.#fault(error));
      },
    );
  }

  get failed(): boolean {
    return this.#queue.failed;
  }

  add(line: string): void {
    this.#queue.add(line);
  }

  /** When everything has been written or dropped. */
  async settled(): Promise<void> {
    await this.#queue.settled();
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#file?.close();
  }

  async #write(text: string): Promise<void> {
    this.#file ??= await this.#open();
    await this.#file.appendFile(text);
  }

  async #open(): Promise<FileHandle> {
    const {state} = this.places;
    if (state === undefined) throw new Error('neither HOME nor XDG_STATE_HOME is an absolute path');
    await privateDirectory(state, 'runs');
    return privateFile(logFile(state, this.runId));
  }

  #fault(error: unknown): string {
    const kept =
      this.#file === undefined ? 'no record of this run is kept' : 'the record of this run is not whole';
    const {state} = this.places;
    const where = state === undefined ? '' : `cannot write to ${state}: `;
    return `${kept}: ${where}${systemErrorText(error)}`;
  }
}
