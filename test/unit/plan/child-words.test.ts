import fc from 'fast-check';
import {describe, expect, it} from 'vitest';

import {asksFor, splitWords} from '../../../src/core/plan/child-words.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';

describe('the command begins', () => {
  it.each<[string, string[], string[], string[]]>([
    ['nowhere when there are no words', [], [], []],
    ['nowhere when there are only flags', ['-q'], ['-q'], []],
    ['at the first word', ['node', '-e', '1'], [], ['node', '-e', '1']],
    ['after the first --', ['--', 'node'], [], ['node']],
    ['after the value of a flag', ['--max-rss', '64MB', 'a', 'b'], ['--max-rss', '64MB'], ['a', 'b']],
    ['after a flag that holds its value', ['--max-rss=64MB', 'a'], ['--max-rss=64MB'], ['a']],
    ['after a flag without a value', ['--quiet', 'a'], ['--quiet'], ['a']],
    ['after a letter', ['-q', 'a'], ['-q'], ['a']],
    ['after several letters in one word', ['-qv', 'a'], ['-qv'], ['a']],
    ['after flags and --', ['-q', '--max-fds', '5', '--', '-x'], ['-q', '--max-fds', '5'], ['-x']],
    ['at a single dash', ['-', 'a'], [], ['-', 'a']],
    ['at an empty word', ['', 'a'], [], ['', 'a']],
    ['at run when it is not the first word of all', ['-q', 'run'], ['-q'], ['run']],
    ['after a value that is empty', ['--name=', 'a'], ['--name='], ['a']],
    ['after a value that is a dash', ['--report', '-', 'a'], ['--report', '-'], ['a']],
    ['after a value with a dash behind =', ['--name=-x', 'a'], ['--name=-x'], ['a']],
    ['nowhere after a -- that ends the line', ['-q', '--'], ['-q'], []],
  ])('%s', (_name, words, own, child) => {
    expect(splitWords(words)).toEqual({own, child});
  });

  it.each<[string, string[]]>([
    ['a second --', ['--', 'a']],
    ['repeated flags of its own', ['a', '-e', 'a', '-e', 'b']],
    ['flags of limitrun', ['a', '--max-rss', '64MB', '--max-rss', 'x', '--quiet']],
    ['--help', ['a', '--help']],
    ['empty words', ['a', '', '']],
    ['flags limitrun does not know', ['a', '--inspect', '--no-quiet']],
    ['line breaks, quotes and globs', ['a', 'x\ny', `"'$*\\`, '\t']],
  ])('and %s then belong to it', (_name, child) => {
    expect(splitWords(['-q', '--', ...child])).toEqual({own: ['-q'], child});
    if (child[0] !== '--') expect(splitWords(['-q', ...child])).toEqual({own: ['-q'], child});
  });

  it('gets whatever comes after -- unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (child) => {
        expect(splitWords(['--max-rss', '5MB', '--', ...child]).child).toEqual(child);
        expect(splitWords(['-q', 'command', ...child]).child).toEqual(['command', ...child]);
      }),
    );
  });

  it('gets 2,000 words and one of 100 kB', () => {
    const child = [...Array.from({length: 2000}, (_, index) => `--w${String(index)}`), 'x'.repeat(100_000)];
    expect(splitWords(['--', ...child]).child).toEqual(child);
  });
});

describe('a mistake before the command', () => {
  it.each<[string[], string]>([
    [['--max-rs', '64MB', 'a'], 'unknown flag --max-rs; did you mean --max-rss?'],
    [['--max-rs=64MB', 'a'], 'unknown flag --max-rs; did you mean --max-rss?'],
    [['--hepl'], 'unknown flag --hepl; did you mean --help?'],
    [['--colour', 'a'], 'unknown flag --colour'],
    [['--no-quiet', 'a'], 'unknown flag --no-quiet'],
    [['--constructor', 'a'], 'unknown flag --constructor'],
    [['--__proto__', 'a'], 'unknown flag --__proto__'],
    [['-z', 'a'], 'unknown flag -z'],
    [['-Q', 'a'], 'unknown flag -Q; did you mean --quiet?'],
    [['-qz', 'a'], 'unknown flag -z'],
    [['--max-rss'], '--max-rss needs a SIZE, such as 256MB'],
    [['--max-rss', '--', 'a'], '--max-rss needs a SIZE, such as 256MB'],
    [['--max-rss', '--quiet', 'a'], '--max-rss needs a SIZE, such as 256MB'],
    [['--worker', '-q', 'a'], '--worker needs an ID, such as web'],
    [['--max-fds'], '--max-fds needs an N, such as 50'],
    [['--max-rss', '1K', '--max-rss=2K', 'a'], '--max-rss is given twice'],
    [['-q', '--quiet', 'a'], '--quiet is given twice'],
    [['-vv', 'a'], '--verbose is given twice'],
    [['--quiet=yes', 'a'], '--quiet takes no value'],
  ])('%j is told as: %s', (words, message) => {
    expect(() => splitWords(words)).toThrow(new UsageError(message));
  });

  it('is told without repeating a word of any length', () => {
    expect(() => splitWords([`--${'x'.repeat(10_000)}`])).toThrow(/^unknown flag --x{58}\.\.\.$/);
  });

  it('does not hide the help or the version', () => {
    expect(splitWords(['--bogus', '--help']).own).toEqual(['--bogus', '--help']);
    expect(splitWords(['--max-rss=1K', '--max-rss=1K', '--version']).child).toEqual([]);
  });

  it('is a negative value only when it is a number', () => {
    expect(splitWords(['--max-rss', '-5MB', 'a'])).toEqual({own: ['--max-rss', '-5MB'], child: ['a']});
  });
});

describe('help and the version are asked for', () => {
  it.each<[string[], 'help' | 'version' | undefined]>([
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['-qh'], 'help'],
    [['--version'], 'version'],
    [['--version', '--help'], 'help'],
    [['--quiet'], undefined],
    [['--name=--help'], undefined],
    [[], undefined],
  ])('by %j: %s', (own, expected) => {
    expect(asksFor(own)).toBe(expected);
  });

  it('only before the command', () => {
    expect(asksFor(splitWords(['a', '--help']).own)).toBeUndefined();
    expect(asksFor(splitWords(['--version', 'a']).own)).toBe('version');
  });
});
