import {write} from 'node:fs';
import {promised} from './promised.js';

const writeSome = promised<[descriptor: number, bytes: Buffer], number>(write);

/** How long to wait before writing again to a descriptor that was full. */
const FULL_RETRY_MS = 10;

/**
 * Writes limitrun's own lines to a descriptor without ever blocking the sampling: a terminal that is stopped or a
 * pipe that nobody reads makes a thread of the pool wait, not the program. What cannot be written is dropped, since a
 * run must not end because nobody listens to limitrun.
 */
export class LineWriter {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly descriptor: number) {}

  /** Queues a text; a line break is added. Each call is one write, so that lines are not torn. */
  line(text: string): void {
    void this.write(`${text}\n`);
  }

  /**
   * Queues a text as it is, in one write.
   * @returns when it has been written or dropped
   */
  write(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    this.#last = this.#last.then(() => this.#write(bytes));
    return this.#last;
  }

  /** When everything queued so far has been written or dropped. */
  async flush(): Promise<void> {
    await this.#last;
  }

  async #write(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(await writeSome(this.descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS));
      }
    }
  }
}
