import {spawnSync} from 'node:child_process';
import {readFileSync, symlinkSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {shell, startProgram, type RunOptions, type RunResult} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {LAUNCHER} from '../support/paths.js';
import {scratch, scratchFile} from '../support/this-test.js';
import type {Capability} from '../support/capabilities.js';

/** What may be `/bin/sh`: the system's own, bash under that name (Fedora, Arch), busybox (Alpine). */
const SHELLS: readonly (readonly [string, Capability[]])[] = [
  ['the system', []],
  ['bash', ['bash']],
  ['busybox', ['busybox']],
];

/** Puts such a shell at `./sh`: by that name bash is another shell, and busybox is one at all. */
function shellOf(name: string): string {
  const found = spawnSync('/bin/sh', ['-c', `command -v ${name === 'the system' ? '/bin/sh' : name}`]);
  symlinkSync(found.stdout.toString().trim(), scratch('sh'));
  return scratch('sh');
}

/** Runs a script in which `limitrun ...` is the launcher in such a shell. */
function withShell(name: string, script: string, options: RunOptions = {}): Promise<RunResult> {
  const called = script.replaceAll('limitrun ', `${shellOf(name)} "$LIMITRUN" --quiet --no-record `);
  return shell(called, options);
}

/** Variables that one shell or another, or the launcher, has its own mind about, with values that are none of theirs. */
const OF_SHELLS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['PS1', 'PS2', 'PS4', 'RANDOM', 'SRANDOM', 'SECONDS', 'EPOCHSECONDS', 'EPOCHREALTIME', 'LINENO'],
    ...['BASH', 'BASHPID', 'BASHOPTS', 'BASH_VERSION', 'BASH_VERSINFO', 'BASH_SUBSHELL', 'BASH_COMMAND'],
    ...['BASH_ARGV0', 'HISTCMD', 'OPTIND', 'OPTERR', 'OPTARG', 'PPID', 'UID', 'EUID', 'PWD', 'OLDPWD'],
    ...['IFS', '_', 'POSIXLY_CORRECT', 'COMP_WORDBREAKS', 'LINES', 'COLUMNS', 'SHLVL', 'lr__name'],
    ...['LIMITRUN_INHERITED', 'LIMITRUN_INHERITED_VARIABLES', 'LIMITRUN_KEPT_NODE_OPTIONS'],
  ].map((one, index) => [one, String(100 + index)]),
);

/** The environment that a command gets through a launcher in such a shell, as `NAME=value`. */
async function entriesOf(name: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const args = [LAUNCHER, '--quiet', '--no-record', '--', '/usr/bin/env', '-0'];
  return (await startProgram(shellOf(name), args, {env}).exited).stdout.split('\0');
}

describe.each(SHELLS)('with /bin/sh of %s', (name, wanted) => {
  needs('linux', ...wanted);

  test.each([
    ['', 0],
    [' beside one that is large', 60_000],
  ])(
    'L-17 variables that shells and the launcher set for themselves stay as they were%s',
    async (_, size) => {
      const entries = await entriesOf(name, {...OF_SHELLS, LARGE: 'x'.repeat(size)});
      for (const [one, value] of Object.entries(OF_SHELLS)) expect(entries).toContain(`${one}=${value}`);
    },
  );

  test.each([
    ['', 0],
    [' beside one that is large', 60_000],
  ])('L-17 no variable is added%s', async (_, size) => {
    const added = (
      await entriesOf(name, {LIMITRUN_KEPT_NODE_OPTIONS: '--x', LARGE: 'x'.repeat(size)})
    ).filter((entry) => entry.slice(0, entry.indexOf('=')) in OF_SHELLS);
    expect(added).toEqual(['LIMITRUN_KEPT_NODE_OPTIONS=--x']);
  });

  test.each([
    ['', 0],
    [' beside one that is large', 60_000],
  ])('L-18 options for Node that are not UTF-8 stay as they were%s', async (_, size) => {
    const script = `NODE_OPTIONS=$(printf '\\377x'); export NODE_OPTIONS
      LIMITRUN_KEPT_NODE_OPTIONS=mine; export LIMITRUN_KEPT_NODE_OPTIONS
      exec limitrun -- env`;
    const {stdoutBytes} = await withShell(name, script, {env: {lr__out: 'mine', LARGE: 'x'.repeat(size)}});
    const lines = stdoutBytes.toString('latin1').split('\n');
    expect(lines).toContain('NODE_OPTIONS=\xffx');
    expect(lines).toContain('LIMITRUN_KEPT_NODE_OPTIONS=mine');
    expect(lines).toContain('lr__out=mine');
  });

  test('L-23 signals that the shell ignores for itself are not ignored', async () => {
    const {stdout} = await withShell(name, 'exec limitrun -- grep SigIgn /proc/self/status');
    expect(stdout).toBe('SigIgn:\t0000000000000000\n');
  });

  test('L-22 signals that the caller ignores are', async () => {
    const script = 'trap "" HUP; exec limitrun -- grep SigIgn /proc/self/status';
    expect((await withShell(name, script)).stdout).toBe('SigIgn:\t0000000000000001\n');
  });

  test.each(['2>&-', '<&- 2>&-', '<&- >&2 2>&-'])(
    'L-21 standard streams that are closed (%s)',
    async (closed) => {
      const script = `exec limitrun -- sh -c 'readlink /proc/$$/fd/2 >seen' ${closed}`;
      const {code} = await withShell(name, script);
      const seen = spawnSync('cat', [scratch('seen')]).stdout.toString();
      expect({code, seen}).toEqual({code: 0, seen: '/dev/null\n'});
    },
  );

  describe('as process 1', () => {
    needs('pidNamespace');

    const asProcess1 = (script: string): Promise<RunResult> =>
      withShell(name, `exec unshare --pid --fork --mount-proc --kill-child sh -c '${script}' </dev/null`);

    test.each(['3 4 5 6 7', '3 4 5 6 7 8', '3 4 5 6 7 8 9'])('L-21 open descriptors %s', async (open) => {
      const opened = open.split(' ').map((one) => `${one}</dev/zero`);
      const script = `exec ${opened.join(' ')}; exec limitrun -- find /proc/self/fd -lname /dev/zero -printf "%f "`;
      expect(await asProcess1(script)).toMatchObject({code: 0, stdout: `${open} `});
    });

    test('L-21 a closed standard input', async () => {
      const script = 'exec <&-; exec limitrun -- readlink /proc/self/fd/0';
      expect(await asProcess1(script)).toMatchObject({code: 0, stdout: '/dev/null\n'});
    });
  });
});

describe('the launcher', () => {
  needs('linux');

  test('E-04 says that there is no Node', async () => {
    const {code, stderr} = await startProgram('/bin/sh', [LAUNCHER, '--', 'true'], {
      env: {PATH: '/nonexistent'},
    }).exited;
    expect({code, stderr}).toEqual({
      code: 125,
      stderr: 'limitrun: Node was not found: there is no node in PATH\n',
    });
  });

  test('V-28 refuses to start with too few open files', async () => {
    const {code, stdout, stderr} = await shell('ulimit -n 20; exec "$LIMITRUN" -- echo started');
    expect({code, stdout}).toEqual({code: 125, stdout: ''});
    expect(stderr).toMatch(/^limitrun: no more than 20 files may be open here[^\n]*needs \d+\n$/);
  });

  test('V-28 asks for as many more as are open already', async () => {
    const needed = (text: string): number => Number(/needs (\d+)/.exec(text)?.[1]);
    const few = await shell('ulimit -n 20; exec "$LIMITRUN" -- true');
    const more = await shell('ulimit -n 20; exec 3</dev/null 5</dev/null; exec "$LIMITRUN" -- true');
    expect(needed(more.stderr) - needed(few.stderr)).toBe(2);
  });
});

describe('the launcher under a shell that the user may not read', () => {
  needs('linux', 'otherUser', 'prlimit');

  test('L-21 notes limits and descriptors, though not the environment', async () => {
    scratchFile('limitrun', readFileSync(LAUNCHER), 0o755);
    // The kernel keeps what such a program is started with from the user (ptrace(2), dumpable).
    scratchFile('sh', readFileSync('/bin/sh'), 0o711);
    scratchFile('node', '#!/bin/sh\necho "$LIMITRUN_INHERITED|$LIMITRUN_INHERITED_VARIABLES"\n', 0o755);
    const user = 'setpriv --reuid 54321 --regid 54321 --clear-groups';
    const {stdout, stderr} = await shell(
      `exec 5</dev/null; exec ${user} prlimit --nofile=300:4000 '${scratch('sh')}' '${scratch('limitrun')}' -- true`,
      {env: {PATH: `${scratch('')}:/usr/bin:/bin`}},
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^300 4000;( \d+)* 5( \d+)*;[^|]*\|:\n$/);
  });
});

describe('the launcher as a user who may start nothing', () => {
  needs('linux', 'otherUser', 'prlimit');

  test.each([
    ['itself', 'limitrun'],
    ['a link to it', 'link'],
  ])('V-28 says that no more processes are allowed, started as %s', async (_, called) => {
    // Where the other user may not read the program, a copy of the launcher does: it does not get further than itself.
    scratchFile('limitrun', readFileSync(LAUNCHER), 0o755);
    symlinkSync('limitrun', scratch('link'));
    const user = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];
    const {code, stderr} = await startProgram('setpriv', [
      ...user,
      ...['prlimit', '--nproc=1:1', '/bin/sh', scratch(called), '--', 'true'],
    ]).exited;
    expect(code).toBe(125);
    expect(stderr.match(/^limitrun: .*/gm)).toEqual([
      'limitrun: cannot start: no more processes are allowed here (ulimit -u, pids.max)',
    ]);
  });
});
