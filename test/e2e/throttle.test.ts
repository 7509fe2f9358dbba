import {availableParallelism, loadavg} from 'node:os';
import {describe, expect, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import type {Report} from '../support/report.js';
import {isAlive} from '../support/survivors.js';
import {alive, expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';
import {stateOf} from '../unit/process/real-children.js';

/** CPU time by the kernel's count over wall time, in percent. */
function average({cpu_time_seconds: cpu = NaN, wall_time_seconds: wall}: Report): number {
  return (100 * cpu) / wall;
}

function cpuViolation(report: Report): Report['violations'][number] | undefined {
  return report.violations.find(({limit, severity}) => limit === 'max_percent' && severity === 'critical');
}

/** More than the limit is always a fault; less is none on a machine that is busy with something else. */
function expectNear(used: number, limit: number): void {
  expect(used).toBeLessThan(limit * 1.12);
  const [load = 0] = loadavg();
  if (load < 1.5 * availableParallelism()) expect(used).toBeGreaterThan(limit * 0.8);
}

/** Who slows down: limitrun itself, by stopping and waking; or the best there is, where it can be the kernel. */
const WAYS = ['poll', 'auto'] as const;

function throttledBy(way: (typeof WAYS)[number], percent: string): RegExp {
  const byKernel = way === 'auto' && missing('cpuGroup') === undefined;
  return new RegExp(`^throttled to ${percent}%${byKernel ? ' by the kernel [(]cgroup[12][)]' : ''}$`);
}

describe.each(WAYS)('a command that is throttled with --enforce %s', (way) => {
  needs('compiler', 'linux');

  test.each([1, 4])('with %d busy processes uses what it may', async (processes) => {
    const burn = [fixture('burn'), '0', '--processes', String(processes)];
    // A quarter of what they can use: what is used before the violation is made up for in four seconds, not in forty.
    const percent = 25 * Math.min(processes, availableParallelism());
    const limit = ['--max-cpu', String(percent), '--policy', 'throttle'];
    const {code, report} = await limitrun(['--enforce', way, ...limit, '--timeout', '8s', '--', ...burn], {
      report: true,
    });
    expect(code).toBe(124);
    expectNear(average(report), percent);
    expect(report.violations.filter(({severity}) => severity === 'critical')).toHaveLength(2);
    const text = throttledBy(way, percent.toFixed(1));
    expect(cpuViolation(report)?.actions).toEqual([expect.stringMatching(text)]);
  });

  test('is let go when it wants no more than it may have, in one episode', async () => {
    // What it has used until it is known (0.6 s) is made up for in three seconds, and more on a busy machine.
    const burn = [fixture('burn'), '600', '--then', '6000'];
    const {code, stderr, report} = await limitrun(
      ['--enforce', way, '--max-cpu', '20', '--policy', 'throttle', '--', ...burn],
      {report: true},
    );
    expect(code).toBe(0);
    expect(report.violations.filter(({severity}) => severity === 'critical')).toHaveLength(1);
    expect(cpuViolation(report)?.actions).toEqual([
      expect.stringMatching(throttledBy(way, '20.0')),
      'no longer throttled',
    ]);
    expect(stderr).toMatch(/CPU back below the limit[^]*no longer throttled/);
  });
});

describe('a command that the kernel throttles', () => {
  needs('compiler', 'cpuGroup');

  test('is told so before, and never stopped', async () => {
    const burn = [fixture('burn'), '0', '--processes', '2'];
    const running = start(['-v', '--max-cpu', '30', '--policy', 'throttle', '--', ...burn]);
    await throttled(running);
    const states = new Set<string>();
    const untilMs = performance.now() + 1500;
    await waitFor(
      () => {
        for (const {pid} of alive()) states.add(stateOf(pid));
        return performance.now() > untilMs;
      },
      {what: 'a second and a half to pass'},
    );
    expect(states).toContain('R');
    expect(states).not.toContain('T');
    expect(running.stderr()).toMatch(/CPU at most 30.0%: capped by the kernel/);
    running.kill('SIGTERM');
    await running.exited;
  });
});

describe('a command that is throttled', () => {
  needs('compiler', 'linux');

  test('with short-lived children uses what it may', async () => {
    const script = `while :; do ${fixture('burn')} 30 >/dev/null; done`;
    const {report} = await limitrun(
      ['--max-cpu', '40', '--cpu-policy', 'throttle', '--timeout', '8s', '--', 'sh', '-c', script],
      {report: true},
    );
    expectNear(average(report), 40);
  });

  test.each(['external', 'disabled'])('is throttled or not as handling %s says', async (handling) => {
    const {report} = await limitrun(
      [
        ...['--max-cpu', '20', '--policy', 'throttle', '--violation-handling', handling],
        ...['--', fixture('burn'), '1500'],
      ],
      {report: true},
    );
    const external = handling === 'external';
    expect(cpuViolation(report)?.actions).toEqual(
      external ? [expect.stringMatching(throttledBy('auto', '20.0'))] : [],
    );
    // A second and a half of CPU time at a fifth of a core.
    if (external) expect(report.wall_time_seconds).toBeGreaterThan(5);
  });

  test('still ends for its CPU time', async () => {
    const {code, report} = await limitrun(
      ['--max-cpu', '50', '--max-cpu-time', '1500ms', '--policy', 'throttle', '--', fixture('burn'), '0'],
      {report: true},
    );
    expect(code).toBe(124);
    expect(report.reason).toMatchObject({limit: 'max_time'});
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('and gets %s is not left stopped', async (signal) => {
    const burn = [fixture('burn'), '0', '--processes', '3'];
    const running = start(['--max-cpu', '10', '--policy', 'throttle', '--', ...burn]);
    await throttled(running);
    running.kill(signal);
    const {code} = await running.exited;
    expect(code).toBe(signal === 'SIGTERM' ? 143 : 130);
    await expectNothingAlive();
  });

  test('goes on freely when it is left in the background', async () => {
    const script = `${fixture('burn')} 0 >/dev/null & echo $! >${scratch('pid')}; sleep 3`;
    const {code} = await limitrun([
      ...['--max-cpu', '10', '--policy', 'throttle', '--keep-background', '--', 'sh', '-c', script],
    ]);
    expect(code).toBe(0);
    const pid = Number(textOf(scratch('pid')));
    expect(isAlive(pid)).toBe(true);
    expect(stateOf(pid)).toBe('R');
    process.kill(pid, 'SIGKILL');
  });

  test('is gone with all it started when limitrun is killed by SIGKILL', async () => {
    const burn = fixture('burn');
    const script = `setsid ${burn} 0 & (setsid ${burn} 0 &) ; ${burn} 0`;
    const running = start(['--max-cpu', '10', '--policy', 'throttle', '--', 'sh', '-c', script]);
    await throttled(running);
    running.kill('SIGKILL');
    await expectNothingAlive(3000);
  });
});

describe('a shell with job control that is throttled', () => {
  needs('compiler', 'linux', 'bash');

  test('does not see its jobs stop', async () => {
    const script = `set -m; ${fixture('burn')} 1200 >/dev/null & wait $!; echo code $?; jobs`;
    const {stdout, stderr} = await limitrun([
      ...['--max-cpu', '20', '--policy', 'throttle', '--', 'bash', '-c', script],
    ]);
    expect(stderr).toContain('throttled to 20.0%');
    expect(stdout).toBe('code 0\n');
  });
});

describe('throttling what cannot be throttled', () => {
  test.each([
    [['--max-rss', '1GB'], 'max_rss', '--memory-policy'],
    [['--max-cpu', '50', '--max-processes', '9'], 'max_processes', '--process-policy'],
    [['--max-cpu-time', '5s'], 'max_time', '--max-cpu'],
  ])('%j is refused with an advice', async (flags, limit, advice) => {
    const touched = scratch('touched');
    const {code, stderr} = await limitrun([...flags, '--policy', 'throttle', '--', 'touch', touched]);
    expect(code).toBe(125);
    expect(stderr).toContain(`--policy is throttle, but the policy throttle cannot keep ${limit}`);
    expect(stderr).toContain(advice);
    expect(textOf(touched)).toBeUndefined();
  });
});

async function throttled(running: ReturnType<typeof start>): Promise<void> {
  await waitFor(() => running.stderr().includes('throttled to'), {
    what: 'the throttling to begin',
    seen: () => `${running.stderr()} ${JSON.stringify(alive())}`,
  });
}
