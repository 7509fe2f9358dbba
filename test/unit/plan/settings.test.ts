import {describe, expect, it} from 'vitest';

import {parseSetting} from '../../../src/core/plan/parse-setting.js';
import type {Setting} from '../../../src/core/plan/setting.js';
import {findSetting, variableOf} from '../../../src/core/plan/setting-lookup.js';
import {SETTINGS} from '../../../src/core/plan/settings.js';

const rows: readonly Setting[] = SETTINGS;

function parse(flag: string, text: string) {
  const setting = findSetting(flag);
  if (setting === undefined) throw new Error(`no setting ${flag}`);
  return parseSetting(setting, text);
}

describe('the table of settings', () => {
  it('names every flag, variable and short letter once', () => {
    const flags = rows.map((row) => row.flag);
    const chars = rows.flatMap((row) => row.char ?? []);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(flags.map(variableOf)).size).toBe(flags.length);
    expect(new Set([...chars, 'h']).size).toBe(chars.length + 1);
  });

  it.each(rows.map((row) => [row.flag, row] as const))('--%s accepts its own example', (_flag, row) => {
    expect(parseSetting(row, row.kind === 'boolean' ? 'true' : row.example).ok).toBe(true);
  });

  it('finds a setting by its flag and nothing by the name of a property', () => {
    expect(findSetting('max-rss')?.kind).toBe('size');
    expect(findSetting('constructor')).toBeUndefined();
    expect(findSetting('__proto__')).toBeUndefined();
  });

  it('derives the variable from the flag', () => {
    expect(variableOf('max-rss')).toBe('LIMITRUN_MAX_RSS');
  });
});

describe('a value', () => {
  it.each([
    ['max-rss', '1K', 1024],
    ['timeout', '2s', 2000],
    ['grace-period', '0', 0],
    ['max-cpu', '50%', 50],
    ['max-fds', '9', 9],
    ['max-restarts', '0', 0],
    ['backoff-rate', '1.5', 1.5],
    ['adjust', '1.5x', 1.5],
    ['restart-jitter', '0', 0],
    ['restart-jitter', '0.25', 0.25],
    ['policy', 'restart_adjusted', 'restart_adjusted'],
    ['policy', 'log', 'log'],
    ['enforce', 'poll', 'poll'],
    ['enforce', 'kernel', 'kernel'],
    ['name', 'x', 'x'],
    ['quiet', 'Yes', true],
    ['quiet', '1', true],
    ['strict', 'false', false],
    ['strict', 'NO', false],
    ['strict', '0', false],
    ['warn-at', '100', 100],
    ['interval', '1ms', 1],
    ['interval', '1h', 3_600_000],
    ['violation-exit-code', '255', 255],
  ])('--%s %s is %j', (flag, text, value) => {
    expect(parse(flag, text)).toEqual({ok: true, value});
  });

  it.each([
    ['interval', '0.5ms', '"0.5ms" is less than 1 ms, the smallest allowed'],
    ['interval', '61m', '"61m" is more than 1 h 00 m, the largest allowed'],
    ['warn-at', '101', '"101" is more than 100.0%, the largest allowed'],
    ['violation-exit-code', '256', '"256" is more than 255, the largest allowed'],
    ['name', '', '"" is empty; example: nightly-build'],
    ['quiet', 'maybe', '"maybe" is none of 1, 0, true, false, yes, no'],
    ['restart-jitter', '1.1', '"1.1" is more than 1, the largest allowed'],
    ['restart-jitter', '-1', '"-1" is not a number; examples: 0, 0.1, 1.5'],
    ['enforce', 'pol', '"pol" is none of auto, kernel, poll; did you mean poll?'],
    [
      'violation-handling',
      'intrenal',
      '"intrenal" is none of internal, external, disabled; did you mean internal?',
    ],
  ])('--%s %j is refused with the reason', (flag, text, why) => {
    expect(parse(flag, text)).toEqual({ok: false, why});
  });

  it.each(['', 'bogus', '__proto__', 'constructor', 'toString', 'LOG', 'x'.repeat(1000)])(
    '%j is no policy, no mode and no way to enforce',
    (text) => {
      for (const flag of ['policy', 'violation-handling', 'enforce']) {
        const parsed = parse(flag, text);
        expect(!parsed.ok && parsed.why).toContain('is none of');
        expect(!parsed.ok && parsed.why.length).toBeLessThan(200);
      }
    },
  );

  it('never out of its range whichever unit the range is in', () => {
    const base = {flag: 'x', metavar: 'X', example: '1', help: '', group: 'Limits'} as const;
    for (const kind of ['size', 'count', 'countOrZero', 'factor'] as const) {
      expect(parseSetting({...base, kind, min: 5}, '4')).toEqual({
        ok: false,
        why: '"4" is less than 5, the smallest allowed',
      });
    }
    expect(parseSetting({...base, kind: 'durationOrZero', max: 5}, '6ms').ok).toBe(false);
  });
});
