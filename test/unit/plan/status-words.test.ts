import {describe, expect, it} from 'vitest';

import {statusWords} from '../../../src/core/plan/status-words.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';

describe('the words after status', () => {
  it.each<[string[], unknown]>([
    [[], {own: []}],
    [['--all'], {own: ['--all']}],
    [['-a'], {own: ['--all']}],
    [['nightly'], {own: [], run: 'nightly'}],
    [['--json', 'nightly', '-a'], {own: ['--json', '--all'], run: 'nightly'}],
    [['nightly', '--json'], {own: ['--json'], run: 'nightly'}],
    [['--json', '--', '--all'], {own: ['--json'], run: '--all'}],
    [['--', 'nightly'], {own: [], run: 'nightly'}],
    [['--'], {own: []}],
    [['-'], {own: [], run: '-'}],
    [[''], {own: [], run: ''}],
    [['--help'], {own: ['--help']}],
    [['-h', '--wrong', 'a', 'b'], {own: ['--help']}],
    [['a', '--version'], {own: ['--version']}],
  ])('%j are read as %j', (words, expected) => {
    expect(statusWords(words)).toEqual(expected);
  });

  it.each([
    [['--al'], 'unknown flag --al; did you mean --all?'],
    [['--jsno', 'x'], 'unknown flag --jsno; did you mean --json?'],
    [['-A'], 'unknown flag -A; did you mean --all?'],
    [['-5'], 'unknown flag -5'],
    [['--max-rss', '1G'], 'unknown flag --max-rss'],
    [['--constructor'], 'unknown flag --constructor'],
    [[`--${'x'.repeat(200)}`], `unknown flag --${'x'.repeat(58)}...`],
    [['--all=yes'], '--all takes no value'],
    [['--json='], '--json takes no value'],
    [['--all', '-a'], '--all is given twice'],
    [['one', 'two'], 'status takes one run: its id, the beginning of its id, or its name'],
    [['one', '--', 'two'], 'status takes one run: its id, the beginning of its id, or its name'],
  ])('%j are refused: %s', (words, message) => {
    expect(() => statusWords(words)).toThrow(UsageError);
    expect(() => statusWords(words)).toThrow(new UsageError(message));
  });
});
