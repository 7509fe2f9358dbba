import {spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, startProgram} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {figure, readReport} from '../support/report.js';
import {fixture, scratch, scratchFile} from '../support/this-test.js';

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe('the report', () => {
  test('F-15 tells how the run ended', async () => {
    const {code, report} = await limitrun(['--name', 'my run', '--', 'sh', '-c', 'exit 9'], {report: true});
    expect(code).toBe(9);
    expect(report).toMatchObject({
      command: ['sh', '-c', 'exit 9'],
      reason: {kind: 'exited'},
      exit_code: 9,
      child: {exit_code: 9},
      forced: false,
      violations: [],
      survivors: [],
    });
  });

  test('F-15 tells the signal the command died of', async () => {
    const {report} = await limitrun(['--', 'sh', '-c', 'kill -SEGV $$'], {report: true});
    expect(report).toMatchObject({exit_code: 139, child: {signal: 'SIGSEGV'}, reason: {kind: 'exited'}});
  });

  test('F-15 is written for a command that could not be started', async () => {
    const {code, report} = await limitrun(['--', './no-such-command'], {report: true});
    expect(code).toBe(127);
    expect(report).toMatchObject({exit_code: 127, reason: {kind: 'spawn_failed'}, attempts: []});
  });

  test('F-15 says when the run began and ended', async () => {
    const before = Date.now();
    const {ms, report} = await limitrun(['--', 'sleep', '0.3'], {report: true});
    const [began, ended] = [Date.parse(report.started_at), Date.parse(report.ended_at)];
    expect(began).toBeGreaterThanOrEqual(before);
    expect(ended).toBeGreaterThanOrEqual(began + 290);
    expect(report.wall_time_seconds).toBeGreaterThanOrEqual(0.3);
    expect(report.wall_time_seconds).toBeLessThanOrEqual(ms / 1000);
  });

  describe('numbers', () => {
    needs('compiler', 'linux');

    test('F-15 the figures are those of what the command did', async () => {
      const script = `"${fixture('alloc')}" 80 --hold 500 >/dev/null & "${fixture('burn')}" 400 >/dev/null; wait; times`;
      const {report, stdout} = await limitrun(['--max-rss', '2GB', '--', 'sh', '-c', script], {report: true});
      // User and system time of the shell and of its children (POSIX times).
      const seconds = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
      expect(seconds).toHaveLength(4);
      const really = seconds.reduce((sum, one) => sum + one, 0);
      const rssMib = figure(report, 'peak_rss') / 1024 / 1024;
      expect(rssMib).toBeGreaterThan(80);
      expect(rssMib).toBeLessThan(100);
      expect(really).toBeGreaterThan(0.39);
      expect(report.cpu_time_seconds).toBeGreaterThan(really - 0.05);
      expect(report.cpu_time_seconds).toBeLessThan(really + 0.05);
      expect(figure(report, 'peak_processes')).toBe(3);
      expect(report.samples).toBeGreaterThan(2);
    });

    test('F-15 every number is finite and no value is null', async () => {
      const {report} = await limitrun(
        ['--max-rss', '50MB', '--max-cpu', '400', '--', fixture('alloc'), '120'],
        {report: true},
      );
      expect(JSON.stringify(report)).not.toContain('null');
      expect(numbersIn(report).filter((number) => !Number.isFinite(number) || number < 0)).toEqual([]);
    });

    test('F-15 every figure names its source', async () => {
      const {report} = await limitrun(['--max-rss', '1GB', '--', 'sleep', '0.3'], {report: true});
      const {peak_group_memory: ofTheGroup, ...others} = report.figures;
      const sources = Object.values(others).map((each) => each?.source);
      expect(sources.length).toBeGreaterThan(3);
      expect(new Set(sources)).toEqual(new Set(['procfs']));
      if (ofTheGroup !== undefined) expect(ofTheGroup.source).toMatch(/^cgroup[12]$/);
    });
  });

  test('F-11 holds no values of the environment', async () => {
    const env = {DATABASE_PASSWORD: 'tr0ub4dor-and-3'};
    const {stdout, stderr, report} = await limitrun(['--', 'sh', '-c', ':'], {report: true, env});
    expect(JSON.stringify(report) + stdout + stderr).not.toContain('tr0ub4dor');
  });

  test('F-11 and messages hold no values of the environment after a failure either', async () => {
    const env = {DATABASE_PASSWORD: 'tr0ub4dor-and-3', DEBUG: ''};
    const {stdout, stderr, report} = await limitrun(['--', '/nonexistent/x'], {report: true, env});
    expect(JSON.stringify(report) + stdout + stderr).not.toContain('tr0ub4dor');
  });

  test('F-07 replaces what was in the file', async () => {
    const file = scratchFile('r.json', 'old '.repeat(50_000));
    expect(await limitrun(['--report', file, '--', 'true'])).toMatchObject({code: 0});
    expect(readReport(file).exit_code).toBe(0);
  });

  test('F-03 leaves no temporary file behind', async () => {
    mkdirSync(scratch('reports'));
    await limitrun(['--report', scratch('reports', 'r.json'), '--', 'true']);
    expect(readdirSync(scratch('reports'))).toEqual(['r.json']);
  });

  test('F-07 goes through a link to a file', async () => {
    writeFileSync(scratch('real.json'), '');
    symlinkSync(scratch('real.json'), scratch('link.json'));
    expect(await limitrun(['--report', scratch('link.json'), '--', 'true'])).toMatchObject({code: 0});
    expect(readReport(scratch('link.json')).exit_code).toBe(0);
  });

  test('F-07 is found where the user was, also when the command has another directory', async () => {
    mkdirSync(scratch('there'));
    const unit = `execution: {command: "true", working_directory: ${scratch('there')}}`;
    const config = scratchFile('w.yaml', `workers:\n  - id: w\n    unit:\n      ${unit}\n`);
    expect(await limitrun(['--config', config, '--report', 'r.json'])).toMatchObject({code: 0});
    expect(readReport(scratch('r.json')).exit_code).toBe(0);
  });

  test('F-07 that is a FIFO without a reader does not hang', async () => {
    spawnSync('mkfifo', [scratch('fifo')]);
    const {code} = await limitrun(['--report', scratch('fifo'), '--', 'sh', '-c', 'exit 3']);
    expect([3, 125]).toContain(code);
  });

  test('F-07 may go to standard output', async () => {
    const {code, stdout} = await limitrun(['--report', '/dev/stdout', '--quiet', '--', 'sh', '-c', 'exit 3']);
    if (code === 125) return;
    expect(code).toBe(3);
    expect((JSON.parse(stdout) as {exit_code: number}).exit_code).toBe(3);
  });

  test.each([
    ['a device that is full', () => '/dev/full'],
    ['a folder that does not exist', () => scratch('no', 'such', 'r.json')],
    ['a directory', () => scratch()],
    ['a path through a file', () => scratch(scratchFile('plain', '').slice(scratch().length + 1), 'r.json')],
  ])('F-06 %s as report is never silence', async (_kind, make) => {
    const file = make();
    const {code, stderr} = await limitrun(['--report', file, '--', 'sh', '-c', 'exit 3']);
    expect([3, 125]).toContain(code);
    expect(stderr).toMatch(/^limitrun: .*report/m);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('F-06 a report that becomes impossible during a successful run is not a success', async () => {
    mkdirSync(scratch('reports'));
    const args = [
      '--report',
      scratch('reports', 'r.json'),
      '--',
      'sh',
      '-c',
      `rm -r "${scratch('reports')}"`,
    ];
    const {code, stderr} = await limitrun(args);
    expect(code).toBe(125);
    expect(stderr).toMatch(/^limitrun: .*report/m);
  });

  test('F-06 a report into a folder that may not be written is refused', async ({skip}) => {
    const reason = missing('otherUser');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    mkdirSync(scratch('closed'));
    chmodSync(scratch('closed'), 0o555);
    const args = ['--reuid', '65534', '--clear-groups', process.execPath, PROGRAM];
    const command = ['--report', scratch('closed', 'r.json'), '--', 'sh', '-c', 'exit 3'];
    const {code, stderr} = await startProgram('setpriv', [...args, ...command]).exited;
    expect([3, 125]).toContain(code);
    expect(stderr).toMatch(/^limitrun: .*report/m);
  });
});

describe('other files', () => {
  test('F-01 sixteen runs at once keep their own codes and reports', async () => {
    const codes = Array.from({length: 16}, (_, index) => index + 20);
    const runs = codes.map((code) => limitrun(['--', 'sh', '-c', `exit ${String(code)}`], {report: true}));
    const results = await Promise.all(runs);
    expect(results.map(({code}) => code)).toEqual(codes);
    expect(results.map(({report}) => report.exit_code)).toEqual(codes);
    expect(new Set(results.map(({report}) => report.run_id)).size).toBe(16);
  });

  test('F-05 a home that does not exist and state that cannot be written do not matter', async () => {
    const env = {
      HOME: '/nonexistent',
      XDG_STATE_HOME: '/proc/nope',
      XDG_RUNTIME_DIR: '/proc/nope',
      XDG_CONFIG_HOME: '/proc/nope',
    };
    expect(await limitrun(['--', 'sh', '-c', 'exit 3'], {env})).toMatchObject({code: 3});
  });

  test('F-05 without any variable but PATH limitrun runs', async () => {
    const {code} = await shell('exec env -i PATH="$PATH" "$NODE" "$RUN" -- sh -c "exit 3"');
    expect(code).toBe(3);
  });

  test('F-05 a file size limit of 0 does not keep the command from its code', async () => {
    const {code} = await shell('ulimit -f 0; exec "$NODE" "$RUN" -- sh -c "exit 3"');
    expect(code).toBe(3);
  });
});
