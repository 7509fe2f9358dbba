import {writeSync} from 'node:fs';
import {systemClock} from '../clock.js';
import {errorMessage} from '../error-message.js';
import {LineWriter} from '../line-writer.js';
import {
  drawTable,
  eraseBelow,
  eraseFromCursor,
  eraseTable,
  releaseRegion,
  type TerminalSize,
} from './scroll-region.js';
import type {TerminalLook, TerminalModes} from './terminal-modes.js';

/** How long a program has to take the terminal before a table appears by itself. */
const FIRST_LOOK_MS = 1000;
const FRAME_MS = 250;
/** A change of size is over when no other follows: tmux tells the system of the last one 250 ms late. */
const SETTLE_MS = 300;
/** A terminal that does not take the last bytes in this time must not keep limitrun from stopping. */
const MOST_PATIENCE_MS = 200;
const FEWEST_COLUMNS = 12;
const FEWEST_ROWS = 4;
/**
 * With so many rows left for the command one more stays blank between it and the table: after a change of size the next
 * line of the command falls below the old region, and would stand beside what is left of the table's first row.
 */
const ROWS_TO_SPARE = 10;
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
  /** Asked where `modes` do not know it. */
  readonly size: () => TerminalSize | undefined;
  /** Whether the terminal listens to limitrun's process group now. Asked at every frame. */
  readonly inForeground: () => boolean;
  readonly modes: Pick<TerminalModes, 'look' | 'close'>;
  /** Told before the region is set and after it is not any more, for whoever has to mend the terminal after a SIGKILL. */
  readonly onUp?: (up: boolean) => void;
  /** A program that reads key by key may have drawn its first screen into the region: to be told to draw it again. */
  readonly onYield?: () => void;
}

interface Drawn {
  readonly columns: number;
  readonly rows: number;
  readonly height: number;
  /** For a program that places the cursor itself. */
  readonly placesCursor: boolean;
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
  /** Since a change of size the table is away; it comes back then. */
  #settledAtMs = -Infinity;
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
    if (!this.isUp && !this.#unsettled()) this.#sayHeld();
  }

  /**
   * The terminal has another size (SIGWINCH), so the margins are gone or wrong and the table's rows are anywhere below
   * the cursor: they go at once, and the table comes back when the size has settled.
   */
  resized(): void {
    if (this.#yielded || this.#closed) return;
    // A frame may be on its way for the size that was.
    const busy = this.isUp || this.#turning || this.#unsettled();
    if (busy) this.#settledAtMs = systemClock.nowMs() + SETTLE_MS;
    void this.#erase();
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
    if (this.#turning) return;
    this.#turning = true;
    void this.#turn()
      .catch(this.#fail)
      .finally(() => {
        this.#turning = false;
      });
  };

  /** A fault of the table must not end the run. */
  readonly #fail = async (error: unknown): Promise<void> => {
    this.#yielded = true;
    clearInterval(this.#timer);
    this.#held.push(`limitrun: no live table any more: ${errorMessage(error)}`);
    await this.#takeDown();
  };

  /** One look at the terminal, and one frame if it may be drawn. */
  async #turn(): Promise<void> {
    if (!this.#mayGoOn()) return;
    if (!this.#options.inForeground()) {
      await this.#takeDown();
      return;
    }
    const look = await this.#options.modes.look();
    if (!this.#mayGoOn() || !this.#options.inForeground()) return;
    if (this.#options.mode === 'auto' && look?.raw !== false) await this.#yield();
    else await this.#draw(look);
  }

  #mayGoOn(): boolean {
    return !this.#closed && !this.#yielded && !this.#stopping && !this.#unsettled();
  }

  #unsettled(): boolean {
    return systemClock.nowMs() < this.#settledAtMs;
  }

  async #draw(look: TerminalLook | undefined): Promise<void> {
    const size = look?.size ?? this.#options.size();
    const placesCursor = look?.raw === true;
    const before = this.#drawn;
    if (before !== undefined && !isOf(before, size)) {
      this.resized();
      return;
    }
    const lines = size === undefined ? [] : this.#lines(size);
    if (size === undefined || lines.length === 0) {
      await this.#takeDown();
      return;
    }
    this.#up({...size, height: lines.length, placesCursor});
    const makeRoom = before === undefined || !placesCursor;
    const erasure = before !== undefined && before.height !== lines.length ? eraseTable(before.height) : '';
    await this.#writer.write(erasure + drawTable({rows: size.rows, lines, makeRoom}));
  }

  /** Exactly as many as the table has rows; none when there is no room. */
  #lines(size: TerminalSize): string[] {
    if (size.columns < FEWEST_COLUMNS || size.rows < FEWEST_ROWS) return [];
    const height = this.#options.height(size.rows);
    if (height < 1 || height > size.rows - FEWEST_ROWS_ABOVE) return [];
    const lines = this.#options.frame(size);
    if (lines.length === 0) return [];
    const exactly = Array.from({length: height}, (_, index) => lines[index] ?? '');
    return size.rows - height > ROWS_TO_SPARE ? ['', ...exactly] : exactly;
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
    const erased = this.#erase();
    this.#sayHeld();
    await erased;
  }

  async #erase(): Promise<void> {
    if (!this.isUp) return;
    await this.#writer.write(this.#erasure());
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
    if (!this.#unsettled() && isOf(drawn, this.#options.size())) return eraseTable(drawn.height);
    // Such a program draws its screen anew for the new size.
    return drawn.placesCursor ? releaseRegion() : eraseBelow();
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

/** Whether the table was drawn for a terminal of this size. */
function isOf(drawn: Drawn, size: TerminalSize | undefined): boolean {
  return size?.rows === drawn.rows && size.columns === drawn.columns;
}
