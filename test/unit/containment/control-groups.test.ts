import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, onTestFinished, test} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import type {GroupPlace} from '../../../src/core/containment/choose-groups.js';
import type {Caps} from '../../../src/core/containment/containment.js';
import {groupName} from '../../../src/core/containment/group-name.js';
import {GroupSite} from '../../../src/core/containment/group-site.js';
import {removeGroup} from '../../../src/core/containment/group-tree.js';
import {readStatOf} from '../../../src/core/monitor/procfs-process.js';
import {isAlive} from '../../support/survivors.js';
import {waitFor} from '../../support/wait-for.js';
import {gone, inState, startShell, stateOf, type RealChild} from '../process/real-children.js';
import {openGroups, placeFor, type WantedPlace} from './real-groups.js';

const MIB = 1024 * 1024;
const BUSY = 'while :; do :; done';

/** The place, or the test is skipped with what is missing. */
function here(skip: (condition: boolean, why: string) => void, wanted: WantedPlace): GroupPlace {
  const place = placeFor(wanted);
  if (typeof place !== 'string') return place;
  skip(true, `skipped: ${place}`);
  throw new Error(place);
}

/** A shell in groups of its own that runs a script there. */
async function inGroups(place: GroupPlace, script: string, caps: Caps = {}) {
  const {groups, child} = await inAll([place], script, caps);
  return {groups, child, directory: `${place.parent}/${nameOf(groups.enter)}`};
}

async function inAll(places: readonly GroupPlace[], script: string, caps: Caps) {
  const groups = openGroups(places, caps);
  const child = startShell(`${groups.enter.join('\n')}\necho in\n${script}`);
  await child.said('in');
  return {groups, child};
}

/** Where the members are listed, and where the tasks are counted, which may be another hierarchy. */
function countingTasks(skip: (condition: boolean, why: string) => void, version: 1 | 2): GroupPlace[] {
  const both = placeFor({version, membership: true, controllers: ['pids']});
  if (typeof both !== 'string') return [both];
  return [here(skip, {version, membership: true}), here(skip, {version: 1, controllers: ['pids']})];
}

/** In the last place, as {@link countingTasks} has them. */
function mostTasks({directories}: {readonly directories: readonly string[]}): string {
  return readFileSync(`${directories.at(-1) ?? ''}/pids.max`, 'latin1').trim();
}

function nameOf(enter: readonly string[]): string {
  return /(limitrun-test-[0-9-]+)/.exec(enter.join())?.[1] ?? '';
}

/** CPU time of a process, in ticks of 10 ms. */
function ticks({pid}: RealChild): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[14 - 3]) + Number(fields[15 - 3]);
}

async function getsOn(child: RealChild): Promise<void> {
  const before = ticks(child);
  await waitFor(() => ticks(child) > before, {what: 'the process to use CPU time'});
}

/** Nothing of it runs while this process uses a tenth of a second of CPU time. */
function standsStill(child: RealChild): boolean {
  const before = ticks(child);
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  return ticks(child) === before;
}

describe.each([1, 2] as const)('the members of a group of cgroup v%d', (version) => {
  test('stand still without being stopped, until all who asked for it let go', async ({skip}) => {
    const place = here(skip, {version, membership: true});
    const {groups, child} = await inGroups(place, BUSY);
    expect(await groups.freeze('throttle')).toBe(true);
    expect(await groups.freeze('hook')).toBe(true);
    expect(standsStill(child)).toBe(true);
    expect(stateOf(child.pid)).not.toBe('T');
    groups.thaw('throttle');
    expect(standsStill(child)).toBe(true);
    groups.thaw('hook');
    await getsOn(child);
  });

  test('are killed while they stand still, those in groups of their own too', async ({skip}) => {
    const place = here(skip, {version, membership: true});
    const {groups, child, directory} = await inGroups(place, 'sleep 1000 & echo other $!; wait');
    const other = await child.saidPid('other');
    mkdirSync(`${directory}/inner`);
    writeFileSync(`${directory}/inner/cgroup.procs`, String(other));
    expect([...groups.members()].sort()).toEqual([child.pid, other].sort());
    await groups.freeze('throttle');
    groups.kill();
    await gone(child.pid);
    await gone(other);
    expect(await groups.remove()).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });

  test('stand still while they are looked at when they are a crowd, and no longer', async ({skip}) => {
    const place = here(skip, {version, membership: true});
    const {groups, child} = await inGroups(place, `sleep 1000 & sleep 1000 & ${BUSY}`, {crowd: 2});
    await getsOn(child);
    expect(groups.members()).toHaveLength(3);
    expect(standsStill(child)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    await getsOn(child);
  });

  test('go on when they are no crowd', async ({skip}) => {
    const place = here(skip, {version, membership: true});
    const {groups, child} = await inGroups(place, `sleep 1000 & ${BUSY}`, {crowd: 2});
    await getsOn(child);
    expect(groups.members()).toHaveLength(2);
    expect(standsStill(child)).toBe(false);
  });

  test('that are a crowd stand still by a look at the number of tasks', async ({skip}) => {
    const places = countingTasks(skip, version);
    const {groups, child} = await inAll(places, `sleep 1000 & sleep 1000 & ${BUSY}`, {crowd: 2});
    await getsOn(child);
    expect(groups.crowded?.()).toBe(true);
    expect(standsStill(child)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    await getsOn(child);
  });

  test('go on when what is more than a crowd are threads', async ({skip}) => {
    const places = countingTasks(skip, version);
    // Node has a dozen threads.
    const script = `exec ${process.execPath} -e 'console.log("node"); for (;;);'`;
    const {groups, child} = await inAll(places, script, {crowd: 2});
    await child.said('node');
    expect(groups.crowded?.()).toBe(false);
    expect(standsStill(child)).toBe(false);
  });

  test('begin a little later, and may have few tasks as long as they are new', async ({skip}) => {
    const places = countingTasks(skip, version);
    const {groups, child} = await inAll(places, BUSY, {tasks: 2000, tasksWhileNew: 200, crowd: 5});
    await groups.freeze('start');
    let settle!: () => void;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    groups.begin(settled);
    expect(standsStill(child)).toBe(true);
    await getsOn(child);
    expect(mostTasks(groups)).toBe('200');
    settle();
    await settled;
    expect(mostTasks(groups)).toBe('2000');
  });

  test('may have all their tasks at once when there are many threads', async ({skip}) => {
    const places = countingTasks(skip, version);
    const script = `exec ${process.execPath} -e 'console.log("node"); for (;;);'`;
    const {groups, child} = await inAll(places, script, {crowd: 2, tasks: 2000, tasksWhileNew: 200});
    await child.said('node');
    expect(mostTasks(groups)).toBe('200');
    groups.crowded?.();
    expect(mostTasks(groups)).toBe('2000');
  });

  test('are asked for a crowd only where there is a limit to it, and not any more once they are killed', async ({
    skip,
  }) => {
    const places = countingTasks(skip, version);
    expect(openGroups(places).crowded).toBeUndefined();
    const {groups, child} = await inAll(places, 'sleep 1000 & sleep 1000 & wait', {crowd: 1});
    groups.kill();
    expect(groups.crowded?.()).toBe(false);
    await gone(child.pid);
  });

  test('are thawed by the next run when a limitrun that was killed has left them frozen', async ({skip}) => {
    const place = here(skip, {version, membership: true});
    const dead = {runId: '00feed', pid: 4_000_000, startTime: 1, pidNamespace: 7};
    const directory = `${place.parent}/${groupName(dead)}`;
    mkdirSync(directory);
    const child = startShell(`echo in; ${BUSY}`);
    onTestFinished(async () => {
      process.kill(child.pid, 'SIGKILL');
      await waitFor(() => removeGroup(directory), {what: 'the group to be gone'});
    });
    await child.said('in');
    writeFileSync(`${directory}/cgroup.procs`, String(child.pid));
    writeFileSync(
      `${directory}/${version === 2 ? 'cgroup.freeze' : 'freezer.state'}`,
      version === 2 ? '1' : 'FROZEN',
    );
    await waitFor(() => standsStill(child), {what: 'the process to stand still'});
    const owner = {
      ...dead,
      runId: '00beef',
      pid: process.pid,
      startTime: readStatOf(process.pid)?.startTime ?? 0,
    };
    new GroupSite([place], owner, systemClock).close();
    await getsOn(child);
  });
});

describe.each([1, 2] as const)('CPU time of a group of cgroup v%d', (version) => {
  test('is held back as far as was asked for, and told', async ({skip}) => {
    const place = here(skip, {version, controllers: ['cpu']});
    const {groups, child} = await inGroups(place, BUSY);
    expect(groups.cpu?.kind).toBe(version === 2 ? 'cgroup2' : 'cgroup1');
    expect(groups.cpu?.set(0.1)).toBe(true);
    const [beganMs, ticksBefore] = [performance.now(), ticks(child)];
    await waitFor(() => (groups.cpu?.heldBackMs() ?? 0) > 1000, {what: 'a second to be held back'});
    const usedMs = 10 * (ticks(child) - ticksBefore);
    // The first period has a quota of its own, and a tick is 10 ms.
    expect(usedMs).toBeLessThan(0.1 * (performance.now() - beganMs) + 40);
    expect(stateOf(child.pid)).not.toBe('T');
    expect(groups.cpu?.set(undefined)).toBe(true);
    const held = groups.cpu?.heldBackMs() ?? 0;
    await getsOn(child);
    await getsOn(child);
    expect(groups.cpu?.heldBackMs()).toBeLessThan(held + 200);
  });

  test('is not held back when nobody is in the group', ({skip}) => {
    const groups = openGroups([here(skip, {version, controllers: ['cpu']})]);
    expect(groups.cpu?.set(0.1)).toBe(false);
  });
});

describe.each([1, 2] as const)('the peak of a group of cgroup v%d', (version) => {
  test("is the kernel's own, also when whoever used the memory is gone", async ({skip}) => {
    const place = here(skip, {version, controllers: ['memory']});
    const {groups, child} = await inGroups(
      place,
      'head -c 60000000 /dev/zero | tail -n 1 | wc -c; echo done; exec sleep 1000',
    );
    await child.said('done');
    const peak = groups.memoryPeak();
    expect(peak).toMatchObject({source: version === 2 ? 'cgroup2' : 'cgroup1'});
    expect(peak?.value).toBeGreaterThan(60_000_000);
    expect(peak?.value).toBeLessThan(60_000_000 + 40 * MIB);
    process.kill(child.pid, 'SIGKILL');
    await gone(child.pid);
    expect(groups.memoryPeak()).toEqual(peak);
  });

  test('is absent without the controller', ({skip}) => {
    expect(openGroups([here(skip, {version, membership: true})]).memoryPeak()).toBeUndefined();
  });
});

test('a group for CPU time that cannot be entered is left out', async ({skip}) => {
  const place = here(skip, {version: 1, controllers: ['cpu']});
  const groups = openGroups([place]);
  const [line = ''] = groups.enter;
  // As it is refused to a real-time process.
  const child = startShell(
    `${line.replace('/cgroup.procs', '/no-such-file')}\necho went on; exec sleep 1000`,
  );
  await child.said('went');
  expect(groups.entered()).toBe(true);
  await inState(child.pid, 'S');
  expect(isAlive(child.pid)).toBe(true);
});
