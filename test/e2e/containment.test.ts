import {readdirSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {brokenLimits, figure} from '../support/report.js';
import {expectNothingAlive, fixture, scratchFile} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

const MIB = 1024 * 1024;

/** The groups that a limitrun has made and not removed, by its run id or its pid. */
function groupsOf(owner: string | number): string[] {
  const pattern = new RegExp(`^limitrun-(${String(owner)}-|[0-9a-f]+-${String(owner)}-)`);
  return groupsBelow('/sys/fs/cgroup', 6).filter((name) => pattern.test(name));
}

function groupsBelow(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(directory, {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .flatMap(({name}) => [name, ...groupsBelow(`${directory}/${name}`, depth - 1)]);
  } catch {
    return [];
  }
}

const runIdOf = (report: object): string => (report as {run_id: string}).run_id;

/** What the report says that its type in these tests does not. */
function promise(report: object): {enforced_by: string; cap?: {value: number; source: string}} {
  return (report as {limits: [{enforced_by: string; cap?: {value: number; source: string}}]}).limits[0];
}

describe('a memory limit where control groups can be made', () => {
  needs('memoryGroup', 'compiler');

  const greedy = (...flags: string[]) => [...flags, '--', fixture('alloc'), '600', '--step', '8'];

  test('M-08 is capped by the kernel for immediate_kill, and reported as broken', async () => {
    const args = greedy('--max-rss', '64MB', '--policy', 'immediate_kill', '--enforce', 'kernel');
    const {code, stdout, report} = await limitrun(args, {report: true});
    expect({code, stdout, broken: brokenLimits(report)}).toEqual({
      code: 110,
      stdout: '',
      broken: ['max_rss'],
    });
    expect(report.reason).toEqual({kind: 'violation', limit: 'max_rss'});
    expect(promise(report)).toMatchObject({enforced_by: 'kernel', cap: {value: 64 * MIB}});
    expect(figure(report, 'peak_rss')).toBeLessThan(1.05 * 64 * MIB);
    expect(groupsOf(runIdOf(report))).toEqual([]);
  });

  test('has a backstop above it for the other policies', async () => {
    const {code, report} = await limitrun(greedy('--max-rss', '64MB'), {report: true});
    expect(code).toBe(110);
    expect(promise(report)).toMatchObject({enforced_by: 'polling', cap: {value: 320 * MIB}});
    expect(figure(report, 'peak_rss')).toBeLessThan(1.05 * 320 * MIB);
  });

  test('M-08 is only sampled with --enforce poll', async () => {
    const {code, report} = await limitrun(greedy('--max-rss', '64MB', '--enforce', 'poll'), {report: true});
    expect(code).toBe(110);
    expect(promise(report)).not.toHaveProperty('cap');
  });

  test('that a grandchild breaks ends all of the tree', async () => {
    const script = `sleep 1000 & (${fixture('alloc')} 300; sleep 1000) & wait`;
    const args = ['--max-rss', '64MB', '--policy', 'immediate_kill', '--', 'sh', '-c', script];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    await expectNothingAlive();
    expect(groupsOf(runIdOf(report))).toEqual([]);
  });

  // As systemd does with a scope in which the kernel has killed (OOMPolicy=stop). Whose news comes first is a matter of
  // a millisecond, hence more than once.
  test.each([1, 2, 3, 4, 5])(
    'ends the run, though somebody asks for its end because of that (%i)',
    async () => {
      const script = `${fixture('alloc')} 300; kill -TERM $PPID; sleep 1000`;
      const args = ['--max-rss', '64MB', '--policy', 'immediate_kill', '--', 'sh', '-c', script];
      const {code, report} = await limitrun(args, {report: true});
      expect({code, reason: report.reason}).toEqual({
        code: 110,
        reason: {kind: 'violation', limit: 'max_rss'},
      });
    },
  );

  test('that is not reached changes nothing', async () => {
    const args = ['--max-rss', '64MB', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'];
    const {code, stdout, stderr} = await limitrun(['--quiet', ...args]);
    expect({code, stdout, stderr}).toEqual({code: 7, stdout: 'out\n', stderr: 'err\n'});
  });

  test('is raised with the next attempt, in a group of its own', async () => {
    const policy = ['--policy', 'restart_adjusted', '--max-restarts', '1', '--restart-delay', '10ms'];
    const args = ['--max-rss', '40MB', ...policy, '--', fixture('alloc'), '50', '--step', '4', '--hold', '1'];
    const {code, report} = await limitrun(args, {report: true});
    expect({code, attempts: report.attempts.length}).toEqual({code: 0, attempts: 2});
    expect(groupsOf(runIdOf(report))).toEqual([]);
  });

  test('a script without its interpreter is not found, as without groups', async () => {
    const script = scratchFile('script', '#!/no/such/interpreter\n', 0o755);
    const {code, stderr} = await limitrun(['--max-rss', '64MB', '--', script]);
    expect(code).toBe(127);
    expect(stderr).toContain('its interpreter /no/such/interpreter was not found');
  });

  test('what a killed limitrun leaves behind the next run removes', async () => {
    const running = start(['--max-rss', '64MB', '--', 'sh', '-c', 'echo ready; exec sleep 1000']);
    await running.said('ready');
    expect(groupsOf(running.pid)).not.toEqual([]);
    running.kill('SIGKILL');
    await running.exited;
    // The guard ends the tree.
    await expectNothingAlive(5000);
    await limitrun(['--max-rss', '64MB', '--', 'true']);
    await waitFor(() => groupsOf(running.pid).length === 0, {what: 'the groups to be gone'});
  });
});

describe('--enforce', () => {
  test('kernel is refused where a limit that should be capped cannot be', async () => {
    const {code, stderr} = await limitrun([
      '--enforce',
      'kernel',
      '--max-rss',
      '64MB',
      '--keep-background',
      '--',
      'true',
    ]);
    expect(code).toBe(125);
    expect(stderr).toContain('--enforce kernel cannot be kept here: with --keep-background');
  });

  test('kernel asks for nothing when no limit can be capped', async () => {
    expect(await limitrun(['--quiet', '--enforce', 'kernel', '--', 'true'])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });
});
