import Table from 'cli-table3';
import type {Paint} from './paint.js';
import {clipText, textWidth} from './text-width.js';

/** Narrow enough for every terminal and every log. */
export const TABLE_WIDTH = 80;

const GAP = '  ';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
}

export interface Cell {
  /** Without control characters. */
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** No lines, only gaps: a log needs no box, and the columns have the room. */
const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

/** What a table depends on besides what it shows. */
export interface TableRoom {
  /** In cells of the terminal. */
  readonly width?: number;
  /** Stands where text was cut off, one cell. */
  readonly ellipsis?: string;
}

/**
 * A table as wide as its content, but not wider than the room, one line per row, no line break at the end. Whatever
 * does not fit is clipped, the widest column first.
 */
export function fittedTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  {width = TABLE_WIDTH, ellipsis = '…'}: TableRoom = {},
): string {
  const natural = columns.map((column, index) =>
    Math.max(textWidth(column.header), ...rows.map((row) => textWidth(row[index]?.text ?? ''))),
  );
  const widths = fit(natural, width - GAP.length * (columns.length - 1));
  const table = new Table({
    head: columns.map(({header}, index) => paint.bold(clipText(header, widths[index] ?? 0, ellipsis))),
    chars: CHARS,
    colWidths: widths,
    colAligns: columns.map(({align}) => align),
    style: {'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true},
  });
  for (const row of rows) {
    table.push(
      row.map((cell, index) => {
        const text = clipText(cell.text, widths[index] ?? 0, ellipsis);
        return cell.paint === undefined ? text : cell.paint(text);
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest column (of equals the last) until all fit. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((total, width) => total + width, 0) - available;
  for (; excess > 0; excess -= 1) {
    const widest = widths.lastIndexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
