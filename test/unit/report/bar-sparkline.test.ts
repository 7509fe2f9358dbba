import fc from 'fast-check';
import {expect, test} from 'vitest';
import {shareBar} from '../../../src/core/report/bar.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {shareText} from '../../../src/core/report/progress-line.js';
import {sparkline} from '../../../src/core/report/sparkline.js';
import {PLAIN_STYLE, type TextStyle} from '../../../src/core/report/text-style.js';
import {TAGS} from './tags.js';

const UNICODE: TextStyle = {paint: PLAIN_PAINT, unicode: true};

test.each([
  [0, '▕        ▏'],
  [-1, '▕        ▏'],
  [NaN, '▕        ▏'],
  [0.0001, '▕▏       ▏'],
  [0.25, '▕██      ▏'],
  [0.47, '▕███▊    ▏'],
  [0.999, '▕███████▉▏'],
  [1, '▕████████▏'],
  [2.5, '▕████████▏'],
  [Infinity, '▕████████▏'],
])('a share of %d', (share, bar) => {
  expect(shareBar(share, 10, UNICODE)).toBe(bar);
});

test('in ASCII, and without ends where it is narrow', () => {
  expect(shareBar(0.5, 10, PLAIN_STYLE)).toBe('[####....]');
  expect(shareBar(0.01, 10, PLAIN_STYLE)).toBe('[#.......]');
  expect(shareBar(0.99, 10, PLAIN_STYLE)).toBe('[#######.]');
  expect(shareBar(0.5, 4, PLAIN_STYLE)).toBe('##..');
  expect(shareBar(0.5, 0, PLAIN_STYLE)).toBe('');
});

test('green, yellow from 80 % on, red above the limit', () => {
  const style = {paint: TAGS, unicode: false};
  expect(shareBar(0.5, 4, style)).toBe('<green>##</green><dim>..</dim>');
  expect(shareBar(0.8, 4, style)).toBe('<yellow>###</yellow><dim>.</dim>');
  expect(shareBar(1, 4, style)).toBe('<yellow>####</yellow>');
  expect(shareBar(1.01, 4, style)).toBe('<red>####</red>');
  expect(shareBar(0, 6, style)).toBe('<dim>[</dim><dim>....</dim><dim>]</dim>');
});

test.each([
  [0, '0%'],
  [0.001, '<1%'],
  [0.47, '47%'],
  [0.999, '99%'],
  [1, '100%'],
  [1.0001, '101%'],
  [12.34, '1234%'],
])('a share of %d reads %s', (share, text) => {
  expect(shareText(share)).toBe(text);
});

test('a sparkline has the latest value at the right and blanks for what was not measured', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 9, 8, UNICODE)).toBe('▁▁▂▃▄▅▆▇█');
  expect(sparkline([1, undefined, 8], 5, 8, UNICODE)).toBe('  ▁ █');
  expect(sparkline([8, 1, 2], 2, 8, UNICODE)).toBe('▁▂');
  expect(sparkline([0, 2, 4, 6, 8, 10, 12, 14], 8, 14, PLAIN_STYLE)).toBe('__.-=+*#');
  expect(sparkline([3, 99], 2, 4, UNICODE)).toBe('▆█');
  expect(sparkline([0, 0], 2, 0, UNICODE)).toBe('▁▁');
  expect(sparkline([1], 0, 1, UNICODE)).toBe('');
});

test('bars and sparklines are exactly as wide as they are asked to be', () => {
  const number = fc.oneof(fc.double(), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(number), fc.nat(80), fc.double(), fc.boolean(), (values, cells, value, unicode) => {
      const style = {paint: PLAIN_PAINT, unicode};
      expect(sparkline(values, cells, value, style)).toHaveLength(cells);
      expect(shareBar(value, cells, style)).toHaveLength(cells);
    }),
  );
});
