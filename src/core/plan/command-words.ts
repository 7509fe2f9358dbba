import type {Parsed} from './units.js';

const EXAMPLE = '"./save-heap.sh --into \'/var/tmp/heap dumps\'"';

/**
 * Cuts one text into a program and its arguments, without a shell. Words are separated by spaces, tabs and line breaks.
 * Between single quotes everything stands for itself; between double quotes too, but `\"` is a quote and `\\` a
 * backslash; outside of quotes a backslash makes the next character stand for itself. Nothing else has a meaning:
 * `$HOME`, `*`, `;`, `|` and `>` are just characters.
 */
export function commandWords(text: string): Parsed<readonly string[]> {
  const words: string[] = [];
  let rest = text.replace(SPACE, '');
  while (rest !== '') {
    let word = '';
    while (rest !== '' && !SPACE.test(rest)) {
      const piece = PIECE.exec(rest);
      if (piece === null) return wrong(text, faultOf(rest));
      word += meaningOf(piece[0]);
      rest = rest.slice(piece[0].length);
    }
    words.push(word);
    rest = rest.replace(SPACE, '');
  }
  return checkedWords(words, text);
}

/** A program and its arguments, given as words. @param shown the text for a message */
export function checkedWords(words: readonly string[], shown: string): Parsed<readonly string[]> {
  const [program] = words;
  if (program === undefined || program === '') return wrong(shown, 'names no program');
  if (words.some((word) => word.includes('\0'))) return wrong(shown, 'holds a NUL character');
  return {ok: true, value: words};
}

const SPACE = /^[ \t\r\n]+/;
/** A quoted part, an escaped character, or a run of characters that stand for themselves. */
const PIECE = /^(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^ \t\r\n'"\\]+)/;

function meaningOf(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  if (piece.startsWith('"')) return piece.slice(1, -1).replace(/\\(["\\])/g, '$1');
  return piece.startsWith('\\') ? piece.slice(1) : piece;
}

function faultOf(rest: string): string {
  return rest.startsWith('\\') ? 'ends with a backslash' : `has a ${rest.slice(0, 1)} that is never closed`;
}

function wrong(text: string, why: string): Parsed<never> {
  const clipped = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return {ok: false, why: `"${clipped}" ${why}; example: ${EXAMPLE}`};
}
