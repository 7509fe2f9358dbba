import {printable} from '../report/printable.js';
import {UsageError} from './usage-error.js';

const EXCERPT_COLUMNS = 76;
const ELLIPSIS = '...';

/** Makes the error for a place in a file; `offset` counts UTF-16 units from the start of its text. */
export type FaultAt = (offset: number, message: string) => UsageError;

/**
 * A fault in a file: `file:line:column: message`, and as its excerpt the line with a caret below the place. A long
 * line is clipped around the place; characters a terminal could obey are shown as `?`, so that the caret stays right.
 */
export function configFault(file: string, text: string, place: number, message: string): UsageError {
  // What is missing at the end of a file is missing after its last word, not on the empty line below it.
  const offset = Math.min(place, text.trimEnd().length);
  // lastIndexOf takes -1 for 0, and would find a line break that is the first character.
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, '');
  const lineNumber = text.slice(0, lineStart).split('\n').length;
  const column = Math.min(offset - lineStart, line.length);
  const where = `${file}:${String(lineNumber)}:${String(column + 1)}`;
  return new UsageError(`${where}: ${message}`, line === '' ? undefined : excerpt(line, column));
}

function excerpt(line: string, column: number): string {
  const clipped = clip(line, column);
  const shown = clipped.text
    .replace(/\t/g, ' ')
    .replace(/./gsu, (char) => (printable(char) === char ? char : '?'));
  return `${shown}\n${' '.repeat(clipped.column)}^`;
}

/** At most {@link EXCERPT_COLUMNS} of the line, the column among them and near the middle. */
function clip(line: string, column: number): {text: string; column: number} {
  if (line.length <= EXCERPT_COLUMNS) return {text: line, column};
  const room = EXCERPT_COLUMNS - 2 * ELLIPSIS.length;
  const start = Math.max(0, Math.min(column - Math.floor(room / 2), line.length - room));
  const before = start === 0 ? '' : ELLIPSIS;
  const after = start + room >= line.length ? '' : ELLIPSIS;
  return {text: before + line.slice(start, start + room) + after, column: before.length + column - start};
}
