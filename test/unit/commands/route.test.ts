import {describe, expect, it} from 'vitest';

import {route} from '../../../src/commands/route.js';

describe('a command line', () => {
  it.each<[string[], unknown]>([
    [[], {kind: 'command', id: 'run', words: ['--']}],
    [['node', 'a.js'], {kind: 'command', id: 'run', words: ['--', 'node', 'a.js']}],
    [['-q', 'node'], {kind: 'command', id: 'run', words: ['-q', '--', 'node']}],
    [['run', '-q', '--', 'node'], {kind: 'command', id: 'run', words: ['-q', '--', 'node']}],
    [['run'], {kind: 'command', id: 'run', words: ['--']}],
    [['run', 'run'], {kind: 'command', id: 'run', words: ['--', 'run']}],
    [['--', 'run'], {kind: 'command', id: 'run', words: ['--', 'run']}],
    [['--', 'help'], {kind: 'command', id: 'run', words: ['--', 'help']}],
    [['--', 'watch', 'x'], {kind: 'command', id: 'run', words: ['--', 'watch', 'x']}],
    [['--', 'status'], {kind: 'command', id: 'run', words: ['--', 'status']}],
    [['--', 'doctor'], {kind: 'command', id: 'run', words: ['--', 'doctor']}],
    [['./doctor'], {kind: 'command', id: 'run', words: ['--', './doctor']}],
    [['run', 'watch', 'x'], {kind: 'command', id: 'run', words: ['--', 'watch', 'x']}],
    [['-q', 'status'], {kind: 'command', id: 'run', words: ['-q', '--', 'status']}],
    [['./watch'], {kind: 'command', id: 'run', words: ['--', './watch']}],
    [['-q', 'help'], {kind: 'command', id: 'run', words: ['-q', '--', 'help']}],
    [['constructor'], {kind: 'command', id: 'run', words: ['--', 'constructor']}],
    [['node', '--help'], {kind: 'command', id: 'run', words: ['--', 'node', '--help']}],
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

  it.each<[string[], unknown]>([
    [['status'], {kind: 'command', id: 'status', words: []}],
    [['status', 'nightly', '--json'], {kind: 'command', id: 'status', words: ['nightly', '--json']}],
    [['status', '--', '--all'], {kind: 'command', id: 'status', words: ['--', '--all']}],
    [['status', '--help'], {kind: 'help', topic: 'status'}],
    [['status', 'nightly', '-h'], {kind: 'help', topic: 'status'}],
    [['help', 'status'], {kind: 'help', topic: 'status'}],
    [['status', '--version'], {kind: 'version'}],
  ])('that begins with status: %j leads to %j', (argv, expected) => {
    expect(route(argv)).toEqual(expected);
  });

  it.each<[string[], unknown]>([
    [['doctor'], {kind: 'command', id: 'doctor', words: []}],
    [['doctor', '--json'], {kind: 'command', id: 'doctor', words: ['--json']}],
    [['doctor', '--help'], {kind: 'help', topic: 'doctor'}],
    [['help', 'doctor'], {kind: 'help', topic: 'doctor'}],
    [['doctor', '--version'], {kind: 'version'}],
  ])('that begins with doctor: %j leads to %j', (argv, expected) => {
    expect(route(argv)).toEqual(expected);
  });

  it.each<[string[], unknown]>([
    [['watch', '123'], {kind: 'command', id: 'watch', words: ['123']}],
    [
      ['watch', '--max-rss', '1K', '--', 'watch', '1'],
      {kind: 'command', id: 'watch', words: ['--max-rss', '1K', '--', 'watch', '1']},
    ],
    [['watch', '--help'], {kind: 'help', topic: 'watch'}],
    [['watch', '--', 'a', '--help'], {kind: 'command', id: 'watch', words: ['--', 'a', '--help']}],
    [['watch', '123', '--version'], {kind: 'version'}],
    [['help', 'watch'], {kind: 'help', topic: 'watch'}],
  ])('%j leads to watch: %j', (argv, expected) => {
    expect(route(argv)).toEqual(expected);
  });

  it('with a mistake leads nowhere', () => {
    expect(() => route(['--max-rs', '5', 'x'])).toThrow('unknown flag --max-rs; did you mean --max-rss?');
    expect(() => route(['status', '--al'])).toThrow('unknown flag --al; did you mean --all?');
    expect(() => route(['doctor', 'x'])).toThrow('doctor takes no words but flags');
    expect(() => route(['watch', 'node', 'app.js'])).toThrow(
      'to run a command: limitrun watch -- node app.js',
    );
    expect(() => route(['watch'])).toThrow('nothing to watch');
  });
});
