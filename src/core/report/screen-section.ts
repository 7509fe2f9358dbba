import {type Fact, factLine} from './fact-line.js';
import type {RowsWanted} from './share-rows.js';
import type {TextStyle} from './text-style.js';

/** A part of the screen. */
export interface ScreenSection extends RowsWanted {
  /** At most so many lines. */
  readonly lines: (rows: number) => string[];
}

/** A heading on a rule. */
export function sectionTitle(title: string, more: readonly Fact[], cells: number, style: TextStyle): string {
  return factLine([{text: title, paint: style.paint.bold, rank: 0}, ...more], cells, style);
}
