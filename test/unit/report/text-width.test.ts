import fc from 'fast-check';
import {expect, test} from 'vitest';
import {fittedTable} from '../../../src/core/report/fitted-table.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {clipText, padText, textWidth} from '../../../src/core/report/text-width.js';

test.each([
  ['', 0],
  ['node app.js', 11],
  ['é', 1],
  ['e\u0301', 1],
  ['古い', 4],
  ['🚀', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['❤\ufe0f', 2],
  ['שָׁלוֹם', 4],
  ['a\u200bb', 2],
  ['a\u200db', 2],
  ['a\u00adb', 3],
  ['▕█▌▁…─', 6],
  ['각', 2],
])('%s takes %d cells', (text, cells) => {
  expect(textWidth(text)).toBe(cells);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['古い木', 6, '古い木'],
  ['古い木', 5, '古い…'],
  ['古い木', 4, '古…'],
  ['古い木', 2, '…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
])('%s in %d cells is %s', (text, cells, clipped) => {
  expect(clipText(text, cells)).toBe(clipped);
});

test('what stands for the text that was cut off can be chosen', () => {
  expect(clipText('abcdef', 4, '~')).toBe('abc~');
});

test('text is padded by cells, on either side, and never cut off', () => {
  expect(padText('古', 4, 'left')).toBe('古  ');
  expect(padText('古', 4, 'right')).toBe('  古');
  expect(padText('abc', 2, 'left')).toBe('abc');
});

test('clipped text fits, keeps its beginning and is not cut off when it fits', () => {
  const text = fc.string({unit: fc.constantFrom('a', ' ', 'é', 'e\u0301', '古', '🚀', '👩‍👩‍👧', '\u0301', 'ש')});
  fc.assert(
    fc.property(text, fc.integer({min: 0, max: 30}), (all, cells) => {
      const clipped = clipText(all, cells);
      expect(textWidth(clipped)).toBeLessThanOrEqual(cells);
      if (textWidth(all) <= cells) expect(clipped).toBe(all === '' || cells === 0 ? '' : all);
      else expect(all.startsWith(clipped.slice(0, -1))).toBe(true);
    }),
  );
});

test('a table counts cells, is as wide as the room and clips with what it is given', () => {
  const columns = [
    {header: 'name', align: 'left'},
    {header: 'n', align: 'right'},
  ] as const;
  const rows = [
    [{text: '古い木の下で'}, {text: '1'}],
    [{text: 'plain'}, {text: '20'}],
  ];
  expect(fittedTable(columns, rows, PLAIN_PAINT, {width: 12, ellipsis: '~'}).split('\n')).toEqual([
    'name       n',
    '古い木~    1',
    'plain     20',
  ]);
  expect(fittedTable(columns, rows, PLAIN_PAINT, {width: 200}).split('\n')[1]).toBe('古い木の下で   1');
});
