import {describe, expect, it} from 'vitest';

import {doctorWords} from '../../../src/core/plan/doctor-words.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';

describe('the words after doctor', () => {
  it.each<[string[], string[]]>([
    [[], []],
    [['--json'], ['--json']],
    [['--'], []],
    [['-h', 'x', '--wrong'], ['--help']],
    [['--version'], ['--version']],
  ])('%j are read as %j', (words, expected) => {
    expect(doctorWords(words)).toEqual(expected);
  });

  const NO_WORDS = 'doctor takes no words but flags; a program called doctor: limitrun -- doctor';

  it.each([
    [['--jsn'], 'unknown flag --jsn; did you mean --json?'],
    [['--all'], 'unknown flag --all'],
    [['--json=yes'], '--json takes no value'],
    [['--json', '--json'], '--json is given twice'],
    [['who'], NO_WORDS],
    [['--', '--json'], NO_WORDS],
    [[''], NO_WORDS],
  ])('%j are refused: %s', (words, message) => {
    expect(() => doctorWords(words)).toThrow(new UsageError(message));
  });
});
