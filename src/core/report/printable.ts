/** Most texts; asked first, since making an expression for the others takes longer. */
export const PLAIN = /^[ -~]*$/;

/**
 * Text from outside (a name, an argument, a file's line) made safe to print on one line: every character that a
 * terminal could obey is replaced by a visible escape such as `\x1b` or `\u202e`.
 */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(unprintable(), escaped);
}

/**
 * C0 controls, DEL, C1 controls, the Unicode line separators, and the marks that reorder text (bidi): what could move
 * the cursor, recolour the terminal or make a line read differently from what it says. Unpaired surrogates too, since
 * they cannot be written as UTF-8.
 */
function unprintable(): RegExp {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
