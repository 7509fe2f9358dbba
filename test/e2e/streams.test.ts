import {createHash, randomBytes} from 'node:crypto';
import {spawnSync} from 'node:child_process';
import {closeSync, mkdirSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, start, startProgram, startShell} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {alive, atEnd, fixture, scratch, scratchFile, textOf} from '../support/this-test.js';
import {isAlive} from '../support/survivors.js';
import {waitFor} from '../support/wait-for.js';

const EIGHT_MB = 8 * 1024 * 1024;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The memory in MiB that a process has had at most. */
function peakMemoryMib(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

describe('bytes', () => {
  test('O-01 eight megabytes pass through pipes unchanged', async () => {
    const input = randomBytes(EIGHT_MB);
    const {code, stdoutBytes} = await limitrun(['--', 'cat'], {input});
    expect({code, hash: sha256(stdoutBytes)}).toEqual({code: 0, hash: sha256(input)});
  });

  test('O-01 eight megabytes pass from file to file unchanged', async () => {
    const input = randomBytes(EIGHT_MB);
    const from = openSync(scratchFile('in', input), 'r');
    const to = openSync(scratch('out'), 'w');
    const {code} = await limitrun(['--', 'cat'], {stdio: [from, to, 'pipe']});
    closeSync(from);
    closeSync(to);
    expect({code, hash: sha256(readFileSync(scratch('out')))}).toEqual({code: 0, hash: sha256(input)});
  });

  test('O-02 eight megabytes on standard error pass unchanged, and standard output stays empty', async () => {
    const input = randomBytes(EIGHT_MB);
    const {code, stdout} = await shell('exec "$NODE" "$RUN" --quiet -- sh -c "cat >&2" 2>err', {input});
    expect({code, stdout}).toEqual({code: 0, stdout: ''});
    expect(sha256(readFileSync(scratch('err')))).toBe(sha256(input));
  });

  test('O-04 nothing is added to output that is appended to a file', async () => {
    scratchFile('log', 'before|');
    const {code} = await shell('exec "$NODE" "$RUN" --max-rss 1GB -- printf after >>log');
    expect({code, log: textOf(scratch('log'))}).toEqual({code: 0, log: 'before|after'});
  });

  test('O-04 the order of both outputs into one file is kept', async () => {
    const script = 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done';
    await shell(`exec "$NODE" "$RUN" --quiet -- sh -c '${script}' >log 2>&1`);
    const expected = [1, 2, 3, 4, 5].map((i) => `out ${String(i)}\nerr ${String(i)}\n`).join('');
    expect(textOf(scratch('log'))).toBe(expected);
  });

  test('O-05 the last 300 kB before the exit arrive', async () => {
    const runs = [1, 2, 3, 4].map(() => limitrun(['--', 'sh', '-c', 'head -c 300000 /dev/zero; exit 5']));
    for (const {code, stdoutBytes} of await Promise.all(runs))
      expect({code, length: stdoutBytes.length}).toEqual({code: 5, length: 300_000});
  });

  test('O-06 a gigabyte is piped through without loss and without memory', async () => {
    const script =
      'head -c 1073741824 /dev/zero | "$NODE" "$RUN" --max-rss 1GB -- sh -c "cat; touch passed; cat go" | wc -c';
    spawnSync('mkfifo', [scratch('go')]);
    const running = startShell(script);
    await waitFor(() => textOf(scratch('passed')), {what: 'the end of the gigabyte'});
    const limitrunProcess = alive().find(
      ({command}) => command.includes(PROGRAM) && !command.startsWith('/bin/sh'),
    );
    expect(peakMemoryMib(limitrunProcess?.pid ?? 0)).toBeLessThan(200);
    writeFileSync(scratch('go'), '');
    expect((await running.exited).stdout.trim()).toBe('1073741824');
  });

  test('O-24 everything that limitrun says is on standard error', async () => {
    const script = 'printf "no line break"; sleep 300';
    const {code, stdout, stderr} = await limitrun(['--timeout', '300ms', '--', 'sh', '-c', script]);
    expect({code, stdout}).toEqual({code: 124, stdout: 'no line break'});
    expect(stderr).toMatch(/^limitrun: /m);
  });

  test('O-25 --quiet is silent to the byte, also on a violation', async () => {
    const {code, stdout, stderr} = await limitrun([
      '--quiet',
      '--timeout',
      '300ms',
      '--',
      'sh',
      '-c',
      'echo a; echo b >&2; sleep 300',
    ]);
    expect({code, stdout, stderr}).toEqual({code: 124, stdout: 'a\n', stderr: 'b\n'});
  });

  test('O-25 --quiet is silent to the byte when the home directory may not be read', async ({skip}) => {
    const reason = missing('otherUser');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    mkdirSync(scratch('closed'), {mode: 0o700});
    const args = [
      '--reuid',
      '65534',
      '--clear-groups',
      process.execPath,
      PROGRAM,
      '--quiet',
      '--',
      'sh',
      '-c',
      'exit 3',
    ];
    const {code, stderr} = await startProgram('setpriv', args, {env: {HOME: scratch('closed')}}).exited;
    expect({code, stderr}).toEqual({code: 3, stderr: ''});
  });

  test('O-25 --quiet is silent to the byte when background processes are ended', async () => {
    const {code, stderr} = await limitrun(['--quiet', '--', 'sh', '-c', 'sleep 300 & exit 3']);
    expect({code, stderr}).toEqual({code: 3, stderr: ''});
  });
});

describe('pipes', () => {
  test('O-07 a reader that closes ends the command by SIGPIPE at once', async () => {
    const {code, stdout, stderr} = await shell('{ "$NODE" "$RUN" -- yes; echo $? >code; } | head -1');
    expect({code, stdout}).toEqual({code: 0, stdout: 'y\n'});
    expect(textOf(scratch('code'))).toBe('141\n');
    expect(stderr).not.toContain('EPIPE');
  });

  test('O-08 R-08 a slow reader blocks the command, and the memory of limitrun stays flat', async () => {
    const running = start(['--max-rss', '1GB', '--', 'yes']);
    running.child.stdout?.pause();
    const writer = await waitFor(() => alive().find(({command}) => command === 'yes'), {what: 'the command'});
    await waitFor(() => readFileSync(`/proc/${String(writer.pid)}/stat`, 'utf8').includes(' (yes) S '), {
      what: 'the command to be blocked',
    });
    expect(peakMemoryMib(running.pid)).toBeLessThan(200);
    running.kill('SIGTERM');
    running.child.stdout?.resume();
    expect((await running.exited).code).toBe(143);
  });

  test('O-11 standard input that stays open does not keep limitrun', async () => {
    const {code} = await limitrun(['--', 'sh', '-c', 'exit 4'], {keepInputOpen: true});
    expect(code).toBe(4);
  });

  test('O-11 limitrun leaves what the command does not read to the next reader', async () => {
    scratchFile('lines', 'one\ntwo\n');
    const {stdout} = await shell('{ "$NODE" "$RUN" --max-rss 1GB -- echo ran; cat; } <lines');
    expect(stdout).toBe('ran\none\ntwo\n');
  });

  test('O-13 the end of standard input reaches the command', async () => {
    expect(await limitrun(['--', 'cat'], {input: 'last words'})).toMatchObject({
      code: 0,
      stdout: 'last words',
    });
  });

  test('O-14 a line written to standard input arrives while it stays open', async () => {
    const running = start(['--', 'cat'], {keepInputOpen: true});
    running.child.stdin?.write('first\n');
    await running.said('first\n');
    running.child.stdin?.write('second\n');
    await running.said('second\n');
    running.child.stdin?.end();
    expect((await running.exited).code).toBe(0);
  });

  test('O-15 a background process that holds standard output does not keep limitrun', async () => {
    const running = start(['--keep-background', '--', 'sh', '-c', 'sleep 100 & echo $!; exit 3']);
    const {code, stdout} = await running.exited;
    const background = Number(stdout);
    atEnd(() => {
      if (background > 1) process.kill(background, 'SIGKILL');
    });
    expect(code).toBe(3);
    expect(isAlive(background)).toBe(true);
  });

  test('S-12 a closed standard error does not leave the command running', async () => {
    const script =
      '{ "$NODE" "$RUN" --timeout 500ms -- sh -c "sleep 300; echo later >>late" >/dev/null; echo $? >code; } 2>&1 | true';
    await shell(script);
    await waitFor(() => textOf(scratch('code')), {what: 'the end of the run'});
    expect(textOf(scratch('code'))).toBe('124\n');
    expect(alive()).toEqual([]);
    expect(textOf(scratch('late'))).toBeUndefined();
  });
});

describe('closed streams', () => {
  test.each([
    ['standard input', '<&-'],
    ['standard output', '>&-'],
    ['standard error', '2>&-'],
    ['all three', '<&- >&- 2>&-'],
  ])('O-09 with %s closed the command runs and its code is kept', async (_which, redirection) => {
    const {code} = await shell(`exec "$NODE" "$RUN" -- sh -c 'echo ran >marker; exit 7' ${redirection}`);
    expect({code, ran: textOf(scratch('marker'))}).toEqual({code: 7, ran: 'ran\n'});
  });
});

test.each<[Record<string, string>, string]>([
  [{}, 'violation:'],
  [{FORCE_COLOR: '1'}, '\u001b[31mviolation:\u001b[39m'],
  [{FORCE_COLOR: '0'}, 'violation:'],
  [{FORCE_COLOR: '1', NO_COLOR: '1'}, 'violation:'],
])('into a pipe, with %j, a violation begins with %j', async (env, wanted) => {
  const {stderr} = await limitrun(['--timeout', '100ms', '--', 'sleep', '300'], {env});
  expect(stderr).toContain(`limitrun: ${wanted} wall time`);
});

describe('a violation that cannot be told', () => {
  needs('compiler', 'linux');

  test('S-12 a violation is acted on although standard error has no reader', async () => {
    const script = `{ "$NODE" "$RUN" --max-rss 30MB -- "${fixture('alloc')}" 100 --step 5 --every 20; echo $? >code; } 2>&1 | true`;
    await shell(script);
    await waitFor(() => textOf(scratch('code')), {what: 'the exit code'});
    expect(textOf(scratch('code'))).toBe('110\n');
  });

  test('F-05 a violation is acted on although standard error is full', async () => {
    const {code} = await shell(`exec "$NODE" "$RUN" --max-rss 30MB -- "${fixture('alloc')}" 100 2>/dev/full`);
    expect(code).toBe(110);
  });
});
