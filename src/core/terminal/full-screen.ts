import {KeyReader, type Key} from './key-reader.js';
import type {TerminalPort, TerminalSize} from './terminal-port.js';

/** Longest gap between something new and its being drawn: at most four frames a second. */
const FRAME_MS = 250;
/** After an escape that stands alone for so long it was the Escape key. */
const ESCAPE_MS = 50;
/** A frame that the terminal does not take is waited for this long at the end. */
const LAST_FRAME_MS = 500;

const CSI = '\u001b[';
/** The alternate screen (with the cursor saved), no cursor, no wrapping of lines; and all of it back (ctlseqs of xterm). */
const ENTER = `${CSI}?1049h${CSI}?25l${CSI}?7l`;
const LEAVE = `${CSI}?7h${CSI}?25h${CSI}?1049l`;
/** Synchronized update: what stands between is shown at once; terminals that do not know it pass it over. */
const BEGIN_FRAME = `${CSI}?2026h`;
const END_FRAME = `${CSI}?2026l`;

export interface FullScreenOptions {
  readonly terminal: TerminalPort;
  /** The lines of the screen now, none wider and not more than the screen. */
  readonly draw: (size: TerminalSize) => readonly string[];
  readonly onKey: (key: Key) => void;
}

/**
 * The whole of a terminal as a screen of lines: drawn in one write, and only the lines that are not there yet. Whoever
 * opens it must see to it that {@link restore} is called on every way out.
 */
export class FullScreen {
  readonly #options: FullScreenOptions;
  readonly #keys = new KeyReader();
  #open = false;
  #stopListening: (() => void) | undefined;
  #shown: readonly string[] | undefined;
  #drawnAtMs = -Infinity;
  #frameTimer: NodeJS.Timeout | undefined;
  #escapeTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #again = false;

  constructor(options: FullScreenOptions) {
    this.#options = options;
  }

  /** Takes the terminal over. In the background of a shell the modes come first: the job is stopped there (tty(4)). */
  enter(): void {
    const {terminal} = this.#options;
    terminal.setRaw(false);
    terminal.setRaw(true);
    terminal.writeNow(ENTER);
    this.#open = true;
    this.#stopListening ??= terminal.listen({
      onInput: (text) => {
        this.#input(text);
      },
      onResize: () => {
        this.redraw();
      },
    });
    this.redraw();
  }

  /** Something has changed: it is drawn soon. */
  refresh(): void {
    if (!this.#open || this.#frameTimer !== undefined) return;
    const waitMs = Math.max(0, this.#drawnAtMs + FRAME_MS - performance.now());
    this.#frameTimer = setTimeout(() => {
      this.#frameTimer = undefined;
      this.#draw();
    }, waitMs);
  }

  /** Draws now what has changed. */
  refreshNow(): void {
    this.#draw();
  }

  /** Draws every line now, whatever the terminal shows. */
  redraw(): void {
    this.#shown = undefined;
    this.#draw();
  }

  /** Gives the terminal back as it was, at once; may be called again. */
  restore(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#frameTimer);
    clearTimeout(this.#escapeTimer);
    this.#frameTimer = undefined;
    this.#options.terminal.writeNow(LEAVE);
    this.#options.terminal.setRaw(false);
  }

  /** Gives the terminal back for good, after the frame that is on its way. */
  async close(): Promise<void> {
    this.#again = false;
    clearTimeout(this.#frameTimer);
    if (this.#writing !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_FRAME_MS);
      });
      await Promise.race([this.#writing, late]);
      clearTimeout(timer);
    }
    this.restore();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** A terminal that is slow gets the newest frame and not every one. */
  #draw(): void {
    if (!this.#open) return;
    if (this.#writing !== undefined) {
      this.#again = true;
      return;
    }
    this.#drawnAtMs = performance.now();
    const size = this.#options.terminal.size();
    const lines = this.#options.draw(size).slice(0, size.rows);
    const frame = frameOf(lines, this.#shown, size);
    this.#shown = lines;
    if (frame === '') return;
    this.#writing = this.#options.terminal.write(frame).then(() => {
      this.#writing = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#draw();
    });
  }

  #input(text: string): void {
    clearTimeout(this.#escapeTimer);
    for (const key of this.#keys.feed(text)) this.#options.onKey(key);
    if (!this.#keys.undecided) return;
    this.#escapeTimer = setTimeout(() => {
      for (const key of this.#keys.flush()) this.#options.onKey(key);
    }, ESCAPE_MS);
  }
}

/** What turns the lines that are shown into these; undefined: nobody knows what is shown. */
function frameOf(
  lines: readonly string[],
  shown: readonly string[] | undefined,
  {rows}: TerminalSize,
): string {
  const parts: string[] = [];
  if (shown === undefined) parts.push(`${CSI}2J`);
  for (let row = 0; row < Math.max(lines.length, shown?.length ?? 0) && row < rows; row += 1) {
    const line = lines[row] ?? '';
    if (shown !== undefined && (shown[row] ?? '') === line) continue;
    // Cleared first: after a line that fills the row the cursor still stands on its last character.
    parts.push(`${CSI}${String(row + 1)};1H${CSI}2K${line}`);
  }
  return parts.length === 0 ? '' : `${BEGIN_FRAME}${parts.join('')}${END_FRAME}`;
}
