import {rename, unlink} from '../async-files.js';
import {join} from 'node:path';
import {systemErrorText} from '../system-error.js';
import {privateDirectory, privateFile} from './private-directory.js';
import {liveFile, type StatePlaces} from './state-places.js';

/** What a run that goes on leaves for others to see: a file that is replaced as a whole, again and again. */
export class LiveFile {
  /** Where it may be, the preferred place first; those that have failed are gone. */
  readonly #roots: {readonly root: string; readonly below: readonly string[]}[];
  #written: string | undefined;
  #last: Promise<void> = Promise.resolve();
  #busy = false;
  #failed = false;

  /** @param onFault called at most once, with one line: why the run cannot be watched as it goes (any more) */
  constructor(
    {state, runtime}: StatePlaces,
    private readonly runId: string,
    private readonly onFault: (text: string) => void,
  ) {
    this.#roots = [
      ...(runtime === undefined ? [] : [{root: runtime, below: []}]),
      ...(state === undefined ? [] : [{root: state, below: ['live']}]),
    ];
  }

  /** Whether a write goes on, so that another one would have to wait. */
  get busy(): boolean {
    return this.#busy;
  }

  /** When no write goes on. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** Replaces the file; where one place fails, the next one is taken. Resolves when it is done, or has failed. */
  async write(text: string): Promise<void> {
    return this.#next(async () => {
      while (!this.#failed) {
        const place = this.#roots[0];
        if (place === undefined) return;
        try {
          await this.#replace(await privateDirectory(place.root, ...place.below), text);
          return;
        } catch (error) {
          this.#roots.shift();
          if (this.#roots.length > 0) continue;
          this.#failed = true;
          this.onFault(
            `status shows this run late, and its record may not be whole from now on: cannot write to ${place.root}: ${systemErrorText(error)}`,
          );
        }
      }
    });
  }

  /** The file, and what a write that failed may have left of another. */
  async remove(): Promise<void> {
    return this.#next(async () => {
      if (this.#written !== undefined) await this.#unlink(this.#written);
      this.#written = undefined;
    });
  }

  /** One after the other. */
  async #next(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    const mine = this.#last.then(work);
    this.#last = mine;
    await mine;
    if (this.#last === mine) this.#busy = false;
  }

  async #replace(directory: string, text: string): Promise<void> {
    const path = liveFile(directory, this.runId);
    const temporary = join(directory, `${this.runId}.tmp`);
    try {
      const file = await privateFile(temporary);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      if (this.#written !== path && this.#written !== undefined) await this.#unlink(this.#written);
      this.#written = path;
    } catch (error) {
      await this.#unlink(temporary);
      throw error;
    }
  }

  async #unlink(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch {
      // It was never made, or cannot be removed.
    }
  }
}
