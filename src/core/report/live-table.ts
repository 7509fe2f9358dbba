import type {RunView} from '../record/run-view.js';
import {liveRows} from './live-rows.js';
import {progressLine} from './progress-line.js';
import type {TextStyle} from './text-style.js';
import {PLAIN_PAINT} from './paint.js';
import {clipText} from './text-width.js';

/** Columns and rows of a terminal, or of a part of it. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export function liveTable(view: RunView, size: ScreenSize, elapsedMs: number, _style: TextStyle): string[] {
  if (size.rows < 1 || size.columns < 12) return [];
  return [clipText(progressLine(view, elapsedMs, PLAIN_PAINT), size.columns - 1)];
}

export function liveTableRows(view: RunView, terminalRows: number): number {
  if (terminalRows < 4) return 0;
  if (terminalRows < 6) return 1;
  return Math.min(liveRows(view, 0).length + 4, Math.floor(terminalRows * 0.4));
}
