import fc from 'fast-check';
import {expect, it} from 'vitest';

import {wrapped} from '../../../src/core/report/wrapped.js';

it('breaks between words, and leaves none out', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapped('', 7)).toEqual(['']);
  expect(wrapped('a longerword b', 5)).toEqual(['a', 'longerword', 'b']);
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), {minLength: 1});
  fc.assert(
    fc.property(words, fc.integer({min: 12, max: 40}), (all, cells) => {
      const lines = wrapped(all.join(' '), cells);
      expect(lines.join(' ')).toBe(all.join(' '));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(cells);
    }),
  );
});
