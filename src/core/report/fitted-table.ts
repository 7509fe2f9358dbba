import Table from 'cli-table3';
import type {Paint} from './paint.js';
import {clipText, textWidth} from './text-width.js';

/** Narrow enough for every terminal and every log. */
export const TABLE_WIDTH = 80;

const GAP = '  ';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** Where it gets tight these columns give way before all others, down to this width. */
  readonly least?: number;
  /** Columns with a number are left out where even then not all fit, the highest number first. */
  readonly expendable?: number;
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
};

/** What a table depends on besides what it shows. */
export interface TableRoom {
  /** In cells of the terminal. */
  readonly width?: number;
  /** Between two columns; default two blanks. */
  readonly gap?: string;
  /** Stands where text was cut off, one cell. */
  readonly ellipsis?: string;
}

/**
 * The places of the columns for which there is room, where all the others are at their narrowest.
 * @param natural the width of each column's widest text
 */
function placesThatFit(
  columns: readonly Column[],
  natural: readonly number[],
  available: number,
  gap: number,
) {
  let places = [...columns.keys()];
  const rank = (place: number): number => columns[place]?.expendable ?? 0;
  const width = (place: number): number =>
    Math.min(natural[place] ?? 0, columns[place]?.least ?? Number.POSITIVE_INFINITY) + gap;
  while (places.reduce((total, place) => total + width(place), -gap) > available) {
    const highest = Math.max(...places.map(rank));
    if (highest === 0) break;
    places = places.filter((place) => rank(place) !== highest);
  }
  // A column has one cell at least.
  const most = Math.max(1, Math.floor((available + gap) / (1 + gap)));
  return places.slice(0, most);
}

/**
 * A table as wide as its content, but not wider than the room, one line per row, no line break at the end. Whatever
 * does not fit is clipped, the widest column first.
 */
export function fittedTable(
  allColumns: readonly Column[],
  allRows: readonly (readonly Cell[])[],
  paint: Paint,
  {width: available = TABLE_WIDTH, gap = GAP, ellipsis = '…'}: TableRoom = {},
): string {
  const widest = allColumns.map((column, index) =>
    Math.max(textWidth(column.header), ...allRows.map((row) => textWidth(row[index]?.text ?? ''))),
  );
  const places = placesThatFit(allColumns, widest, available, gap.length);
  const pick = <T>(from: readonly T[]): T[] =>
    places.flatMap((place) => (from[place] === undefined ? [] : [from[place]]));
  const columns = pick(allColumns);
  const widths = fit(pick(widest), columns, available - gap.length * (columns.length - 1));
  const table = new Table({
    head: columns.map(({header}, index) => paint.bold(clipText(header, widths[index] ?? 0, ellipsis))),
    chars: {...CHARS, middle: gap},
    colWidths: widths,
    colAligns: columns.map(({align}) => align),
    style: {'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true},
  });
  for (const row of allRows) {
    table.push(
      pick(row).map((cell, index) => {
        // Before it is painted, so that no colour is left open.
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

/** Takes from the widest column (of equals the last) until all fit: first of all from those that give way. */
function fit(natural: readonly number[], columns: readonly Column[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((total, width) => total + width, 0) - available;
  for (; excess > 0; excess -= 1) {
    const giving = widths.map((width, index) => (width > (columns[index]?.least ?? width) ? width : 0));
    const choice = giving.some((width) => width > 0) ? giving : widths;
    const widest = choice.lastIndexOf(Math.max(...choice));
    widths[widest] = Math.max(1, (widths[widest] ?? 0) - 1);
  }
  return widths;
}
