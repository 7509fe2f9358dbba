import {describe, expect, it} from 'vitest';
import {KeyReader, type Key} from '../../../src/core/terminal/key-reader.js';

const ESC = '\u001b';

function shown(keys: readonly Key[]): string {
  return keys.map((key) => (key.kind === 'named' ? `<${key.name}>` : key.character)).join('');
}

describe('keys', () => {
  it.each<[string, string, string]>([
    ['characters', 'qk', 'qk'],
    ['keys typed ahead', `ky${ESC}[Aq`, 'ky<up>q'],
    ['arrows', `${ESC}[A${ESC}[B`, '<up><down>'],
    ['arrows of an application', `${ESC}OA${ESC}OB`, '<up><down>'],
    ['pages', `${ESC}[5~${ESC}[6~`, '<page-up><page-down>'],
    [
      'home and end',
      `${ESC}[H${ESC}[F${ESC}[1~${ESC}[4~${ESC}OH${ESC}OF`,
      '<home><end><home><end><home><end>',
    ],
    ['control characters', '\u0003\u001a\u001c\u000c', '<ctrl-c><ctrl-z><ctrl-\\><ctrl-l>'],
    ['nothing for others', '\u0000\r\n\t\u007f', ''],
    ['nothing for sequences without a meaning', `${ESC}[15;2~${ESC}[1;5Cq`, 'q'],
    ['nothing for reports of the mouse', `${ESC}[<0;10;20Mq`, 'q'],
    ['Escape before a character', `${ESC}q`, '<escape>q'],
    ['characters beyond ASCII', 'é😀', 'é😀'],
  ])('%s', (_name, sent, expected) => {
    expect(shown(new KeyReader().feed(sent))).toBe(expected);
  });

  it('come whole out of pieces', () => {
    const reader = new KeyReader();
    expect(shown(reader.feed(ESC))).toBe('');
    expect(shown(reader.feed('['))).toBe('');
    expect(reader.undecided).toBe(true);
    expect(shown(reader.feed('5'))).toBe('');
    expect(shown(reader.feed('~k'))).toBe('<page-up>k');
    expect(reader.undecided).toBe(false);
  });

  it('Escape is one when nothing follows', () => {
    const reader = new KeyReader();
    expect(shown(reader.feed(ESC))).toBe('');
    expect(shown(reader.flush())).toBe('<escape>');
    expect(shown(reader.flush())).toBe('');
  });

  it('half a sequence is nothing', () => {
    const reader = new KeyReader();
    reader.feed(`${ESC}[1;`);
    expect(shown(reader.flush())).toBe('');
    expect(shown(reader.feed('q'))).toBe('q');
  });

  it('noise without an end is not kept', () => {
    const reader = new KeyReader();
    reader.feed(`${ESC}[${'1;'.repeat(100)}`);
    expect(reader.undecided).toBe(false);
  });
});
