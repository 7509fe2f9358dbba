/**
 * The byte sequences of a table that is pinned to the lowest rows of a terminal by a scroll region (DECSTBM), so that
 * the command's output scrolls above it. Names and effects: xterm's ctlseqs, ECMA-48, console_codes(4).
 *
 * Where the cursor is, is not known, and must not be asked: the answer would go to the command's standard input.
 * Whatever the command has printed in between (`ESC[r`, `clear`, a cursor moved into the table), the next drawing puts
 * right.
 */

const ESC = '\u001b';
/** DECSC and DECRC: cursor, attributes, character sets and origin mode. */
const SAVE = `${ESC}7`;
const RESTORE = `${ESC}8`;
/** Rows counted from the top of the screen, not of the region; the default character set; no attributes. */
const PLAIN = `${ESC}[?6l${ESC}(B\u000f${ESC}[0m`;
const WHOLE_SCREEN = `${ESC}[r`;
/** From the row below the cursor's on: there must be one. */
const ERASE_ROWS_BELOW = `${ESC}[B\r${ESC}[J`;

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TableDrawing {
  /** Rows of the terminal. */
  readonly rows: number;
  /** What the table shows, a text per row, each narrower than the terminal. */
  readonly lines: readonly string[];
  /**
   * Whether to scroll the command's text up out of the table's rows, if its cursor is there. Not for a program that
   * places the cursor itself: it would find its screen moved.
   */
  readonly makeRoom: boolean;
  /** Whether rows of an older table may be anywhere below the cursor, as after a change of size. */
  readonly stale: boolean;
}

/** Draws the table into the lowest rows, and lets only the rows above it scroll. */
export function drawTable({rows, lines, makeRoom, stale}: TableDrawing): string {
  const top = rows - lines.length;
  const painted = lines.map((line, index) => `${at(top + 1 + index)}${line}${ESC}[0m${ESC}[K`);
  return [
    makeRoom ? releaseRegion() + roomBelow(lines.length) : '',
    SAVE,
    PLAIN,
    stale && makeRoom ? ERASE_ROWS_BELOW : '',
    `${ESC}[1;${String(top)}r`,
    ...painted,
    RESTORE,
  ].join('');
}

/** Erases a table of so many rows; the whole screen scrolls again, and the cursor is where the command left it. */
export function eraseTable(rows: number, height: number): string {
  return `${releaseRegion()}${roomBelow(height)}${SAVE}${PLAIN}${at(rows - height + 1)}${ESC}[J${RESTORE}`;
}

/** Erases a table that may be anywhere below the cursor, as after a change of size; the whole screen scrolls again. */
export function eraseBelow(): string {
  return `${releaseRegion()}${roomBelow(1)}${SAVE}${ESC}[0m${ERASE_ROWS_BELOW}${RESTORE}`;
}

/** Lets the whole screen scroll again and touches nothing else. */
export function releaseRegion(): string {
  return `${SAVE}${WHOLE_SCREEN}${RESTORE}`;
}

/** Erases what is right of the cursor and below it. */
export function eraseFromCursor(): string {
  return `${ESC}[J`;
}

/**
 * At least so many rows below the cursor: index (IND) goes down and scrolls only at the bottom of the screen. Nothing
 * moves where there is room already. The column stays.
 */
function roomBelow(count: number): string {
  return `${`${ESC}D`.repeat(count)}${ESC}[${String(count)}A`;
}

function at(row: number): string {
  return `${ESC}[${String(row)};1H`;
}
