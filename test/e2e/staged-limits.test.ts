import {describe, expect, test} from 'vitest';
import {limitrun} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import type {Report} from '../support/report.js';
import {expectNothingAlive, fixture, scratch, scratchFile, textOf} from '../support/this-test.js';

const MIB = 2 ** 20;
const STAGES = '30MB:log, 50MB:graceful_shutdown, 80MB:immediate_kill';

/** Grows to 300 MiB in three seconds, and obeys no signal that asks it to end. */
const STUBBORN = (): string[] => [fixture('alloc'), '300', '--step', '1', '--every', '10', '--ignore'];

/**
 * The limit values of the real violations in the order in which they began, in MiB, with their policies. The high-water
 * mark of what grows may be seen above a limit just before the memory itself is: that is told for itself.
 */
function steps(report: Report): string[] {
  return report.violations
    .filter(({severity, between_samples}) => severity === 'critical' && between_samples !== true)
    .map(({limit_value, policy}) => `${String(limit_value / MIB)} ${policy}`);
}

const ALL_STEPS = ['30 log', '50 graceful_shutdown', '80 immediate_kill'];

describe.each(['internal', 'external'] as const)('with violation handling %s', (mode) => {
  needs('compiler', 'linux');

  test('a child that grows slowly meets each step once, in order, and the kill cuts the grace period short', async () => {
    const args = [
      '--violation-handling',
      mode,
      '--grace-period',
      '1h',
      '--max-rss',
      STAGES,
      '--',
      ...STUBBORN(),
    ];
    const {code, stderr, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(report.reason).toEqual({kind: 'violation', limit: 'max_rss'});
    expect(report.forced).toBe(true);
    expect(steps(report)).toEqual(ALL_STEPS);
    const [logged, asked, killed] = report.violations.filter(({severity}) => severity === 'critical');
    expect(logged?.actions).toEqual([]);
    expect(asked?.actions).toEqual(['SIGTERM to 1 process']);
    // Where there are groups the last step is the kernel's cap too: it may kill before limitrun, after it, or not at all.
    const [ours, kernels] = ['SIGKILL to 1 process', 'SIGKILL by the kernel at its cap'];
    expect([[ours], [kernels], [ours, kernels], [kernels, ours]]).toContainEqual(killed?.actions);
    expect(stderr).toContain('ended: resident memory exceeded 50.0 MiB');
    await expectNothingAlive();
  });

  test('a child that leaps over all steps at once is killed without a grace period', async () => {
    const leap = [fixture('alloc'), '200', '--ignore'];
    // By sampling: a cap of the kernel at the highest step would be told alone.
    const handling = ['--violation-handling', mode, '--enforce', 'poll'];
    const args = [...handling, '--grace-period', '1h', '--max-rss', STAGES, '--', ...leap];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(steps(report)).toEqual(ALL_STEPS);
    await expectNothingAlive();
  });

  test('a timeout in steps logs, asks and kills', async () => {
    const stages = '100ms:log, 200ms, 400ms:immediate_kill';
    const hold = [fixture('alloc'), '1', '--ignore'];
    const args = ['--violation-handling', mode, '--grace-period', '1h', '--timeout', stages, '--', ...hold];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(124);
    expect(report.violations.map(({limit_value, policy}) => [limit_value, policy])).toEqual([
      [0.1, 'log'],
      [0.2, 'graceful_shutdown'],
      [0.4, 'immediate_kill'],
    ]);
    await expectNothingAlive();
  });
});

describe('steps of a limit', () => {
  needs('compiler', 'linux');

  test('a step that only logs lets a command go on below the next one', async () => {
    const args = ['--max-rss', '20MB:log, 300MB', '--', fixture('alloc'), '40', '--hold', '300'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(0);
    expect(steps(report)).toEqual(['20 log']);
  });

  test('a step with a sustain time waits, the one above it does not', async () => {
    const stages = '20MB@1h:graceful_shutdown, 40MB:immediate_kill';
    const {code, report} = await limitrun(['--max-rss', stages, '--', fixture('alloc'), '80'], {
      report: true,
    });
    expect(code).toBe(110);
    expect(steps(report)).toEqual(['40 immediate_kill']);
  });

  test('a single step may have a sustain time and a policy of its own', async () => {
    const args = ['--max-rss', '20MB@200ms:immediate_kill', '--policy', 'log', '--', fixture('alloc'), '40'];
    const {code, report, stderr} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(steps(report)).toEqual(['20 immediate_kill']);
    expect(stderr).toContain('--policy has no effect');
  });

  test('the report lists every step with its policy and its sustain time, the final table the last one', async () => {
    const stages = '200MB:log, 250MB@30s:graceful_shutdown, 300MB:immediate_kill';
    const {stderr, report} = await limitrun(['--max-rss', stages, '--', 'true'], {report: true});
    expect(report.limits).toMatchObject([
      {limit: 'max_rss', value: 200 * MIB, policy: 'log', sustain_seconds: 0},
      {limit: 'max_rss', value: 250 * MIB, policy: 'graceful_shutdown', sustain_seconds: 30},
      {limit: 'max_rss', value: 300 * MIB, policy: 'immediate_kill', sustain_seconds: 0},
    ]);
    expect(stderr).toMatch(/resident memory \(RSS\).* 300\.0 MiB/);
    expect(stderr).not.toMatch(/resident memory \(RSS\).* 200\.0 MiB/);
  });

  test('a restart in a step selects external handling, and a later kill still leads to the restart', async () => {
    const script = `echo $$ >>starts; exec ${STUBBORN().join(' ')}`;
    const args = ['--max-rss', '30MB:restart, 60MB:immediate_kill', '--grace-period', '1h'];
    const again = ['--max-restarts', '1', '--restart-delay', '0', '--', 'sh', '-c', script];
    const {code, stderr, report} = await limitrun([...args, ...again], {report: true});
    expect(code).toBe(118);
    expect(stderr).toContain('violation handling is external, because a step of --max-rss is restart');
    expect(textOf(scratch('starts'))?.trim().split('\n')).toHaveLength(2);
    expect(steps(report)).toEqual(['30 restart', '60 immediate_kill', '30 restart', '60 immediate_kill']);
    await expectNothingAlive();
  });

  test.each([
    ['a string', `"${STAGES}"`],
    [
      'a list of maps',
      '[{value: 30MB, policy: log}, {value: 50MB, policy: graceful_shutdown}, {value: 80MB, policy: immediate_kill}]',
    ],
  ])('in a worker file they are %s', async (_form, value) => {
    const file = scratchFile(
      'worker.yaml',
      `workers:\n  - id: w\n    unit:\n      limits:\n        memory:\n          max_rss: ${value}\n`,
    );
    const {code, report} = await limitrun(['--config', file, '--grace-period', '1h', '--', ...STUBBORN()], {
      report: true,
    });
    expect(code).toBe(110);
    expect(steps(report)).toEqual(ALL_STEPS);
  });

  test('in the environment they are the same string', async () => {
    const env = {LIMITRUN_MAX_RSS: '20MB:log, 40MB:immediate_kill'};
    const {code, report} = await limitrun(['--', fixture('alloc'), '80'], {env, report: true});
    expect(code).toBe(110);
    expect(steps(report)).toEqual(['20 log', '40 immediate_kill']);
  });
});

describe('steps that make no sense are refused with 125 in one line, and nothing is started', () => {
  test.each([
    [['--max-rss', '200MB:log,'], '--max-rss: step 2 is empty'],
    [['--max-rss', '200MB:log, 100MB'], '--max-rss: step 2 "100MB": each step must be higher'],
    [['--max-rss', '200MB:lgo'], '--max-rss: step 1 "200MB:lgo": "lgo" is none of'],
    [['--max-cpu', '50@3:log'], '--max-cpu: step 1 "50@3:log": "3" is a duration without a unit'],
    [['--timeout', '10s@5s:log'], '--timeout: step 1 "10s@5s:log": time that has passed stays passed'],
    [
      ['--max-rss', '100MB:immediate_kill, 200MB:log'],
      '--max-rss: step 2 "200MB:log": log is milder than immediate_kill of step 1',
    ],
    [
      ['--max-rss', '100MB:restart, 200MB', '--memory-policy', 'log'],
      '--max-rss: step 2: log is milder than restart of step 1, and above one that ends the command none may be ' +
        '(a step without a policy takes log, from --memory-policy)',
    ],
    [
      ['--max-rss', '100MB:restart, 200MB:immediate_kill', '--violation-handling', 'internal'],
      '--violation-handling is internal but a step of --max-rss is restart',
    ],
  ])('%j', async (flags, message) => {
    const {code, stdout, stderr} = await limitrun([...flags, '--', 'echo', 'started']);
    expect({code, stdout}).toEqual({code: 125, stdout: ''});
    expect(stderr).toContain(`limitrun: ${message}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
