import {textWidth} from './text-width.js';

/**
 * The words of a text in lines of at most so many cells; a word that is longer has a line of its own.
 * @param text printable and not painted yet
 */
export function wrapped(text: string, cells: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > cells) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
