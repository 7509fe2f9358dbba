import {describe, expect, it} from 'vitest';
import {UsageError} from '../../../src/core/plan/usage-error.js';
import {watchWords, type WatchWords} from '../../../src/core/plan/watch-words.js';

function refusal(words: readonly string[]): string {
  try {
    watchWords(words);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
}

const pid = (number: number, ...own: string[]): WatchWords => ({
  kind: 'target',
  own,
  target: {kind: 'pid', pid: number},
});
const run = (wanted: string, ...own: string[]): WatchWords => ({
  kind: 'target',
  own,
  target: {kind: 'run', wanted},
});

describe('watch is asked for', () => {
  it.each<[string, string[], WatchWords]>([
    ['a command after --', ['--', 'node', '-v'], {kind: 'command', own: [], child: ['node', '-v']}],
    ['a command with flags', ['-v', '--', 'a'], {kind: 'command', own: ['-v'], child: ['a']}],
    ['a command with a second --', ['--', '--', 'a'], {kind: 'command', own: [], child: ['--', 'a']}],
    ['a command named like a pid', ['--', '123'], {kind: 'command', own: [], child: ['123']}],
    [
      'the command of a file',
      ['--config', 'w.yaml'],
      {kind: 'command', own: ['--config', 'w.yaml'], child: []},
    ],
    ['help', ['--help'], {kind: 'command', own: ['--help'], child: []}],
    ['a pid', ['123'], pid(123)],
    ['a pid with flags before it', ['--max-rss', '1GB', '123'], pid(123, '--max-rss', '1GB')],
    ['a pid with flags after it', ['123', '--max-rss', '1GB'], pid(123, '--max-rss', '1GB')],
    ['a pid between flags', ['-v', '123', '--strict'], pid(123, '-v', '--strict')],
    ['zero', ['0'], pid(0)],
    ['a pid of ten digits', ['9999999999'], pid(9_999_999_999)],
    ['a run of eleven digits', ['99999999999'], run('99999999999')],
    ['a run', ['nightly-build'], run('nightly-build')],
    ['a run whose id begins with digits', ['12ab'], run('12ab')],
    ['a run, quietly', ['nightly-build', '-q'], run('nightly-build', '-q')],
    ['a number that is no pid', ['12.5'], run('12.5')],
  ])('%s', (_name, words, expected) => {
    expect(watchWords(words)).toEqual(expected);
  });
});

describe('watch refuses', () => {
  const usage =
    'nothing to watch; usage: limitrun watch RUN|PID, or limitrun watch [flags] -- COMMAND [ARG...]';
  it.each<[string, string[], string]>([
    ['no word', [], usage],
    ['only flags', ['--max-rss', '1GB'], usage],
    [
      'a command without --',
      ['node', 'app.js'],
      'watch takes one run or pid; to run a command: limitrun watch -- node app.js',
    ],
    [
      'a long command without --',
      ['node', 'app.js', 'a', 'b', 'c'],
      'watch takes one run or pid; to run a command: limitrun watch -- node app.js a b ...',
    ],
    ['two pids', ['123', '124'], 'watch takes one run or pid; to run a command: limitrun watch -- 123 124'],
    [
      'a pid and a command',
      ['123', '--', 'node'],
      'watch takes either a run or a pid (123) or a command after --, not both; to limit a process that runs already: limitrun watch PID [limit flags]',
    ],
    ['a negative number', ['-5'], '-5 is no pid: a pid is a number above 1'],
    ['a large negative number', ['-12345', '--strict'], '-12345 is no pid: a pid is a number above 1'],
    ['an unknown flag', ['123', '--max-rs', '1GB'], 'unknown flag --max-rs; did you mean --max-rss?'],
    ['a flag without its value', ['123', '--max-rss'], '--max-rss needs a SIZE, such as 256MB'],
    ['-- where a value belongs', ['--max-rss', '--', 'a'], '--max-rss needs a SIZE, such as 256MB'],
    ['a flag given twice', ['-q', '123', '-q'], '--quiet is given twice'],
  ])('%s', (_name, words, message) => {
    expect(refusal(words)).toBe(message);
  });

  it('a negative limit as the limit it is, not as a pid', () => {
    expect(watchWords(['123', '--max-rss', '-5'])).toEqual(pid(123, '--max-rss', '-5'));
  });
});
