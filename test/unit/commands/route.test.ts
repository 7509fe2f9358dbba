import {describe, expect, it} from 'vitest';

import {route} from '../../../src/commands/route.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';

describe('a command line', () => {
  it.each<[string[], unknown]>([
    [[], {kind: 'command', id: 'run', own: [], child: []}],
    [['node', 'a.js'], {kind: 'command', id: 'run', own: [], child: ['node', 'a.js']}],
    [['-q', 'node'], {kind: 'command', id: 'run', own: ['-q'], child: ['node']}],
    [['run', '-q', '--', 'node'], {kind: 'command', id: 'run', own: ['-q'], child: ['node']}],
    [['run'], {kind: 'command', id: 'run', own: [], child: []}],
    [['run', 'run'], {kind: 'command', id: 'run', own: [], child: ['run']}],
    [['--', 'run'], {kind: 'command', id: 'run', own: [], child: ['run']}],
    [['--', 'help'], {kind: 'command', id: 'run', own: [], child: ['help']}],
    [['--', 'watch', 'x'], {kind: 'command', id: 'run', own: [], child: ['watch', 'x']}],
    [['--', 'status'], {kind: 'command', id: 'run', own: [], child: ['status']}],
    [['run', 'watch', 'x'], {kind: 'command', id: 'run', own: [], child: ['watch', 'x']}],
    [['-q', 'status'], {kind: 'command', id: 'run', own: ['-q'], child: ['status']}],
    [['./watch'], {kind: 'command', id: 'run', own: [], child: ['./watch']}],
    [['-q', 'help'], {kind: 'command', id: 'run', own: ['-q'], child: ['help']}],
    [['constructor'], {kind: 'command', id: 'run', own: [], child: ['constructor']}],
    [['node', '--help'], {kind: 'command', id: 'run', own: [], child: ['node', '--help']}],
    [['help'], {kind: 'help'}],
    [['help', 'run'], {kind: 'help'}],
    [['--help'], {kind: 'help'}],
    [['-h'], {kind: 'help'}],
    [['run', '--help'], {kind: 'help'}],
    [['--max-rss', '1K', '--help', '--', 'node'], {kind: 'help'}],
    [['--help', '--version'], {kind: 'help'}],
    [['--version'], {kind: 'version'}],
    [['run', '--version'], {kind: 'version'}],
  ])('%j leads to %j', (argv, expected) => {
    expect(route(argv)).toEqual(expected);
  });

  it.each([
    ['watch', ['watch']],
    ['watch', ['watch', '-n1', 'date']],
    ['watch', ['watch', '--help']],
    ['status', ['status']],
    ['status', ['status', '--all']],
  ])('that begins with %s is refused: %j', (word, argv) => {
    expect(() => route(argv)).toThrow(UsageError);
    expect(() => route(argv)).toThrow(
      `"${word}" is kept for a subcommand of limitrun; to run the program: limitrun -- ${word}`,
    );
  });

  it('with a mistake leads nowhere', () => {
    expect(() => route(['--max-rs', '5', 'x'])).toThrow('unknown flag --max-rs; did you mean --max-rss?');
  });
});
