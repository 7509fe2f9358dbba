import {existsSync, readFileSync} from 'node:fs';
import {beforeEach, expect, test} from 'vitest';
import {searchFamily} from '../../../src/core/monitor/family-search.js';
import {gone, startShell, startTimeOf, type RealChild} from '../process/real-children.js';
import {waitFor} from '../../support/wait-for.js';

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
});

const lastPid = (): number => Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));

function familyOf(
  {pid}: RealChild,
  {marker, last = lastPid()}: {marker?: string; last?: number} = {},
): number[] {
  const found: number[] = [];
  const ancestor = {pid, startTime: startTimeOf(pid), ...(marker === undefined ? {} : {marker})};
  searchFamily(ancestor, last, (member) => found.push(member));
  return found;
}

async function family() {
  const child = startShell(
    "sh -c 'echo one $$; sleep 1000 & echo two $!; wait' & (setsid sleep 1000 & echo daemon $!); wait",
  );
  const pids = [child.pid, await child.saidPid('one'), await child.saidPid('two')];
  const daemon = await child.saidPid('daemon');
  // In the middle of an exec a process shows no environment.
  const words = (): string => readFileSync(`/proc/${String(daemon)}/cmdline`, 'latin1');
  await waitFor(() => words().startsWith('sleep'), {what: 'the daemon', seen: words});
  return {child, pids, daemon};
}

const sorted = (pids: readonly number[]): number[] => [...pids].sort((a, b) => a - b);

test('finds a process and all that descend from it, and nobody else', async () => {
  const {child, pids} = await family();
  const stranger = startShell('echo up; exec sleep 1000');
  await stranger.said('up');
  expect(sorted(familyOf(child))).toEqual(sorted(pids));
});

test('finds those too whose parents are gone, by their marker', async () => {
  const {child, pids, daemon} = await family();
  expect(sorted(familyOf(child, {marker: child.marker}))).toEqual(sorted([...pids, daemon]));
});

test('finds them where pids have come round since', async () => {
  const {child, pids} = await family();
  expect(sorted(familyOf(child, {last: 1}))).toEqual(sorted(pids));
});

test('finds nobody below a later process with the same pid', async () => {
  const {child} = await family();
  const found: number[] = [];
  searchFamily({pid: child.pid, startTime: startTimeOf(child.pid) - 1}, lastPid(), (pid) => found.push(pid));
  expect(found).toEqual([]);
});

test('leaves out who has exited', async () => {
  // Whoever has replaced the shell waits for nobody.
  const child = startShell('sleep 1000 & echo zombie $!; exec sleep 1000');
  const zombie = await child.saidPid('zombie');
  process.kill(zombie, 'SIGKILL');
  await gone(zombie);
  expect(familyOf(child)).toEqual([child.pid]);
});
