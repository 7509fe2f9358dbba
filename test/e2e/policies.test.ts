import {describe, expect, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {brokenLimits, figure, readReport} from '../support/report.js';
import {expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

const SMALL = ['--max-rss', '50MB'];

/** A shell command that notes its start in `starts` and then needs too much memory. */
function greedy(...options: string[]): string[] {
  return ['sh', '-c', `echo $$ >>starts; exec "${fixture('alloc')}" 120 ${options.join(' ')}`];
}

function starts(): number {
  return (textOf(scratch('starts')) ?? '').split('\n').length - 1;
}

function linesWith(text: string, pattern: RegExp): string[] {
  return text.split('\n').filter((line) => pattern.test(line));
}

describe.each(['internal', 'external'] as const)('violation handling %s', (mode) => {
  needs('compiler', 'linux');

  const handling = ['--violation-handling', mode];

  test('Y-16 a violation ends the tree once, and the report names the mode', async () => {
    const args = [...handling, ...SMALL, '--', fixture('forker'), '3', '--mib', '40', '--setsid'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(report.violation_handling).toBe(mode);
    expect(report.reason).toEqual({kind: 'violation', limit: 'max_rss'});
    expect(brokenLimits(report)).toEqual(['max_rss']);
    await expectNothingAlive();
  });

  test('Y-01 immediate_kill kills without SIGTERM', async () => {
    const args = [...handling, ...SMALL, '--policy', 'immediate_kill', '--', fixture('sigs'), '--mib', '120'];
    const {code, stdout, report} = await limitrun(args, {report: true});
    expect({code, stdout}).toEqual({code: 110, stdout: 'ready\n'});
    expect(report.forced).toBe(true);
    await expectNothingAlive();
  });

  test('Y-02 graceful_shutdown lets the command clean up and does not wait longer than needed', async () => {
    const script = `trap 'echo cleaned >cleaned; kill $!; exit 0' TERM; "${fixture('alloc')}" 120 & wait`;
    const args = [...handling, ...SMALL, '--grace-period', '1h', '--', 'sh', '-c', script];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(textOf(scratch('cleaned'))).toBe('cleaned\n');
    expect(report.forced).toBe(false);
  });

  test('Y-02 graceful_shutdown sends SIGTERM exactly once', async () => {
    const args = [...handling, ...SMALL, '--', fixture('sigs'), '--mib', '120', '--exit', '0'];
    const {code, stdout} = await limitrun(args);
    expect(code).toBe(110);
    expect(linesWith(stdout, /^TERM$/)).toHaveLength(1);
  });

  test('Y-03 graceful_shutdown kills at the end of the grace period', async () => {
    const args = [...handling, ...SMALL, '--grace-period', '500ms', '--', fixture('sigs'), '--mib', '120'];
    const {code, stdout, ms, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(stdout).toContain('TERM\n');
    expect(report.forced).toBe(true);
    expect(ms).toBeGreaterThan(500);
    await expectNothingAlive();
  });

  test('Y-07 memory that goes on growing during the grace period is the end of it', async () => {
    const growing = [fixture('alloc'), '600', '--step', '4', '--every', '20', '--ignore'];
    const flags = ['--max-rss', '40MB', '--grace-period', '60s', '--enforce', 'poll'];
    const {code, report} = await limitrun([...flags, '--', ...growing], {report: true});
    expect({code, forced: report.forced}).toEqual({code: 110, forced: true});
    expect(figure(report, 'peak_rss')).toBeGreaterThan(80 * 1024 * 1024);
    await expectNothingAlive();
  });

  test('Y-05 a grandchild that does not obey is killed although the command obeyed', async () => {
    const script = `trap 'echo obeyed >obeyed; exit 0' TERM; "${fixture('alloc')}" 120 --ignore & wait`;
    const args = [...handling, ...SMALL, '--grace-period', '300ms', '--', 'sh', '-c', script];
    expect(await limitrun(args)).toMatchObject({code: 110});
    expect(textOf(scratch('obeyed'))).toBe('obeyed\n');
    await expectNothingAlive();
  });

  test('Y-04 a grace period of 0 kills at once', async () => {
    const args = [...handling, ...SMALL, '--grace-period', '0', '--', fixture('alloc'), '120', '--ignore'];
    expect(await limitrun(args)).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test('Y-04 two signals cut a long grace period short', async () => {
    const running = start([
      ...handling,
      ...SMALL,
      '--grace-period',
      '1h',
      '--',
      fixture('sigs'),
      '--mib',
      '120',
    ]);
    await running.said('TERM\n');
    running.kill('SIGTERM');
    running.kill('SIGINT');
    expect((await running.exited).code).toBe(110);
    await expectNothingAlive();
  });

  test.each(['none', 'log', 'alert'])('Y-15 the policy %s never acts', async (policy) => {
    const args = [...handling, ...SMALL, '--policy', policy, '--', fixture('sigs'), '--mib', '120'];
    const running = start(args);
    await running.said('ready\n');
    if (policy === 'none') await waitFor(() => running.stdout() === 'ready\n', {what: 'the command'});
    else
      await waitFor(() => running.stderr().includes('resident memory'), {
        what: 'the line about the violation',
      });
    // SIGUSR1 ends nothing either: what the command says next is all that happened to it.
    running.kill('SIGUSR1');
    await running.said('USR1\n');
    expect(running.stdout()).toBe('ready\nUSR1\n');
    running.kill('SIGTERM');
    await running.said('TERM\n');
    running.kill('SIGTERM');
    await running.exited;
  });

  test('Y-15 log says one line for an episode, not one for each sample', async () => {
    const flags = ['--interval', '20ms', '--policy', 'log'];
    const args = [...handling, ...SMALL, ...flags, '--', fixture('alloc'), '120', '--hold', '800'];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect(code).toBe(0);
    expect(report.samples).toBeGreaterThan(3);
    expect(linesWith(stderr, /^limitrun: violation:/)).toHaveLength(1);
    expect(brokenLimits(report)).toEqual(['max_rss']);
  });

  test('Y-15 the policy of a group overrules the general one', async () => {
    const flags = ['--policy', 'immediate_kill', '--memory-policy', 'log'];
    const args = [...handling, ...SMALL, ...flags, '--', fixture('alloc'), '120', '--hold', '400'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(0);
    expect(report.violations.find(({severity}) => severity === 'critical')?.policy).toBe('log');
  });

  test('E-03 the timeout is kept', async () => {
    expect(await limitrun([...handling, '--timeout', '300ms', '--', 'sleep', '300'])).toMatchObject({
      code: 124,
    });
    await expectNothingAlive();
  });
});

describe('violation handling disabled', () => {
  needs('compiler', 'linux');

  const handling = ['--violation-handling', 'disabled'];

  test('Y-16 a violation is said and recorded, and nothing is done', async () => {
    const args = [...handling, ...SMALL, '--', fixture('alloc'), '120', '--hold', '600'];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect(code).toBe(0);
    expect(report.violation_handling).toBe('disabled');
    expect(brokenLimits(report)).toEqual(['max_rss']);
    expect(report.violations.flatMap(({actions}) => actions)).toEqual([]);
    expect(linesWith(stderr, /^limitrun: violation:/)).toHaveLength(1);
  });

  test('Y-16 immediate_kill does nothing either', async () => {
    const flags = ['--policy', 'immediate_kill'];
    const args = [...handling, ...SMALL, ...flags, '--', fixture('alloc'), '120', '--hold', '600'];
    const {code, stdout, report} = await limitrun(args, {report: true});
    expect({code, stdout, broken: brokenLimits(report)}).toEqual({
      code: 0,
      stdout: 'ready\n',
      broken: ['max_rss'],
    });
  });

  test('Y-16 background processes are still ended and signals forwarded', async () => {
    const running = start([...handling, '--', fixture('forker'), '2', '--setsid']);
    await running.said('ready\n');
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(143);
    await expectNothingAlive();
  });
});

describe('restart', () => {
  needs('compiler', 'linux');

  const RESTART = [...SMALL, '--policy', 'restart', '--restart-delay', '50ms'];

  test('Y-16 selects external handling and says so', async () => {
    const args = [...RESTART, '--max-restarts', '1', '--', ...greedy()];
    const {stderr, report} = await limitrun(args, {report: true});
    expect(report.violation_handling).toBe('external');
    expect(stderr).toMatch(/^limitrun: .*external/m);
  });

  test('Y-16 with internal handling is a usage error that explains itself', async () => {
    const args = [...RESTART, '--violation-handling', 'internal', '--', 'touch', scratch('touched')];
    const {code, stdout, stderr} = await limitrun(args);
    expect({code, stdout}).toEqual({code: 125, stdout: ''});
    expect(stderr).toMatch(/restart.*external|external.*restart/);
    expect(textOf(scratch('touched'))).toBeUndefined();
  });

  test.each([
    ['0', 1],
    ['1', 2],
    ['2', 3],
  ])(
    'Y-10 E-08 with --max-restarts %s there are %i starts and then the code 118',
    async (restarts, expected) => {
      const args = [...RESTART, '--max-restarts', restarts, '--', ...greedy()];
      const {code, report} = await limitrun(args, {report: true});
      expect({code, starts: starts()}).toEqual({code: 118, starts: expected});
      expect(report.reason).toEqual({kind: 'breaker_open', limit: 'max_rss'});
      expect(report.attempts).toHaveLength(expected);
      await expectNothingAlive();
    },
  );

  test('Y-08 the old tree is entirely dead before the new one starts', async () => {
    const script = `for old in $(cat pids 2>/dev/null); do grep -qs '^State:.[^ZX]' /proc/$old/status && echo $old >>overlap; done
      setsid "${fixture('alloc')}" 60 --ignore & echo $! >>pids
      "${fixture('alloc')}" 60 & echo $! >>pids
      echo $$ >>pids; echo start >>starts; wait; sleep 300`;
    const args = [...RESTART, '--max-restarts', '2', '--grace-period', '300ms', '--', 'sh', '-c', script];
    const {code} = await limitrun(args);
    expect({code, starts: starts(), overlap: textOf(scratch('overlap'))}).toEqual({
      code: 118,
      starts: 3,
      overlap: undefined,
    });
    await expectNothingAlive();
  });

  test('Y-10 a command that ends by itself is not started again', async () => {
    const args = [...RESTART, '--max-restarts', '5', '--', 'sh', '-c', 'echo x >>starts; exit 3'];
    const {code} = await limitrun(args);
    expect({code, starts: starts()}).toEqual({code: 3, starts: 1});
  });

  test('Y-10 a command that behaves after a restart ends the run with its code', async () => {
    const script = `echo x >>starts; if [ $(wc -l <starts) -ge 2 ]; then exit 6; fi; exec "${fixture('alloc')}" 120`;
    const {code, report} = await limitrun([...RESTART, '--max-restarts', '5', '--', 'sh', '-c', script], {
      report: true,
    });
    expect({code, starts: starts()}).toEqual({code: 6, starts: 2});
    expect(report.reason).toEqual({kind: 'exited'});
  });

  test('Y-12 SIGTERM while waiting for a restart ends at once, and nothing is started afterwards', async () => {
    const flags = [...SMALL, '--policy', 'restart', '--restart-delay', '1h'];
    const running = start([...flags, '--', ...greedy()]);
    await waitFor(() => running.stderr().includes('starting attempt 2'), {
      what: 'the wait',
      seen: running.stderr,
    });
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(143);
    expect(starts()).toBe(1);
    await expectNothingAlive();
  });

  test('Y-12 SIGTERM while the old tree is being ended starts nothing afterwards', async () => {
    const report = scratch('report.json');
    const flags = [...RESTART, '--grace-period', '500ms', '--report', report];
    const running = start([
      ...flags,
      '--',
      'sh',
      '-c',
      `echo x >>starts; exec "${fixture('sigs')}" --mib 120`,
    ]);
    await running.said('TERM\n');
    running.kill('SIGTERM');
    await running.exited;
    expect(starts()).toBe(1);
    expect(readReport(report).attempts).toHaveLength(1);
    await expectNothingAlive();
  });

  test('Y-09 the waits grow by the back-off rate', async () => {
    const flags = [...SMALL, '--policy', 'restart', '--restart-delay', '100ms', '--backoff-rate', '2'];
    const {stderr, report} = await limitrun([...flags, '--max-restarts', '2', '--', ...greedy()], {
      report: true,
    });
    const waits = report.attempts.map((attempt) => (attempt as {next_in_ms?: number}).next_in_ms);
    expect(waits).toHaveLength(3);
    expect(waits[1] ?? 0).toBeGreaterThan(waits[0] ?? Infinity);
    expect(waits[2]).toBeUndefined();
    expect(linesWith(stderr, /starting attempt/)).toHaveLength(2);
  });

  test('Y-10 --startup-grace lets a command need much at its start', async () => {
    const flags = [...RESTART, '--startup-grace', '1h'];
    const args = [...flags, '--', ...greedy('--hold', '500')];
    const {code, report} = await limitrun(args, {report: true});
    expect({code, starts: starts()}).toEqual({code: 0, starts: 1});
    expect(report.attempts).toHaveLength(1);
  });

  test('E-04 --violation-exit-code replaces 118', async () => {
    const args = [...RESTART, '--max-restarts', '0', '--violation-exit-code', '77', '--', ...greedy()];
    expect(await limitrun(args)).toMatchObject({code: 77});
  });

  test('Y-10 a timeout is no reason to start again', async () => {
    const args = [
      '--policy',
      'restart',
      '--timeout',
      '300ms',
      '--',
      'sh',
      '-c',
      'echo x >>starts; sleep 300',
    ];
    const {code} = await limitrun(args);
    expect({code, starts: starts()}).toEqual({code: 124, starts: 1});
  });
});

describe('policies this version does not have', () => {
  test.each(['throttle'])(
    'Y-01 %s for a memory limit is refused with 125 rather than ignored',
    async (policy) => {
      const {code, stderr} = await limitrun([
        '--policy',
        policy,
        '--max-rss',
        '1GB',
        '--',
        'touch',
        scratch('touched'),
      ]);
      expect(code).toBe(125);
      expect(stderr).toContain(policy);
      expect(textOf(scratch('touched'))).toBeUndefined();
    },
  );
});
