import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {FullScreen} from '../../../src/core/terminal/full-screen.js';
import type {Key} from '../../../src/core/terminal/key-reader.js';
import type {TerminalPort, TerminalSize} from '../../../src/core/terminal/terminal-port.js';

const ESC = '\u001b';
const ENTER = `${ESC}[?1049h${ESC}[?25l${ESC}[?7l`;
const LEAVE = `${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;

/** A terminal that keeps what it was sent, and says who listens. */
class FakeTerminal implements TerminalPort {
  written: string[] = [];
  raw: boolean[] = [];
  listening = 0;
  current: TerminalSize = {columns: 20, rows: 4};
  /** Frames are held back while it is set. */
  slow = false;
  #waiting: (() => void) | undefined;
  #listeners: Parameters<TerminalPort['listen']>[0] | undefined;

  size(): TerminalSize {
    return this.current;
  }

  async write(text: string): Promise<void> {
    this.written.push(text);
    if (!this.slow) return;
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
  }

  writeNow(text: string): void {
    this.written.push(text);
  }

  setRaw(raw: boolean): void {
    this.raw.push(raw);
  }

  listen(listeners: Parameters<TerminalPort['listen']>[0]): () => void {
    this.#listeners = listeners;
    this.listening += 1;
    return () => {
      this.listening -= 1;
    };
  }

  type(text: string): void {
    this.#listeners?.onInput(text);
  }

  resize(columns: number, rows: number): void {
    this.current = {columns, rows};
    this.#listeners?.onResize();
  }

  async takeFrame(): Promise<void> {
    this.#waiting?.();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }

  /** What was written since the last call. */
  news(): string[] {
    const news = this.written;
    this.written = [];
    return news;
  }
}

const frame = (...parts: string[]): string => `${ESC}[?2026h${parts.join('')}${ESC}[?2026l`;
const row = (number: number, text: string): string => `${ESC}[${String(number)};1H${ESC}[2K${text}`;

let terminal: FakeTerminal;
let lines: string[];
let keys: Key[];
let screen: FullScreen;

beforeEach(() => {
  vi.useFakeTimers();
  terminal = new FakeTerminal();
  lines = ['one', 'two'];
  keys = [];
  screen = new FullScreen({terminal, draw: () => [...lines], onKey: (key) => keys.push(key)});
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a full screen', () => {
  it('takes the terminal over, modes first, and draws', () => {
    screen.enter();
    expect(terminal.raw).toEqual([false, true]);
    expect(terminal.news()).toEqual([ENTER, frame(`${ESC}[2J`, row(1, 'one'), row(2, 'two'))]);
  });

  it('draws only lines that have changed, in one write', async () => {
    screen.enter();
    await terminal.takeFrame();
    terminal.news();
    lines = ['one', 'TWO', 'three'];
    screen.refreshNow();
    await terminal.takeFrame();
    expect(terminal.news()).toEqual([frame(row(2, 'TWO'), row(3, 'three'))]);
    lines = ['one'];
    screen.refreshNow();
    await terminal.takeFrame();
    expect(terminal.news()).toEqual([frame(row(2, ''), row(3, ''))]);
    screen.refreshNow();
    expect(terminal.news()).toEqual([]);
  });

  it('draws at most four times a second, and the newest', async () => {
    screen.enter();
    await terminal.takeFrame();
    terminal.news();
    for (let count = 0; count < 100; count += 1) {
      lines = [String(count)];
      screen.refresh();
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(250);
    const frames = terminal.news();
    expect(frames.length).toBeGreaterThanOrEqual(4);
    expect(frames.length).toBeLessThanOrEqual(5);
    expect(frames.at(-1)).toContain(row(1, '99'));
  });

  it('draws everything anew after a resize, and no row below the last', async () => {
    screen.enter();
    await terminal.takeFrame();
    terminal.news();
    lines = ['one', 'two', 'three'];
    terminal.resize(10, 2);
    expect(terminal.news()).toEqual([frame(`${ESC}[2J`, row(1, 'one'), row(2, 'two'))]);
  });

  it('leaves frames out for a slow terminal and ends with the newest', async () => {
    screen.enter();
    await terminal.takeFrame();
    terminal.news();
    terminal.slow = true;
    lines = ['a'];
    screen.refreshNow();
    lines = ['b'];
    screen.refreshNow();
    lines = ['c'];
    screen.refreshNow();
    expect(terminal.news()).toHaveLength(1);
    await terminal.takeFrame();
    expect(terminal.news()).toEqual([frame(row(1, 'c'))]);
  });

  it('tells keys, and Escape after a moment', () => {
    screen.enter();
    terminal.type('q');
    terminal.type(`${ESC}[`);
    terminal.type('A');
    terminal.type(ESC);
    expect(keys).toHaveLength(2);
    vi.advanceTimersByTime(60);
    expect(keys.at(-1)).toEqual({kind: 'named', name: 'escape'});
  });

  it('gives the terminal back once', () => {
    screen.enter();
    terminal.news();
    screen.restore();
    screen.restore();
    expect(terminal.news()).toEqual([LEAVE]);
    expect(terminal.raw.at(-1)).toBe(false);
    screen.refresh();
    screen.redraw();
    vi.advanceTimersByTime(1000);
    expect(terminal.news()).toEqual([]);
  });

  it('comes back after it was given back, and listens once', async () => {
    screen.enter();
    screen.restore();
    await terminal.takeFrame();
    terminal.news();
    screen.enter();
    expect(terminal.listening).toBe(1);
    expect(terminal.news()).toEqual([ENTER, frame(`${ESC}[2J`, row(1, 'one'), row(2, 'two'))]);
  });

  it('is closed after the frame that is on its way', async () => {
    terminal.slow = true;
    screen.enter();
    terminal.news();
    const closed = screen.close();
    expect(terminal.news()).toEqual([]);
    await terminal.takeFrame();
    await closed;
    expect(terminal.news()).toEqual([LEAVE]);
    expect(terminal.listening).toBe(0);
  });

  it('does not wait for a terminal that takes nothing', async () => {
    terminal.slow = true;
    screen.enter();
    terminal.news();
    const closed = screen.close();
    await vi.advanceTimersByTimeAsync(600);
    await closed;
    expect(terminal.news()).toEqual([LEAVE]);
  });
});
