import {existsSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {brokenLimits} from '../support/report.js';
import {expectNothingAlive, fixture, scratch, scratchFile} from '../support/this-test.js';

describe('the exit code of the command', () => {
  test.each([0, 1, 2, 42, 64, 110, 118, 124, 125, 126, 127, 128, 130, 137, 143, 255])(
    'E-01 the code %i is passed on',
    async (wanted) => {
      const {code, signal} = await limitrun(['--', 'sh', '-c', `exit ${String(wanted)}`]);
      expect({code, signal}).toEqual({code: wanted, signal: null});
    },
  );

  test.each([
    ['HUP', 129],
    ['QUIT', 131],
    ['ABRT', 134],
    ['KILL', 137],
    ['USR1', 138],
    ['SEGV', 139],
    ['PIPE', 141],
    ['ALRM', 142],
    ['TERM', 143],
  ])('E-02 a command that dies of SIG%s gives %i', async (name, wanted) => {
    const {code} = await limitrun(['--', 'sh', '-c', `kill -${name} $$`]);
    expect(code).toBe(wanted);
  });

  test('E-06 a command killed by somebody else gives 137, and the report does not blame a limit', async () => {
    const {code, report} = await limitrun(['--max-rss', '1GB', '--', 'sh', '-c', 'kill -KILL $$'], {
      report: true,
    });
    expect(code).toBe(137);
    expect(report.reason.kind).toBe('exited');
    expect(report.child.signal).toBe('SIGKILL');
    expect(report.forced).toBe(false);
  });
});

describe('time limits', () => {
  test('E-03 the wall limit gives 124', async () => {
    const {code, report} = await limitrun(['--timeout', '300ms', '--', 'sleep', '300'], {report: true});
    expect(code).toBe(124);
    expect(report.reason).toEqual({kind: 'violation', limit: 'timeout'});
    expect(report.exit_code).toBe(124);
  });

  test('E-03 the wall limit gives 124 although the command then exits with 0', async () => {
    const script = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
    const {code, report} = await limitrun(['--timeout', '500ms', '--', 'sh', '-c', script], {report: true});
    expect(code).toBe(124);
    expect(report.child.exit_code).toBe(0);
    expect(report.forced).toBe(false);
  });

  test('E-03 a command that ends in time keeps its code', async () => {
    expect(await limitrun(['--timeout', '60s', '--', 'sh', '-c', 'exit 6'])).toMatchObject({code: 6});
  });
});

describe('limits', () => {
  needs('compiler', 'linux');

  const BROKEN: readonly (readonly [
    limit: string,
    code: number,
    flags: readonly string[],
    command: readonly string[],
  ])[] = [
    ['max_rss', 110, ['--max-rss', '50MB'], ['alloc', '150']],
    ['max_virtual', 110, ['--max-virtual', '500MB'], ['alloc', '1000', '--virtual']],
    ['max_percent', 111, ['--max-cpu', '30'], ['burn', '0']],
    ['max_processes', 112, ['--max-processes', '5'], ['forker', '20']],
    ['max_file_descriptors', 113, ['--max-fds', '100'], ['fds', '300']],
    ['max_time', 124, ['--max-cpu-time', '300ms'], ['burn', '0']],
  ];

  test.each(BROKEN)(
    'E-04 breaking %s gives %i and is the reason in the report',
    async (limit, wanted, flags, command) => {
      const [name = '', ...args] = command;
      const {code, stderr, report} = await limitrun([...flags, '--', fixture(name), ...args], {report: true});
      expect(code).toBe(wanted);
      expect(report.reason).toEqual({kind: 'violation', limit});
      expect(report.exit_code).toBe(wanted);
      expect(brokenLimits(report)).toContain(limit);
      expect(stderr).toMatch(/^limitrun: .*exceed/m);
      await expectNothingAlive();
    },
  );

  test('E-04 breaking max_write_bps gives 114', async () => {
    const args = ['--max-write-bps', '2MB', '--', fixture('writer'), scratch('data'), '40', '30'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(114);
    expect(report.reason).toEqual({kind: 'violation', limit: 'max_write_bps'});
  });

  test('E-04 breaking max_read_bps gives 114', async () => {
    const args = ['--max-read-bps', '2MB', '--', fixture('writer'), scratch('data'), '40', '30', '--read'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(114);
    expect(report.reason).toEqual({kind: 'violation', limit: 'max_read_bps'});
  });

  test('E-04 --violation-exit-code replaces the code of a limit', async () => {
    const args = ['--violation-exit-code', '99', '--max-rss', '50MB', '--', fixture('alloc'), '150'];
    expect(await limitrun(args)).toMatchObject({code: 99});
  });

  test('E-03 --violation-exit-code does not replace 124', async () => {
    expect(
      await limitrun(['--violation-exit-code', '99', '--timeout', '300ms', '--', 'sleep', '300']),
    ).toMatchObject({
      code: 124,
    });
  });

  test.each([
    ['without', [], true],
    ['with', ['--fail-on-violation'], false],
  ])('E-04 %s --fail-on-violation, a violation that is only logged', async (_word, flags, isZero) => {
    const args = [
      ...flags,
      '--policy',
      'log',
      '--max-rss',
      '30MB',
      '--',
      fixture('alloc'),
      '80',
      '--hold',
      '500',
    ];
    const {code, report} = await limitrun(args, {report: true});
    expect(brokenLimits(report)).toEqual(['max_rss']);
    expect(code === 0).toBe(isZero);
    expect(report.exit_code).toBe(code);
  });

  test('E-07 a command that ends near its violation has a code that agrees with the report', async () => {
    const args = ['--max-rss', '30MB', '--', fixture('alloc'), '60', '--hold', '1'];
    const runs = await Promise.all([1, 2, 3, 4].map(() => limitrun(args, {report: true})));
    for (const {code, report} of runs) {
      expect(report.exit_code).toBe(code);
      expect(code).toBe(report.reason.kind === 'exited' ? 0 : 110);
    }
  });
});

describe("limitrun's own faults", () => {
  /** Loaded into limitrun by NODE_OPTIONS: breaks it as soon as a file appears. */
  const BREAKS = (how: string): string => `
    const {existsSync} = require('node:fs');
    if (/(run\\.js|start\\.cjs)$/.test(process.argv[1]))
      setInterval(() => { if (existsSync(process.env.BREAK_NOW)) { ${how}; } }, 20).unref();`;

  test.each([
    ['an exception nobody caught', 'throw new Error("injected fault")'],
    ['a promise nobody awaited', 'Promise.reject(new Error("injected fault"))'],
  ])('E-09 %s inside limitrun ends with 125 and leaves no orphan', async (_kind, how) => {
    const preload = scratchFile('break.cjs', BREAKS(how));
    const env = {NODE_OPTIONS: `--require=${preload}`, BREAK_NOW: scratch('now')};
    const running = start(['--max-rss', '1GB', '--', 'sh', '-c', 'echo up; sleep 300; :'], {env});
    await running.said('up');
    expect(existsSync(scratch('now'))).toBe(false);
    scratchFile('now', '');
    const {code, stderr} = await running.exited;
    expect(code).toBe(125);
    expect(stderr).toContain('injected fault');
    await expectNothingAlive();
  });

  test('E-05 limitrun that has nothing left to wait for before there is an outcome is no success', async () => {
    const letGo = `
      if (/(run\\.js|start\\.cjs)$/.test(process.argv[1])) {
        const later = setTimeout;
        globalThis.setTimeout = (...args) => later(...args).unref();
        later(() => { for (const one of process._getActiveHandles()) one.unref?.(); }, 300).unref();
      }`;
    const env = {NODE_OPTIONS: `--require=${scratchFile('let-go.cjs', letGo)}`};
    expect(await limitrun(['--no-record', '--', 'sleep', '300'], {env})).toMatchObject({code: 125});
    await expectNothingAlive(3000);
  });

  test('E-05 a report that can never be written is refused with 125 before the start', async () => {
    const touched = scratch('touched');
    const {code, stderr} = await limitrun(['--report', '/nonexistent/folder/r.json', '--', 'touch', touched]);
    expect(code).toBe(125);
    expect(stderr).toContain('/nonexistent/folder');
    expect(existsSync(touched)).toBe(false);
  });
});
