import {type OpenFile, rename, unlink} from '../async-files.js';
import {below} from '../below.js';
import {systemErrorText} from '../system-error.js';
import {privateDirectory, privateFile} from './private-directory.js';
import {liveFile, type StatePlaces} from './state-places.js';

/**
 * What a run that goes on leaves for others to see: a file that is replaced as a whole now and then, and grows by lines in
 * between. Who reads it takes no notice of a last line that is not whole yet.
 */
export class LiveFile {
  /** Where it may be, the preferred place first; those that have failed are gone. */
  readonly #roots: {readonly root: string; readonly below: readonly string[]}[];
  #written: string | undefined;
  /** Of what was written last; undefined when nothing can be added to it. */
  #file: OpenFile | undefined;
  #last: Promise<void> = Promise.resolve();
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

  /** Whether there is a file to which lines can be added. */
  get grows(): boolean {
    return this.#file !== undefined;
  }

  /** Adds lines to the file, if it {@link grows}; otherwise, and when it cannot be done, it has to be replaced. */
  async append(text: string): Promise<void> {
    return this.#next(async () => {
      try {
        await this.#file?.writeFile(text);
      } catch {
        // Half a line may be in it. What is wrong the next whole file will meet, and tells it.
        await this.#close();
      }
    });
  }

  /** The file, and what a write that failed may have left of another. */
  async remove(): Promise<void> {
    return this.#next(async () => {
      await this.#close();
      if (this.#written !== undefined) await this.#unlink(this.#written);
      this.#written = undefined;
    });
  }

  /** One after the other. */
  async #next(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work);
    this.#last = mine;
    await mine;
  }

  async #replace(directory: string, text: string): Promise<void> {
    const path = liveFile(directory, this.runId);
    const temporary = below(directory, `${this.runId}.tmp`);
    try {
      await this.#close();
      this.#file = await privateFile(temporary);
      await this.#file.writeFile(text);
      await rename(temporary, path);
      if (this.#written !== path && this.#written !== undefined) await this.#unlink(this.#written);
      this.#written = path;
    } catch (error) {
      await this.#close();
      await this.#unlink(temporary);
      throw error;
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.close();
    } catch {
      // What could not be written is in the next whole file.
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
