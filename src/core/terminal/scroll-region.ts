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
/** Rows counted from the top of the screen, not of the region, which also moves the cursor there. */
const FROM_TOP = `${ESC}[?6l`;
/** The default character set, no attributes: what is erased gets the background colour of the moment. */
const PLAIN = `${ESC}(B\u000f${ESC}[0m`;
const WHOLE_SCREEN = `${ESC}[r`;

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
}

/** Draws the table into the lowest rows, and lets only the rows above it scroll. */
export function drawTable({rows, lines, makeRoom}: TableDrawing): string {
  const height = lines.length;
  const painted = lines.map((line) => `${line}${ESC}[0m${ESC}[K`).join(`${ESC}[B\r`);
  return [
    releaseRegion(),
    makeRoom ? roomBelow(height) : '',
    `${SAVE}${PLAIN}${lowest(height)}${painted}`,
    `${ESC}[1;${String(rows - height)}r${RESTORE}`,
  ].join('');
}

/** Erases a table of so many rows; the whole screen scrolls again, and the cursor is where the command left it. */
export function eraseTable(height: number): string {
  return `${releaseRegion()}${roomBelow(height)}${SAVE}${PLAIN}${lowest(height)}${ESC}[J${RESTORE}`;
}

/** Erases a table that may be anywhere below the cursor, as after a change of size; the whole screen scrolls again. */
export function eraseBelow(): string {
  return `${releaseRegion()}${roomBelow(1)}${SAVE}${PLAIN}${ESC}[B\r${ESC}[J${RESTORE}`;
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

/**
 * To the first of so many lowest rows. Counted from the bottom of the screen as the terminal knows it: the size that the
 * system tells can be late by a quarter of a second (tmux), and rows counted by it would be the command's.
 */
function lowest(height: number): string {
  return `${FROM_TOP}${ESC}[999;1H${height > 1 ? `${ESC}[${String(height - 1)}A` : ''}`;
}
