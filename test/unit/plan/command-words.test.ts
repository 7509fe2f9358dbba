import fc from 'fast-check';
import {expect, test} from 'vitest';
import {checkedWords, commandWords} from '../../../src/core/plan/command-words.js';

test.each([
  ['hook', ['hook']],
  ['  ./hook  -a\t-b \n', ['./hook', '-a', '-b']],
  ["hook 'a b' 'c\\d' ''", ['hook', 'a b', 'c\\d', '']],
  [
    'hook "a b" "say \\"hi\\"" "back\\\\slash" "\\n $HOME"',
    ['hook', 'a b', 'say "hi"', 'back\\slash', '\\n $HOME'],
  ],
  ['my\\ hook \\"x \\\\', ['my hook', '"x', '\\']],
  [`a"b c"'d e'f`, ['ab cd ef']],
  [
    'hook ;touch x | y > z && $(w) `v` * ~ # !',
    ['hook', ';touch', 'x', '|', 'y', '>', 'z', '&&', '$(w)', '`v`', '*', '~', '#', '!'],
  ],
  ['"two\nlines"', ['two\nlines']],
  ["''hook", ['hook']],
])('%j is cut into %j', (text, words) => {
  expect(commandWords(text)).toEqual({ok: true, value: words});
});

test.each([
  ['', 'names no program'],
  ['  \t ', 'names no program'],
  ["'' argument", 'names no program'],
  ["hook 'open", "has a ' that is never closed"],
  ['hook "open', 'has a " that is never closed'],
  ['hook "open\\', 'has a " that is never closed'],
  ['hook "open\\"', 'has a " that is never closed'],
  ['hook \\', 'ends with a backslash'],
  ['hook a\0b', 'holds a NUL character'],
])('%j is refused: it %s', (text, why) => {
  const parsed = commandWords(text);
  expect(parsed).toEqual({ok: false, why: expect.stringContaining(why) as string});
});

test('a long text is clipped in the message', () => {
  const parsed = commandWords(`"${'x'.repeat(10_000)}`);
  expect(!parsed.ok && parsed.why.length).toBeLessThan(200);
});

test('no text makes it throw, and what it returns can be run', () => {
  const text = fc.string({unit: fc.constantFrom(' ', '"', "'", '\\', 'a', '$', '\n', '\0', 'é')});
  fc.assert(
    fc.property(fc.oneof(fc.string(), text), (anything) => {
      const parsed = commandWords(anything);
      if (parsed.ok) expect(checkedWords(parsed.value, anything)).toEqual(parsed);
      else expect(parsed.why).not.toBe('');
    }),
  );
});

test('words in single quotes come out as they went in', () => {
  const word = fc.string({minLength: 1}).filter((one) => !/['\0]/.test(one));
  fc.assert(
    fc.property(fc.array(word, {minLength: 1}), (words) => {
      expect(commandWords(words.map((one) => `'${one}'`).join(' '))).toEqual({ok: true, value: words});
    }),
  );
});
