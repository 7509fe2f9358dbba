import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {expect, onTestFinished, test, vi} from 'vitest';
import {CrowdWatch} from '../../../src/core/containment/crowd-watch.js';
import {GroupFreezer} from '../../../src/core/containment/group-freezer.js';

/** The files of a group as the kernel has them, with a crowd from the fourth process on. */
function group({countsTasks = true} = {}) {
  const directory = mkdtempSync(`${tmpdir()}/limitrun-crowd-`);
  const file = (name: string): string => `${directory}/${name}`;
  writeFileSync(file('cgroup.freeze'), '0');
  writeFileSync(file('cgroup.events'), 'populated 1\nfrozen 1\n');
  const onThreads = vi.fn();
  const watch = new CrowdWatch(
    {directory, crowd: 3, ...(countsTasks ? {tasksIn: directory} : {})},
    new GroupFreezer(2, directory),
    onThreads,
  );
  onTestFinished(() => {
    watch.close();
    rmSync(directory, {recursive: true});
  });
  return {
    watch,
    onThreads,
    has: (processes: number, tasks = processes): void => {
      const pids = Array.from({length: processes}, (_, index) => `${String(4_000_000 + index)}\n`);
      writeFileSync(file('cgroup.procs'), pids.join(''));
      writeFileSync(file('pids.current'), `${String(tasks)}\n`);
    },
    isFrozen: () => readFileSync(file('cgroup.freeze'), 'latin1') === '1',
    unfreeze: (): void => {
      writeFileSync(file('cgroup.freeze'), '0');
    },
  };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a crowd stands still until the turn is over in which it was found', async () => {
  const {watch, has, isFrozen} = group();
  has(4);
  expect(watch.look()).toBe(true);
  expect(isFrozen()).toBe(true);
  expect(watch.members()).toHaveLength(4);
  await Promise.resolve();
  expect(isFrozen()).toBe(true);
  await turn();
  expect(isFrozen()).toBe(false);
});

test('it stands still each time it is found', async () => {
  const {watch, has, isFrozen} = group();
  has(4);
  watch.look();
  await turn();
  expect(watch.look()).toBe(true);
  expect(isFrozen()).toBe(true);
  await turn();
  expect(isFrozen()).toBe(false);
});

test('it is frozen once in a turn, however often it is looked at', async () => {
  const {watch, has, isFrozen, unfreeze} = group();
  has(4);
  watch.look();
  unfreeze();
  expect(watch.look()).toBe(true);
  watch.members();
  expect(isFrozen()).toBe(false);
  await turn();
});

test('as many tasks as may be are not even counted', () => {
  const {watch, has, isFrozen} = group();
  has(4, 3);
  expect(watch.look()).toBe(false);
  expect(isFrozen()).toBe(false);
});

test('threads are no crowd: they go on at once, and are counted again from twice as many on', async () => {
  const {watch, has, isFrozen, onThreads} = group();
  has(2, 3);
  expect(watch.look()).toBe(false);
  expect(onThreads).not.toHaveBeenCalled();
  has(2, 20);
  expect(watch.look()).toBe(false);
  expect(isFrozen()).toBe(false);
  expect(onThreads).toHaveBeenCalledOnce();
  // Now it would be a crowd, if it were counted.
  has(9, 40);
  expect(watch.look()).toBe(false);
  expect(isFrozen()).toBe(false);
  has(9, 41);
  expect(watch.look()).toBe(true);
  expect(isFrozen()).toBe(true);
  expect(onThreads).toHaveBeenCalledOnce();
  await turn();
  expect(isFrozen()).toBe(false);
});

test('without the number of tasks the members are counted first', async () => {
  const {watch, has, isFrozen} = group({countsTasks: false});
  has(4);
  expect(watch.look()).toBe(false);
  expect(isFrozen()).toBe(false);
  expect(watch.members()).toHaveLength(4);
  expect(isFrozen()).toBe(true);
  await turn();
  expect(isFrozen()).toBe(false);
  has(3);
  expect(watch.members()).toHaveLength(3);
  expect(isFrozen()).toBe(false);
});
