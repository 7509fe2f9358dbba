import type {RunView} from '../record/run-view.js';
import type {Fate} from '../store/run-store.js';
import {liveTable, type ScreenSize} from './live-table.js';
import {clipText} from './text-width.js';
import type {TextStyle} from './text-style.js';

/** What a full screen shows besides the run. */
export interface WatchScreen {
  readonly size: ScreenSize;
  /** Since the start of the run. */
  readonly elapsedMs: number;
  readonly style: TextStyle;
  readonly fate: Fate;
  readonly sort: 'memory' | 'cpu';
  /** Lines of the process tree that are above the screen. */
  readonly scroll: number;
  /** Stands in the place of the keys: a question or a message. */
  readonly bottom?: string;
}

export function watchScreen(view: RunView, screen: WatchScreen): string[] {
  const {size, elapsedMs, style, bottom = 'q quit'} = screen;
  const lines = liveTable(view, {columns: size.columns, rows: size.rows - 1}, elapsedMs, style);
  const blank = Array.from({length: Math.max(0, size.rows - lines.length - 1)}, () => '');
  return [...lines, ...blank, clipText(bottom, size.columns)].slice(0, size.rows);
}
