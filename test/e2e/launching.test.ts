import {mkdirSync, readFileSync, symlinkSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, type RunOptions} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {fixture, scratch, scratchFile, textOf} from '../support/this-test.js';

const STACK_TRACE = /^\s+at .+:\d+:\d+/m;

/** The words a command gets from limitrun, read back without loss. */
async function wordsReceived(
  words: readonly string[],
  before: readonly string[] = ['--'],
): Promise<string[]> {
  const {stdout, code} = await limitrun([...before, '/usr/bin/env', 'printf', '%s\\0', ...words]);
  expect(code).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

/** The lines of `show` that begin with a label, without it. */
function shown(output: string, label: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(`${label} `))
    .map((line) => line.slice(label.length + 1));
}

describe('a command that cannot be run', () => {
  test.each([
    ['a bare name', 'limitrun-test-no-such-command'],
    ['a relative path', './no-such-command'],
    ['an absolute path', '/nonexistent/no-such-command'],
  ])('L-01 a command that is not found (%s) ends with 127 and is named', async (_kind, command) => {
    const {code, stdout, stderr} = await limitrun(['--', command]);
    expect({code, stdout}).toEqual({code: 127, stdout: ''});
    expect(stderr).toContain(command);
    expect(stderr).toMatch(/^limitrun: /);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('L-01 --quiet does not silence that a command is not found', async () => {
    const {code, stderr} = await limitrun(['--quiet', '--', 'limitrun-test-no-such-command']);
    expect(code).toBe(127);
    expect(stderr).toContain('limitrun-test-no-such-command');
  });

  test('L-02 a file that is not executable ends with 126 and is named', async () => {
    const file = scratchFile('plain.txt', 'echo no\n', 0o644);
    const {code, stdout, stderr} = await limitrun(['--', file]);
    expect({code, stdout}).toEqual({code: 126, stdout: ''});
    expect(stderr).toContain('plain.txt');
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('L-02 a directory ends with 126', async () => {
    mkdirSync(scratch('folder'));
    const {code, stdout, stderr} = await limitrun(['--', './folder']);
    expect({code, stdout}).toEqual({code: 126, stdout: ''});
    expect(stderr).toContain('folder');
  });

  test('L-03 a script whose interpreter is missing ends with 126 or 127 and says which', async () => {
    const script = scratchFile('script', '#!/nonexistent/interpreter\n', 0o755);
    const {code, stdout, stderr} = await limitrun(['--', script]);
    expect([126, 127]).toContain(code);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/script|interpreter/);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('L-04 a script without a first line #! is run by the shell or refused with 126', async () => {
    const script = scratchFile('script', 'echo from the script\n', 0o755);
    const {code, stdout, stderr} = await limitrun(['--', script]);
    if (code === 126) expect(stderr).toContain('script');
    else expect({code, stdout}).toEqual({code: 0, stdout: 'from the script\n'});
  });

  test('L-12 arguments too long for the system end with 126 and the reason', async () => {
    const config = scratchFile(
      'worker.yaml',
      `workers:\n  - id: w\n    unit:\n      execution: {command: echo, args: ["${'x'.repeat(200_000)}"]}\n`,
    );
    const {code, stdout, stderr} = await limitrun(['--config', config]);
    expect({code, stdout}).toEqual({code: 126, stdout: ''});
    expect(stderr).toMatch(/too long|too large|too big|E2BIG/i);
    expect(stderr.length).toBeLessThan(5000);
  });

  describe('because the system cannot start processes', () => {
    needs('compiler');

    test.each([
      ['EAGAIN', 11],
      ['ENOMEM', 12],
      ['EMFILE', 24],
    ])('L-13 %s when starting the command ends with 125 and the reason', async (name, number) => {
      const touched = scratch('touched');
      const env = {LD_PRELOAD: fixture('libnofork.so'), LR_FORK_ERRNO: String(number)};
      const {code, stderr} = await limitrun(['--', '/usr/bin/touch', touched], {env});
      expect(code).toBe(125);
      expect(stderr).toMatch(new RegExp(`${name}|temporarily|memory|processes|files`, 'i'));
      expect(stderr).toMatch(/^limitrun: /m);
      expect(stderr).not.toMatch(STACK_TRACE);
      expect(textOf(touched)).toBeUndefined();
    });
  });
});

describe('where the command is found', () => {
  test('L-05 a path with spaces runs', async () => {
    const script = scratchFile('a folder/my tool', '#!/bin/sh\necho spaced "$1"\n', 0o755);
    expect(await limitrun(['--', script, 'x y'])).toMatchObject({code: 0, stdout: 'spaced x y\n'});
  });

  test('L-05 a relative path runs', async () => {
    scratchFile('bin/tool', '#!/bin/sh\necho relative\n', 0o755);
    expect(await limitrun(['--', 'bin/tool'])).toMatchObject({code: 0, stdout: 'relative\n'});
  });

  test('L-05 an absolute path runs', async () => {
    expect(await limitrun(['--', '/bin/sh', '-c', 'echo absolute'])).toMatchObject({
      code: 0,
      stdout: 'absolute\n',
    });
  });

  test("L-05 a name is looked up in the command's PATH", async () => {
    scratchFile('first/tool', '#!/bin/sh\necho first\n', 0o755);
    scratchFile('second/tool', '#!/bin/sh\necho second\n', 0o755);
    const env = {PATH: `${scratch('first')}:${scratch('second')}`};
    expect(await limitrun(['--', 'tool'], {env})).toMatchObject({code: 0, stdout: 'first\n'});
  });

  test('L-05 a link to a program runs under the name of the link', async () => {
    symlinkSync('/bin/sh', scratch('my-shell'));
    expect(await limitrun(['--', scratch('my-shell'), '-c', 'echo "$0"'])).toMatchObject({
      code: 0,
      stdout: `${scratch('my-shell')}\n`,
    });
  });

  test('L-24 a hostile project directory does not change what runs', async () => {
    const trap = '#!/bin/sh\necho trapped\n';
    scratchFile('node_modules/.bin/uname', trap, 0o755);
    scratchFile('uname', trap, 0o755);
    scratchFile('.npmrc', `script-shell=${scratch('uname')}\nprefix=${scratch()}\n`);
    scratchFile('.oclifrc', '{"bin": "trapped", "commands": "./trap.js"}');
    scratchFile('trap.js', 'console.log("trapped")');
    scratchFile(
      'package.json',
      '{"name": "limitrun", "type": "commonjs", "oclif": {"commands": "./trap.js"}}',
    );
    const {code, stdout, stderr} = await limitrun(['--', 'uname']);
    expect({code, stdout}).toEqual({code: 0, stdout: 'Linux\n'});
    expect(stderr).not.toContain('trapped');
  });
});

describe('arguments', () => {
  test.each([
    ['spaces and empty words', ['a b', '', ' ', '  x  ', '']],
    ['quotes and backslashes', [`"`, `'`, `\\`, `\\\\"'`, `a\\"b`, '`id`']],
    ['variables and globs', ['$HOME', '${PATH}', '$(id)', '*', '?', '[a-z]', '~', '{a,b}']],
    ['line breaks, tabs and other controls', ['a\nb', '\t', '\r\n', '\u001b[31m', '\u0007']],
    ['shell operators', [';', '|', '&', '>', '<', '&&', '#', '!', '%PATH%', '^']],
    ['other scripts', ['grüße', '日本語', '🙂', '\u202e']],
  ])('L-06 arguments with %s arrive byte for byte', async (_kind, words) => {
    expect(await wordsReceived(words)).toEqual(words);
  });

  test.each([
    ['--help', ['--help']],
    ['--version', ['--version']],
    ["limitrun's own flags", ['--max-rss', '1', '--quiet', '--report', 'x']],
    ['a second --', ['--', '-x', '--']],
    ['repeated short flags', ['-e', 'a', '-e', 'b', '-a', '-e']],
    ['--inspect', ['--inspect', '--inspect-brk=1']],
    ['subcommand names', ['run', 'watch', 'status', 'help']],
    ['flags with values attached', ['--a=b', '-ab', '--no-color', '--']],
  ])('L-08 after the command, %s belongs to the command', async (_kind, words) => {
    expect(await wordsReceived(words)).toEqual(words);
    expect(await wordsReceived(words, [])).toEqual(words);
  });

  test('L-08 a command whose name is a subcommand is reached after --', async () => {
    scratchFile('bin/watch', '#!/bin/sh\necho my watch "$@"\n', 0o755);
    const env = {PATH: `${scratch('bin')}:/usr/bin:/bin`};
    expect(await limitrun(['--', 'watch', '1'], {env})).toMatchObject({code: 0, stdout: 'my watch 1\n'});
  });

  test('L-08 limitrun run is the same as limitrun', async () => {
    expect(await limitrun(['run', '--max-rss', '1GB', '--', 'echo', '--help', 'run'])).toMatchObject({
      code: 0,
      stdout: '--help run\n',
    });
  });

  test('L-09 flags of limitrun after the command belong to the command', async () => {
    const {code, stdout} = await limitrun(['--max-rss', '1GB', 'echo', '--timeout', 'never']);
    expect({code, stdout}).toEqual({code: 0, stdout: '--timeout never\n'});
  });

  test('L-09 a flag and its value may be one word', async () => {
    expect(await limitrun(['--max-rss=1GB', '--timeout=1h', 'echo', 'ok'])).toMatchObject({
      code: 0,
      stdout: 'ok\n',
    });
  });

  test('L-10 two thousand arguments arrive', async () => {
    const words = Array.from({length: 2000}, (_, index) => `word ${String(index)}`);
    expect(await wordsReceived(words)).toEqual(words);
  });

  test('L-10 an argument of 100 kB arrives', async () => {
    const words = ['x'.repeat(100_000)];
    expect(await wordsReceived(words)).toEqual(words);
  });

  test('L-11 an argument that is not UTF-8 arrives as it is, or the run is refused', async () => {
    const {code, stdoutBytes, stderr} = await shell('exec "$NODE" "$RUN" -- printf %s "$(printf "a\\377b")"');
    if (code === 125) expect(stderr).toMatch(/UTF-8/);
    else expect({code, bytes: stdoutBytes.toString('hex')}).toEqual({code: 0, bytes: '61ff62'});
  });
});

describe('usage errors', () => {
  test.each([
    ['no command', []],
    ['no command after --', ['--']],
    ['no command after flags', ['--max-rss', '1GB']],
    ['an unknown flag', ['--no-such-flag', '--', 'touch', 'touched']],
    ['an unknown short flag', ['-Z', '--', 'touch', 'touched']],
    ['a flag without its value', ['--max-rss', '--', 'touch', 'touched']],
    ['a last flag without its value', ['--max-rss']],
    ['a value for a flag that takes none', ['--quiet=yes', '--', 'touch', 'touched']],
  ])('L-14 %s ends with 125, a line on standard error, and nothing started', async (_kind, args) => {
    const {code, stdout, stderr} = await limitrun(args);
    expect({code, stdout}).toEqual({code: 125, stdout: ''});
    expect(stderr).toMatch(/^limitrun: \S/);
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(textOf(scratch('touched'))).toBeUndefined();
  });

  test('L-14 a misspelt flag gets a suggestion', async () => {
    const {code, stderr} = await limitrun(['--max-rs', '1GB', '--', 'true']);
    expect(code).toBe(125);
    expect(stderr).toContain('--max-rss');
  });

  test('L-14 an empty command name is not found', async () => {
    const {code, stdout} = await limitrun(['--', '']);
    expect([125, 127]).toContain(code);
    expect(stdout).toBe('');
  });
});

describe('the working directory', () => {
  test('L-15 is kept, also with spaces', async () => {
    mkdirSync(scratch('a b'));
    expect(await limitrun(['--', 'pwd'], {cwd: scratch('a b')})).toMatchObject({
      code: 0,
      stdout: `${scratch('a b')}\n`,
    });
  });

  test('L-15 that was deleted is an error with a reason, not a crash', async () => {
    const {code, stdout, stderr} = await shell(
      'mkdir gone && cd gone && rmdir ../gone && exec "$NODE" "$RUN" -- echo ran',
    );
    expect([0, 125, 126]).toContain(code);
    expect(stderr).not.toMatch(/uv_cwd|node:internal/);
    if (code === 0) expect(stdout).toBe('ran\n');
    else expect(stderr).toMatch(/^limitrun: .*directory/m);
  });
});

describe('the environment', () => {
  const env = {
    EMPTY: '',
    LINES: 'a\nb\n',
    UNICODE: 'grüße 🙂',
    SPACED: ' a  b ',
    EQUALS: 'a=b=c',
    'odd.name': '1',
  };

  test('L-17 reaches the command with nothing lost, changed or added but LIMITRUN_*', async () => {
    const bare = await shell('exec env -0', {env});
    const limited = await shell('exec "$NODE" "$RUN" -- env -0', {env});
    const sorted = (text: string): string[] =>
      text
        .split('\0')
        .filter((line) => !line.startsWith('LIMITRUN_'))
        .sort();
    expect(sorted(limited.stdout)).toEqual(sorted(bare.stdout));
  });

  test('L-17 names the run in LIMITRUN_RUN_ID, another one each time', async () => {
    const runs = [1, 2].map(() => limitrun(['--', 'sh', '-c', 'echo "$LIMITRUN_RUN_ID"'], {report: true}));
    const [first, second] = await Promise.all(runs);
    expect(first?.stdout.trim()).toMatch(/\S/);
    expect(first?.report.run_id).toBe(first?.stdout.trim());
    expect(second?.stdout).not.toBe(first?.stdout);
  });

  test('L-18 a value that is not UTF-8 arrives as it is, or the variable is named', async () => {
    const script = 'ODD="$(printf "a\\377b")"; export ODD; exec "$NODE" "$RUN" -- sh -c \'printf %s "$ODD"\'';
    const {code, stdoutBytes, stderr} = await shell(script);
    if (code === 125 || stdoutBytes.toString('hex') !== '61ff62')
      expect(stderr).toMatch(/^limitrun: .*\bODD\b/m);
    else expect(code).toBe(0);
  });

  test('L-25 NODE_OPTIONS of the caller reaches the command and does not break limitrun', async () => {
    const env = {NODE_OPTIONS: '--max-old-space-size=200 --no-warnings'};
    expect(await limitrun(['--', 'sh', '-c', 'echo "$NODE_OPTIONS"'], {env})).toMatchObject({
      code: 0,
      stdout: '--max-old-space-size=200 --no-warnings\n',
    });
  });

  test('L-25 a channel to a Node parent does not break limitrun', async () => {
    const options: RunOptions = {stdio: ['pipe', 'pipe', 'pipe', 'ipc']};
    expect(await limitrun(['--', 'sh', '-c', 'exit 9'], options)).toMatchObject({code: 9});
  });
});

describe('what the command inherits', () => {
  needs('compiler', 'linux');

  test('L-25 LD_PRELOAD of the caller reaches the command', async () => {
    const env = {LD_PRELOAD: fixture('libnofork.so')};
    const {code, stdout} = await limitrun(['--', 'grep', '-c', 'libnofork', '/proc/self/maps'], {env});
    expect(code).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  test('L-21 open descriptors of the caller reach the command', async () => {
    scratchFile('three', 'third\n');
    scratchFile('nine', 'ninth\n');
    const script = 'exec 3<three 9<nine; exec "$NODE" "$RUN" -- sh -c "cat <&3; cat <&9"';
    expect(await shell(script)).toMatchObject({code: 0, stdout: 'third\nninth\n'});
  });

  test('L-21 no descriptor of limitrun leaks into the command', async () => {
    const bare = await shell(`exec "${fixture('show')}"`);
    const limited = await shell(`exec "$NODE" "$RUN" --max-rss 1GB -- "${fixture('show')}"`);
    expect(shown(limited.stdout, 'fd').sort()).toEqual(shown(bare.stdout, 'fd').sort());
  });

  test('L-23 no signal is blocked or ignored by limitrun', async () => {
    const {stdout} = await limitrun(['--', fixture('show')]);
    expect(shown(stdout, 'SigBlk')).toEqual(['0000000000000000']);
    expect(shown(stdout, 'SigIgn')).toEqual(['0000000000000000']);
  });

  test('L-15 the umask is kept', async () => {
    const {stdout} = await shell(`umask 027; exec "$NODE" "$RUN" -- "${fixture('show')}"`);
    expect(shown(stdout, 'umask')).toEqual(['027']);
  });

  test('L-15 the process group, the session and the priority are kept', async () => {
    const script = `printf "%s %s\\n" "$(ps -o pgid= -p $$)" "$(ps -o sid= -p $$)"; "$NODE" "$RUN" -- nice -n 0 "${fixture('show')}"`;
    const {stdout} = await shell(script);
    const [group, session] = (stdout.split('\n')[0] ?? '').trim().split(/\s+/);
    expect(shown(stdout, 'pgrp')).toEqual([group]);
    expect(shown(stdout, 'sid')).toEqual([session]);
    expect(shown(stdout, 'nice')).toEqual(['0']);
  });

  test('L-05 limitrun runs through a link to its program, as npm installs it', async () => {
    symlinkSync(PROGRAM, scratch('limitrun'));
    const {code, stdout} = await shell('exec "$NODE" ./limitrun -- echo linked');
    expect({code, stdout}).toEqual({code: 0, stdout: 'linked\n'});
    expect(readFileSync(PROGRAM, 'utf8')).toMatch(/^#!/);
  });
});
