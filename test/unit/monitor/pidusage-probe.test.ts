import {existsSync} from 'node:fs';
import {afterEach, expect, onTestFinished, test, vi} from 'vitest';
import {PidusageProbe} from '../../../src/core/monitor/pidusage-probe.js';
import type {ListedProcess} from '../../../src/core/monitor/process-list.js';
import {gone, startNode, startShell} from '../process/real-children.js';

const hasPs = existsSync('/bin/ps');
const WITHOUT_PS = 'skipped: no /bin/ps';

let probe: PidusageProbe | undefined;

afterEach(() => {
  probe?.close();
  probe = undefined;
});

function listed(pid: number, parentPid: number, more: Partial<ListedProcess> = {}): ListedProcess {
  return {pid, parentPid, startTime: 1, zombie: false, name: 'sh', ...more};
}

/** Pids that no process can have. */
const ROOT = 2 ** 30;
const CHILD = ROOT + 1;
const GRANDCHILD = ROOT + 2;
const STRANGER = ROOT + 3;

/** A probe on a list that the test changes. */
function onList(list: () => ListedProcess[]): PidusageProbe {
  probe = new PidusageProbe(ROOT, () => Promise.resolve(list()));
  return probe;
}

async function pids(): Promise<number[]> {
  return ((await probe?.members()) ?? []).map(({pid}) => pid).sort((a, b) => a - b);
}

test('descendants are members in whatever order they are listed, strangers are not', async () => {
  onList(() => [
    listed(GRANDCHILD, CHILD),
    listed(STRANGER, 1),
    listed(CHILD, ROOT),
    listed(ROOT, process.pid),
  ]);
  expect(await pids()).toEqual([ROOT, CHILD, GRANDCHILD]);
});

test('this process is never a member', async () => {
  onList(() => [listed(ROOT, 1), listed(process.pid, ROOT)]);
  expect(await pids()).toEqual([ROOT]);
});

test('a member stays one when its parent has ended', async () => {
  let list = [listed(ROOT, 1), listed(CHILD, ROOT), listed(GRANDCHILD, CHILD)];
  onList(() => list);
  await pids();
  list = [listed(ROOT, 1), listed(GRANDCHILD, 1)];
  expect(await pids()).toEqual([ROOT, GRANDCHILD]);
});

test('a later process with the pid of a member is a stranger', async () => {
  let list = [listed(ROOT, 1), listed(CHILD, ROOT)];
  onList(() => list);
  await pids();
  list = [listed(ROOT, 1), listed(CHILD, 1, {startTime: 2})];
  expect(await pids()).toEqual([ROOT]);
});

test('a zombie is no member that is alive', async () => {
  onList(() => [listed(ROOT, 1), listed(CHILD, ROOT, {zombie: true})]);
  expect(await pids()).toEqual([ROOT]);
  expect(probe?.isAlive({pid: CHILD, startTime: 1})).toBe(false);
});

test('an empty machine is an empty tree', async () => {
  const none = onList(() => []);
  expect(await none.read()).toEqual({processes: []});
  expect(await none.members()).toEqual([]);
  expect(none.isRootAlive()).toBe(false);
});

test('members that ended between the list and the reading are read without memory', async () => {
  const ended = onList(() => [listed(ROOT, 1)]);
  const {processes} = await ended.read();
  expect(processes).toEqual([{...listed(ROOT, 1), cpuTimeMs: 0, reapedCpuTimeMs: 0}]);
});

const noList = (): Promise<never> => Promise.reject(new Error('ps cannot be run'));

test('when the list cannot be had nothing is measured, and the root alone can still be ended', async () => {
  const child = startShell('echo ready; read x');
  await child.said('ready');
  probe = new PidusageProbe(child.pid, noList);
  expect(await pids()).toEqual([child.pid]);
  await expect(probe.read()).rejects.toThrow('ps cannot be run');
  expect(probe.isRootAlive()).toBe(true);
});

test('without a list a root that has ended is an empty tree', async () => {
  probe = new PidusageProbe(ROOT, noList);
  expect(await probe.members()).toEqual([]);
  expect(probe.isRootAlive()).toBe(false);
});

test('when the list cannot be had any more the members known so far can still be ended', async () => {
  const child = startShell('sleep 1000 & echo background $!; read x');
  const background = await child.saidPid('background');
  let list = (): Promise<ListedProcess[]> =>
    Promise.resolve([
      listed(child.pid, process.pid),
      listed(background, child.pid),
      listed(CHILD, child.pid),
    ]);
  probe = new PidusageProbe(child.pid, () => list());
  expect(await pids()).toEqual([child.pid, background, CHILD].sort((a, b) => a - b));
  list = noList;
  // The third one has ended: no process has its pid.
  expect(await pids()).toEqual([child.pid, background].sort((a, b) => a - b));
  await expect(probe.read()).rejects.toThrow('ps cannot be run');
});

test('a real tree has memory and CPU time for each member', async ({skip}) => {
  skip(!hasPs, WITHOUT_PS);
  const child = startNode(`
    const end = process.cpuUsage().user + 300000;
    while (process.cpuUsage().user < end);
    const grandchild = require('child_process').spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
    console.log('grandchild ' + grandchild.pid);`);
  const grandchild = await child.saidPid('grandchild');
  probe = new PidusageProbe(child.pid);
  const {processes} = await probe.read();
  expect(processes.map(({pid}) => pid).sort((a, b) => a - b)).toEqual(
    [child.pid, grandchild].sort((a, b) => a - b),
  );
  const root = processes.find(({pid}) => pid === child.pid);
  expect(root?.rssBytes).toBeGreaterThan(10 * 2 ** 20);
  expect(root?.cpuTimeMs).toBeGreaterThanOrEqual(290);
  expect(root?.parentPid).toBe(process.pid);
  expect(probe.isRootAlive()).toBe(true);
});

test('a real process with another start time is somebody else', async ({skip}) => {
  skip(!hasPs, WITHOUT_PS);
  const child = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  probe = new PidusageProbe(child.pid);
  const [root] = await probe.members();
  expect(root?.pid).toBe(child.pid);
  expect(probe.isAlive({pid: child.pid, startTime: root?.startTime ?? 0})).toBe(true);
  expect(probe.isAlive({pid: child.pid, startTime: 0})).toBe(false);
});

test('a real tree that has ended is empty', async ({skip}) => {
  skip(!hasPs, WITHOUT_PS);
  const child = startShell('echo ready; read x');
  await child.said('ready');
  probe = new PidusageProbe(child.pid);
  expect(await pids()).toEqual([child.pid]);
  child.process.stdin?.end();
  await child.ended;
  await gone(child.pid);
  expect(await probe.read()).toEqual({processes: []});
  expect(probe.isRootAlive()).toBe(false);
});

test('it says that it can tell memory, CPU and the number of processes, and no more', () => {
  expect([...new PidusageProbe(ROOT).measures].sort()).toEqual([
    'cpu.percent',
    'cpu.timeMs',
    'processes',
    'rssBytes',
  ]);
});

test('on Windows, where only the root is seen, it does not say that it can count processes', async () => {
  const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
  vi.resetModules();
  onTestFinished(() => {
    platform.mockRestore();
    vi.resetModules();
  });
  const {PIDUSAGE_METRICS} = await import('../../../src/core/monitor/pidusage-metrics.js');
  expect([...PIDUSAGE_METRICS].sort()).toEqual(['cpu.percent', 'cpu.timeMs', 'rssBytes']);
});
