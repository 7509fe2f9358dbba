import {writeSync} from 'node:fs';
import {LineWriter} from '../line-writer.js';
import {
  drawTable,
  eraseBelow,
  eraseFromCursor,
  eraseTable,
  releaseRegion,
  type TerminalSize,
} from './scroll-region.js';
import type {TerminalModes} from './terminal-modes.js';

/** How long a program has to take the terminal before a table appears by itself. */
const FIRST_LOOK_MS = 1000;
const FRAME_MS = 250;
/** A terminal that does not take the last bytes in this time must not keep limitrun from stopping. */
const MOST_PATIENCE_MS = 200;
const FEWEST_COLUMNS = 12;
const FEWEST_ROWS = 4;
/** A region has two rows at least (DECSTBM). */
const FEWEST_ROWS_ABOVE = 2;

export interface LiveTableOptions {
  /** Of the terminal. */
  readonly descriptor: number;
  /** `auto`: not for a program that reads key by key, and never again once one was seen. `live`: always. */
  readonly mode: 'auto' | 'live';
  /** The lines for a terminal of this size, none wider than its columns less one; none when nothing fits. */
  readonly frame: (size: TerminalSize) => readonly string[];
  /** Rows that the table takes on a terminal of so many rows; 0 when there is no room. */
  readonly height: (terminalRows: number) => number;
  /** Asked at every frame. */
  readonly size: () => TerminalSize | undefined;
  /** Whether the terminal listens to limitrun's process group now. Asked at every frame. */
  readonly inForeground: () => boolean;
  readonly modes: Pick<TerminalModes, 'isRaw' | 'close'>;
  /** Told before the region is set and after it is not any more, for whoever has to mend the terminal after a SIGKILL. */
  readonly onUp?: (up: boolean) => void;
  /** A program that reads key by key may have drawn its first screen into the region: to be told to draw it again. */
  readonly onYield?: () => void;
}

interface Drawn {
  readonly columns: number;
  readonly rows: number;
  readonly height: number;
}

/**
 * A table pinned below the command's output on the same terminal, and every line of limitrun's own on it. Everything is
 * written through one queue without blocking; a frame is left out while the one before it is still being written.
 */
export class LiveTable {
  readonly #options: LiveTableOptions;
  readonly #writer: LineWriter;
  #drawn: Drawn | undefined;
  /** Lines said while the table is up: they would land in the middle of a line of the command. */
  #held: string[] = [];
  /** A program that reads key by key was seen: no table any more. */
  #yielded = false;
  /** Rows of the table may be left on the screen. */
  #rowsLeft = false;
  #closed = false;
  #stopping = false;
  #turning = false;
  #turnWanted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveTableOptions) {
    this.#options = options;
    this.#writer = new LineWriter(options.descriptor);
  }

  /** Whether the table is on the screen. */
  get isUp(): boolean {
    return this.#drawn !== undefined;
  }

  /** Begins: `live` at once, `auto` after a second. */
  start(): void {
    process.on('exit', this.#onExit);
    const begin = (): void => {
      this.#timer = setInterval(this.#tick, FRAME_MS);
      this.#tick();
    };
    if (this.#options.mode === 'live') begin();
    else this.#timer = setTimeout(begin, FIRST_LOOK_MS);
  }

  /** Says a line: at once while there is no table; otherwise when it is taken down. */
  line(text: string): void {
    this.#held.push(text);
    if (!this.isUp) this.#sayHeld();
  }

  /** The terminal has another size (SIGWINCH). */
  resized(): void {
    if (this.isUp) this.#tick();
  }

  /** Takes the table down for good and says what was held back. */
  async close(): Promise<void> {
    if (!this.#closed) {
      const erasure = this.#end();
      if (erasure !== '') void this.#writer.write(erasure);
      this.#sayHeld();
    }
    await this.#writer.flush();
    this.#options.onUp?.(false);
  }

  /** The same at once, for a program that is about to be gone. */
  closeNow(): void {
    if (this.#closed) return;
    const text = this.#end() + this.#held.map((line) => `${line}\n`).join('');
    this.#held = [];
    try {
      if (text !== '') writeSync(this.#options.descriptor, text);
    } catch {
      // A terminal that is gone needs no mending.
      return;
    }
    this.#options.onUp?.(false);
  }

  readonly #onExit = (): void => {
    this.closeNow();
  };

  readonly #tick = (): void => {
    this.#turnWanted = true;
    if (!this.#turning) void this.#turns();
  };

  async #turns(): Promise<void> {
    this.#turning = true;
    while (this.#turnWanted) {
      this.#turnWanted = false;
      await this.#turn();
    }
    this.#turning = false;
  }

  /** One look at the terminal, and one frame if it may be drawn. */
  async #turn(): Promise<void> {
    if (!this.#mayGoOn()) return;
    if (!this.#options.inForeground()) {
      await this.#takeDown();
      return;
    }
    const raw = await this.#options.modes.isRaw();
    if (!this.#mayGoOn() || !this.#options.inForeground()) return;
    if (this.#options.mode === 'auto' && raw !== false) await this.#yield();
    else await this.#draw(raw === true);
  }

  #mayGoOn(): boolean {
    return !this.#closed && !this.#yielded && !this.#stopping;
  }

  async #draw(placesCursor: boolean): Promise<void> {
    const {size, height, frame} = this.#options;
    const now = size();
    const rowsWanted = now && fits(now) ? height(now.rows) : 0;
    const lines = now && rowsWanted > 0 && rowsWanted <= now.rows - FEWEST_ROWS_ABOVE ? frame(now) : [];
    if (now === undefined || lines.length === 0) {
      await this.#takeDown();
      return;
    }
    const drawn = {columns: now.columns, rows: now.rows, height: rowsWanted};
    const before = this.#drawn;
    const stale = before !== undefined && !same(before, drawn);
    const exactly = Array.from({length: rowsWanted}, (_, index) => lines[index] ?? '');
    this.#up(drawn);
    await this.#writer.write(
      drawTable({rows: now.rows, lines: exactly, makeRoom: !placesCursor || before === undefined, stale}),
    );
  }

  #up(drawn: Drawn): void {
    if (this.#drawn === undefined) {
      this.#options.onUp?.(true);
      process.on('SIGTSTP', this.#onStop);
    }
    this.#drawn = drawn;
  }

  /** Until the next frame. */
  async #takeDown(): Promise<void> {
    if (!this.isUp) return;
    void this.#writer.write(this.#erasure());
    this.#sayHeld();
    await this.#writer.flush();
    this.#options.onUp?.(false);
  }

  /**
   * Leaves the terminal to a program that reads key by key. It may have a screen of its own by now, so nothing is erased,
   * and what was held back waits for the next line or the end.
   */
  async #yield(): Promise<void> {
    this.#yielded = true;
    clearInterval(this.#timer);
    if (!this.isUp) return;
    this.#down();
    this.#rowsLeft = true;
    await this.#writer.write(releaseRegion());
    this.#options.onUp?.(false);
    this.#options.onYield?.();
  }

  /** From now on there is no table. @returns what takes it off the screen */
  #erasure(): string {
    const drawn = this.#drawn;
    if (drawn === undefined) return '';
    this.#down();
    const size = this.#options.size();
    const sameSize = size?.rows === drawn.rows && size.columns === drawn.columns;
    return sameSize ? eraseTable(drawn.rows, drawn.height) : eraseBelow();
  }

  #down(): void {
    this.#drawn = undefined;
    process.off('SIGTSTP', this.#onStop);
  }

  /** @returns what takes the table off the screen, or what is left of it */
  #end(): string {
    this.#closed = true;
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
    this.#options.modes.close();
    return this.#rowsLeft ? eraseFromCursor() : this.#erasure();
  }

  /** Ctrl-Z: the table goes, then limitrun stops as it would have without a listener. A frame after `fg` draws it again. */
  readonly #onStop = (): void => {
    this.#stopping = true;
    process.off('SIGTSTP', this.#onStop);
    const patience = new Promise((resolve) => setTimeout(resolve, MOST_PATIENCE_MS));
    void Promise.race([this.#takeDown(), patience]).then(() => {
      process.kill(process.pid, 'SIGTSTP');
      this.#stopping = false;
    });
  };

  #sayHeld(): void {
    for (const text of this.#held) this.#writer.line(text);
    this.#held = [];
  }
}

function fits({columns, rows}: TerminalSize): boolean {
  return columns >= FEWEST_COLUMNS && rows >= FEWEST_ROWS;
}

function same(one: Drawn, other: Drawn): boolean {
  return one.columns === other.columns && one.rows === other.rows && one.height === other.height;
}
