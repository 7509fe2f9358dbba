import Table from 'cli-table3';
import type {Paint} from './paint.js';

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

/**
 * A table of at most {@link TABLE_WIDTH} columns, one line per row, no line break at the end. Whatever does not fit is
 * clipped with `…`, the widest column first.
 */
export function fittedTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): string {
  const natural = columns.map((column, index) =>
    Math.max(column.header.length, ...rows.map((row) => row[index]?.text.length ?? 0)),
  );
  const widths = fit(natural, TABLE_WIDTH - GAP.length * (columns.length - 1));
  const table = new Table({
    head: columns.map(({header}, index) => paint.bold(clip(header, widths[index] ?? 0))),
    chars: CHARS,
    colWidths: widths,
    colAligns: columns.map(({align}) => align),
    style: {'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true},
  });
  for (const row of rows) {
    table.push(
      row.map((cell, index) => {
        const text = clip(cell.text, widths[index] ?? 0);
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

/** Clips before painting, so that no colour is left open. Characters of double width are clipped again by the table. */
function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
