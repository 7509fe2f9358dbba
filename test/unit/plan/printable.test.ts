import fc from 'fast-check';
import {expect, it} from 'vitest';

import {printable} from '../../../src/core/report/printable.js';

it.each([
  ['plain text, ünïcode, 漢字 and 😀 stay', 'plain text, ünïcode, 漢字 and 😀 stay'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['bell\u0007', 'bell\\x07'],
  ['two\nlines\r\n', 'two\\nlines\\r\\n'],
  ['a\tb', 'a\\tb'],
  ['\u007f', '\\x7f'],
  ['\u009b31m', '\\x9b31m'],
  ['\u202eevil\u2066', '\\u202eevil\\u2066'],
  ['\u2028', '\\u2028'],
  ['half a character \ud800', 'half a character \\ud800'],
])('%j is printed as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('nothing that a terminal obeys is left, whatever comes in', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
