import {readFileSync, rmSync} from 'node:fs';
import {describe, expect, inject, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import type {Report} from '../support/report.js';
import {openTerminal} from '../support/terminal.js';
import {expectNothingAlive, fixture, scratch, scratchFile, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

const MIB = 1024 * 1024;
const QUICK = ['--restart-delay', '50ms', '--restart-jitter', '0'];

/** A shell command that notes its start in `starts` and then does what the script says. */
function counted(script: string): string[] {
  return ['sh', '-c', `echo $$ >>starts; ${script}`];
}

function starts(): number {
  return (textOf(scratch('starts')) ?? '').split('\n').length - 1;
}

interface Attempt {
  readonly next_in_ms?: number;
  readonly exit_code?: number;
  readonly cause?: {readonly kind: string; readonly limit?: string};
  readonly limits?: readonly {readonly limit: string; readonly value: number}[];
}

function attemptsOf(report: Report): readonly Attempt[] {
  return report.attempts as readonly Attempt[];
}

function waits(report: Report): (number | undefined)[] {
  return attemptsOf(report).map((attempt) => attempt.next_in_ms);
}

/** User and system time of a process so far, seconds (proc(5), 100 ticks a second). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

describe('a leaking server under the policy restart', () => {
  needs('compiler', 'linux');

  const leaking = ['--max-rss', '50MB', '--policy', 'restart'];
  const leak = counted(`exec "${fixture('alloc')}" 120`);

  test('Y-09 Y-10 is started again after growing waits, and then the run ends with 118', async () => {
    const args = [...leaking, ...QUICK, '--max-restarts', '3', '--', ...leak];
    const {code, report} = await limitrun(args, {report: true});
    expect({code, starts: starts()}).toEqual({code: 118, starts: 4});
    expect(waits(report)).toEqual([50, 100, 200, undefined]);
    expect(report.reason).toEqual({kind: 'breaker_open', limit: 'max_rss'});
    expect(attemptsOf(report).map(({cause}) => cause?.kind)).toEqual(Array(4).fill('violation'));
    await expectNothingAlive();
  });

  test('Y-09 no wait is longer than --max-restart-delay with its jitter', async () => {
    const flags = ['--restart-delay', '100ms', '--max-restart-delay', '120ms', '--restart-jitter', '0.5'];
    const args = [...leaking, ...flags, '--max-restarts', '2', '--', ...leak];
    const {report} = await limitrun(args, {report: true});
    const [first = 0, second = 0] = waits(report);
    expect(first).toBeGreaterThanOrEqual(50);
    expect(first).toBeLessThanOrEqual(150);
    expect(second).toBeGreaterThanOrEqual(60);
    expect(second).toBeLessThanOrEqual(180);
  });

  test('Y-12 while it waits limitrun is idle; SIGTERM ends the run at once and starts nothing', async () => {
    const running = start([...leaking, '--restart-delay', '1h', '--', ...leak]);
    await waitFor(() => running.stderr().includes('starting attempt 2'), {
      what: 'the wait',
      seen: running.stderr,
    });
    const before = cpuSeconds(running.pid);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(cpuSeconds(running.pid) - before).toBeLessThan(0.2);
    const asked = performance.now();
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(143);
    expect(performance.now() - asked).toBeLessThan(3000);
    expect(starts()).toBe(1);
    await expectNothingAlive();
  });

  test('Y-10 an attempt that was stable counts as a success', async () => {
    const script = `[ $(wc -l <starts) -ge 4 ] && exit 0; sleep 0.3; exec "${fixture('alloc')}" 120`;
    const args = [...leaking, ...QUICK, '--stable-time', '200ms', '--max-restarts', '1'];
    const {code, report} = await limitrun([...args, '--', ...counted(script)], {report: true});
    expect({code, starts: starts()}).toEqual({code: 0, starts: 4});
    expect(waits(report)).toEqual([50, 50, 50, undefined]);
  });
});

describe('a command that ends by itself', () => {
  needs('linux');

  test('Y-10 under on-failure it is started again until it exits with 0', async () => {
    const script = '[ $(wc -l <starts) -ge 3 ] && exit 0; exit 7';
    const args = ['--restart-policy', 'on-failure', ...QUICK, '--', ...counted(script)];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect({code, starts: starts()}).toEqual({code: 0, starts: 3});
    expect(attemptsOf(report).map((attempt) => attempt.exit_code)).toEqual([7, 7, 0]);
    expect(report.reason).toEqual({kind: 'exited'});
    expect(report.violation_handling).toBe('external');
    expect(stderr).toContain('because --restart-policy is on-failure');
  });

  test('Y-10 under on-failure death by a signal of somebody else is a failure', async () => {
    const script = '[ $(wc -l <starts) -ge 2 ] && exit 0; kill -SEGV $$';
    const {code} = await limitrun(['--restart-policy', 'on-failure', ...QUICK, '--', ...counted(script)]);
    expect({code, starts: starts()}).toEqual({code: 0, starts: 2});
  });

  test('Y-10 when it fails too often the run ends with 118 and says why', async () => {
    const args = ['--restart-policy', 'on-failure', ...QUICK, '--max-restarts', '2'];
    const {code, stderr, report} = await limitrun([...args, '--', ...counted('exit 7')], {report: true});
    expect({code, starts: starts()}).toEqual({code: 118, starts: 3});
    expect(report.reason).toEqual({kind: 'breaker_open'});
    expect(report.child).toEqual({exit_code: 7});
    expect(stderr).toContain('the restart breaker opened after 3 attempts; the command exited with 7');
  });

  test.each(['always', 'unless-stopped'])(
    'Y-10 under %s an exit with 0 is no reason to stop',
    async (policy) => {
      const args = ['--restart-policy', policy, ...QUICK, '--max-restarts', '2', '--', ...counted('exit 0')];
      const {code} = await limitrun(args);
      expect({code, starts: starts()}).toEqual({code: 118, starts: 3});
      await expectNothingAlive();
    },
  );

  test.each([
    ['SIGTERM', 'exit 3'],
    ['SIGINT', 'exit 0'],
    ['SIGHUP', 'exit 3'],
  ] as const)(
    'Y-12 under always %s to limitrun ends the run, with the code of the command',
    async (signal, end) => {
      const script = `trap '${end}' ${signal.slice(3)}; echo ready; while :; do sleep 0.02; done`;
      const running = start(['--restart-policy', 'always', ...QUICK, '--', ...counted(script)]);
      await running.said('ready');
      running.kill(signal);
      expect((await running.exited).code).toBe(Number(end.slice(-1)));
      expect(starts()).toBe(1);
      await expectNothingAlive();
    },
  );

  test('Y-08 what it left in the background is gone before it is started again, even with --keep-background', async () => {
    const script = `for old in $(cat left 2>/dev/null); do grep -qs '^State:.[^ZX]' /proc/$old/status && echo $old >>overlap; done
      [ $(wc -l <starts) -ge 3 ] && exit 0; sleep 300 & echo $! >>left; exit 1`;
    const args = ['--restart-policy', 'on-failure', '--keep-background', ...QUICK, '--', ...counted(script)];
    const {code} = await limitrun(args);
    expect({code, starts: starts(), overlap: textOf(scratch('overlap'))}).toEqual({
      code: 0,
      starts: 3,
      overlap: undefined,
    });
    await expectNothingAlive();
  });

  test('Y-14 its standard input is not read again', async () => {
    const script = 'read line; echo "got $line"; [ $(wc -l <starts) -ge 2 ] && exit 0; exit 1';
    const args = ['--restart-policy', 'on-failure', ...QUICK, '--', ...counted(script)];
    const {stdout} = await limitrun(args, {input: 'one\ntwo\nthree\n'});
    expect(stdout).toBe('got one\ngot two\n');
  });

  test('Y-10 a program that is gone when it is to be started again ends the run with 127', async () => {
    const program = scratchFile('program', '#!/bin/sh\nrm -- "$0"\necho x >>starts\nexit 1\n', 0o755);
    const {code, report} = await limitrun(['--restart-policy', 'always', ...QUICK, '--', program], {
      report: true,
    });
    expect({code, starts: starts()}).toEqual({code: 127, starts: 1});
    expect(report.reason).toMatchObject({kind: 'spawn_failed', code: 'ENOENT'});
    rmSync(program, {force: true});
    await expectNothingAlive();
  });

  test('Y-16 a restart policy with internal handling is a usage error', async () => {
    const args = [
      '--restart-policy',
      'always',
      '--violation-handling',
      'internal',
      '--',
      ...counted('exit 0'),
    ];
    const {code, stderr} = await limitrun(args);
    expect({code, starts: starts()}).toEqual({code: 125, starts: 0});
    expect(stderr).toContain('--restart-policy is always');
  });
});

describe('on a terminal, under --restart-policy always', () => {
  needs('tmux', 'bash', 'compiler');

  test('O-19 a Ctrl-C that the command dies of ends the run', async () => {
    const tty = await openTerminal(inject('fixtureDirectory'));
    tty.line('limitrun --quiet --restart-policy always -- sh -c "echo up; exec sleep 300"');
    await tty.shows(/^up$/m);
    tty.press('C-c');
    await tty.prompt();
    tty.line('echo "code $?"');
    await tty.shows('code 130');
    expect(tty.screen().match(/^up$/gm)).toHaveLength(1);
  });

  test('O-19 Ctrl-C during the wait for a restart gives the prompt back', async () => {
    const tty = await openTerminal(inject('fixtureDirectory'));
    tty.line('limitrun --restart-policy always --restart-delay 1h -- sh -c "exit 0"; echo "code $?"');
    await tty.shows(/starting attempt 2/);
    tty.press('C-c');
    await tty.shows('code 130');
    await tty.prompt();
  });
});

describe('restart_adjusted', () => {
  needs('compiler', 'linux');

  const adjusted = ['--max-rss', '40MB', '--policy', 'restart_adjusted', ...QUICK];
  const limitsOf = (report: Report): (number | undefined)[] =>
    attemptsOf(report).map(({limits}) => limits?.find(({limit}) => limit === 'max_rss')?.value);

  test('Y-01 raises the limit from attempt to attempt until the command fits', async () => {
    const args = [
      ...adjusted,
      '--adjust',
      '2x',
      '--',
      ...counted(`exec "${fixture('alloc')}" 100 --hold 300`),
    ];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect({code, starts: starts()}).toEqual({code: 0, starts: 3});
    expect(limitsOf(report)).toEqual([40 * MIB, 80 * MIB, 160 * MIB]);
    expect(stderr).toContain('limit of resident memory raised from 40.0 MiB to 80.0 MiB for attempt 2');
    expect(stderr).toContain('limit of resident memory raised from 40.0 MiB to 160.0 MiB over 3 attempts');
    expect(stderr).toMatch(/resident memory .*160\.0 MiB/);
  });

  test('Y-01 raises it by half, and not beyond --adjust-max', async () => {
    const flags = ['--adjust-max', '70MB', '--max-restarts', '3'];
    const args = [...adjusted, ...flags, '--', ...counted(`exec "${fixture('alloc')}" 120`)];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect({code, starts: starts()}).toEqual({code: 118, starts: 4});
    expect(limitsOf(report)).toEqual([40 * MIB, 60 * MIB, 70 * MIB, 70 * MIB]);
    expect(stderr).toContain('resident memory exceeded 70.0 MiB');
    await expectNothingAlive();
  });
});
