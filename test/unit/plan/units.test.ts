import fc from 'fast-check';
import {describe, expect, it} from 'vitest';

import {
  formatBytes,
  formatDuration,
  formatPercent,
  formatValue,
  parseCount,
  parseCountOrZero,
  parseDuration,
  parseDurationOrZero,
  parseFactor,
  parsePercent,
  parseSize,
} from '../../../src/core/plan/units.js';

const KIB = 1024;
const MIB = KIB * KIB;
const GIB = MIB * KIB;

const NEVER_A_NUMBER = [
  '',
  'abc',
  'NaN',
  'Infinity',
  '-1',
  '+1',
  ' 1',
  '1 ',
  '1e3',
  '1_000',
  '0x10',
  '٣',
  '1\n',
  '.5',
  '1.',
  '1..2',
];

describe('sizes', () => {
  it.each([
    ['512', 512],
    ['512B', 512],
    ['64K', 64 * KIB],
    ['64k', 64 * KIB],
    ['64KB', 64 * KIB],
    ['64KiB', 64 * KIB],
    ['256MB', 256 * MIB],
    ['256mib', 256 * MIB],
    ['1.5GiB', 1.5 * GIB],
    ['1G', GIB],
    ['2T', 2 * GIB * KIB],
    ['0.3K', 307],
    ['8191T', 8191 * GIB * KIB],
  ])('%s is %d bytes', (text, value) => {
    expect(parseSize(text)).toEqual({ok: true, value});
  });

  it.each([
    ...NEVER_A_NUMBER,
    '-5MB',
    '10XB',
    '1e999MB',
    '1,5GB',
    '0x10MB',
    '5 MB',
    '5MBB',
    '5P',
    '1.5',
    '1.5B',
    'MB',
    '٣MB',
    'K5',
  ])('%j is no size', (text) => {
    const parsed = parseSize(text);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.why).toContain('; examples: 512K, 256MB, 1.5GiB');
  });

  it.each(['0', '0MB', '0.0G', '0.0001K'])('%s is nothing at all and so refused', (text) => {
    expect(parseSize(text)).toMatchObject({ok: false, why: expect.stringContaining('above zero') as string});
  });

  it.each(['8192T', '99999999999999999999', '9007199254740993'])('%s cannot be counted exactly', (text) => {
    expect(parseSize(text)).toMatchObject({ok: false, why: expect.stringContaining('more than') as string});
  });

  it('says what is wrong and shows examples', () => {
    expect(parseSize('5XB')).toEqual({ok: false, why: '"5XB" is not a size; examples: 512K, 256MB, 1.5GiB'});
  });

  it('does not repeat a very long word', () => {
    const parsed = parseSize('x'.repeat(100_000));
    expect(!parsed.ok && parsed.why.length).toBeLessThan(150);
  });

  it('every whole number of a unit comes back as that many bytes', () => {
    const unit = fc.constantFrom(['K', 1], ['MB', 2], ['GiB', 3], ['t', 4]) as fc.Arbitrary<[string, number]>;
    fc.assert(
      fc.property(fc.integer({min: 1, max: 8191}), unit, (count, [letter, power]) => {
        expect(parseSize(`${String(count)}${letter}`)).toEqual({ok: true, value: count * KIB ** power});
      }),
    );
  });

  it('what is printed reads back as nearly the same size', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 2 ** 52}), (bytes) => {
        const parsed = parseSize(formatBytes(bytes).replace(' ', ''));
        expect(parsed.ok).toBe(true);
        if (parsed.ok) expect(Math.abs(parsed.value - bytes) / bytes).toBeLessThanOrEqual(0.051);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['1m', 60_000],
    ['1h30m', 5_400_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1m500ms', 60_500],
    ['0.1s', 100],
    ['0.5ms', 0.5],
  ])('%s is %d ms', (text, value) => {
    expect(parseDuration(text)).toEqual({ok: true, value});
    expect(parseDurationOrZero(text)).toEqual({ok: true, value});
  });

  it.each([
    ...NEVER_A_NUMBER,
    '-1s',
    '1y',
    ' -0.1',
    ' 5s',
    '5s ',
    '5s foo',
    '30m1h',
    '1m1m',
    '1s1s',
    's',
    'ms',
    '.s',
    '1.2.3s',
    '5S',
    '1e3s',
  ])('%j is no duration', (text) => {
    expect(parseDuration(text).ok).toBe(false);
    expect(parseDurationOrZero(text).ok).toBe(false);
  });

  it.each(['5', '1.5', '100'])('%s without a unit is refused', (text) => {
    const why = `"${text}" is a duration without a unit; examples: 500ms, 90s, 1h30m`;
    expect(parseDuration(text)).toEqual({ok: false, why});
    expect(parseDurationOrZero(text)).toEqual({ok: false, why});
  });

  it.each(['0s', '0ms', '0h0m', '0.0001ms'])('%s is allowed only where nothing at all is', (text) => {
    expect(parseDuration(text).ok).toBe(false);
    expect(parseDurationOrZero(text)).toEqual({ok: true, value: 0});
  });

  it('a plain 0 needs no unit where nothing at all is allowed', () => {
    expect(parseDurationOrZero('0')).toEqual({ok: true, value: 0});
    expect(parseDuration('0').ok).toBe(false);
  });

  it('more than a number can hold is refused', () => {
    expect(parseDuration('9999999999999d').ok).toBe(false);
    expect(parseDurationOrZero('9999999999999d').ok).toBe(false);
  });

  it('any text is answered without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [
          parseSize,
          parseDuration,
          parseDurationOrZero,
          parsePercent,
          parseCount,
          parseFactor,
        ]) {
          const parsed = parse(text);
          if (parsed.ok) expect(Number.isFinite(parsed.value)).toBe(true);
        }
      }),
    );
  });
});

describe('percentages, counts and factors', () => {
  it.each([
    ['75', 75],
    ['75%', 75],
    ['75.5', 75.5],
    ['400', 400],
    ['0.1%', 0.1],
  ])('%s is %d percent', (text, value) => {
    expect(parsePercent(text)).toEqual({ok: true, value});
  });

  it.each([...NEVER_A_NUMBER, '0', '0%', '-5', '%', '75%%', '75 %'])('%j is no percentage', (text) => {
    expect(parsePercent(text).ok).toBe(false);
  });

  it.each([
    ['1', 1],
    ['50', 50],
    ['007', 7],
  ])('%s is a count', (text, value) => {
    expect(parseCount(text)).toEqual({ok: true, value});
    expect(parseCountOrZero(text)).toEqual({ok: true, value});
  });

  it.each([...NEVER_A_NUMBER, '1.5', '-5', '99999999999999999999'])('%j is no count', (text) => {
    expect(parseCount(text).ok).toBe(false);
    expect(parseCountOrZero(text).ok).toBe(false);
  });

  it('zero is a count only where none is allowed', () => {
    expect(parseCount('0').ok).toBe(false);
    expect(parseCountOrZero('0')).toEqual({ok: true, value: 0});
  });

  it.each([
    ['1', 1],
    ['1.5', 1.5],
    ['2.0', 2],
  ])('%s is a factor', (text, value) => {
    expect(parseFactor(text)).toEqual({ok: true, value});
  });

  it.each([...NEVER_A_NUMBER, '0', '0.5', '99999999999999999999'])('%j is no factor', (text) => {
    expect(parseFactor(text).ok).toBe(false);
  });
});

describe('what people read', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1023.6, '1.0 KiB'],
    [KIB, '1.0 KiB'],
    [256 * MIB, '256.0 MiB'],
    [MIB - 1, '1.0 MiB'],
    [1.5 * GIB, '1.5 GiB'],
    [5000 * GIB * KIB, '5000.0 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.5, '0.5 ms'],
    [850, '850 ms'],
    [850.4, '850 ms'],
    [999.7, '1.0 s'],
    [12_300, '12.3 s'],
    [59_960, '1 m 00 s'],
    [65_000, '1 m 05 s'],
    [3_599_700, '1 h 00 m'],
    [5_400_000, '1 h 30 m'],
    [86_400_000, '24 h 00 m'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('values are printed in the unit of their limit', () => {
    expect(formatPercent(75)).toBe('75.0%');
    expect(formatValue(MIB, 'bytes')).toBe('1.0 MiB');
    expect(formatValue(1.2 * MIB, 'bytesPerSecond')).toBe('1.2 MiB/s');
    expect(formatValue(75.25, 'percent')).toBe('75.3%');
    expect(formatValue(1500, 'ms')).toBe('1.5 s');
    expect(formatValue(7, 'count')).toBe('7');
  });
});
