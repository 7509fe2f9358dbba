import {existsSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import type {ProcessTree} from '../../../src/core/monitor/probe.js';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import {TreeFreezer} from '../../../src/core/process/tree-freezer.js';
import {TreeTerminator} from '../../../src/core/process/tree-terminator.js';
import {waitFor} from '../../support/wait-for.js';
import {openGroups, placeFor} from '../containment/real-groups.js';
import {gone, inState, startShell, stateOf, type RealChild} from './real-children.js';

let probe: ProcfsProbe | undefined;

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
});

afterEach(() => {
  probe?.close();
  probe = undefined;
});

function treeOf(child: RealChild): ProcfsProbe {
  probe = new ProcfsProbe({
    rootPid: child.pid,
    ownChild: true,
    marker: child.marker,
    nowMs: () => systemClock.nowMs(),
  });
  return probe;
}

async function family(): Promise<{child: RealChild; pids: readonly number[]}> {
  const child = startShell('sleep 1000 & echo one $!; setsid sleep 1000 & echo two $!; wait; wait');
  return {child, pids: [child.pid, await child.saidPid('one'), await child.saidPid('two')]};
}

test('every member stands still, and goes on afterwards', async () => {
  const {child, pids} = await family();
  const freezer = new TreeFreezer(treeOf(child), () => false);
  await freezer.freeze();
  for (const pid of pids) await inState(pid, 'T');
  freezer.thaw();
  for (const pid of pids) await inState(pid, 'S');
});

test('a tree that forks all the time is stopped whole', async () => {
  const child = startShell('while :; do sleep 0.01 & echo forked; done');
  await child.said('forked');
  const tree = treeOf(child);
  const freezer = new TreeFreezer(tree, () => false);
  await freezer.freeze();
  const members = tree.members('everywhere').map(({pid}) => pid);
  // One that was just ending has not stopped but ended, and its parent cannot wait for it now.
  const rests = (pid: number) => ['T', 'Z'].includes(stateOf(pid));
  await waitFor(() => members.every(rests), {what: 'everybody to stand still'});
  const stopped = members.filter((pid) => stateOf(pid) === 'T');
  expect(tree.members('everywhere').map(({pid}) => pid)).toEqual(stopped);
  expect(stopped).toContain(child.pid);
  freezer.thaw();
});

test('a tree that is being ended is left to whoever ends it', async () => {
  const {child, pids} = await family();
  const tree = treeOf(child);
  const terminator = new TreeTerminator(tree, systemClock, () => undefined);
  const freezer = new TreeFreezer(tree, () => terminator.begun);
  const freezing = freezer.freeze();
  terminator.graceful(60_000, {actor: 'limitrun'});
  await freezing;
  expect(await terminator.ended()).toEqual({survivors: [], forced: false});
  for (const pid of pids) await gone(pid);
});

test('whoever thaws while members are still being stopped leaves none stopped', async () => {
  const {child, pids} = await family();
  const freezer = new TreeFreezer(treeOf(child), () => false);
  const freezing = freezer.freeze();
  freezer.thaw();
  await freezing;
  for (const pid of pids) await inState(pid, 'S');
});

test('a member that is gone by now is passed over', async () => {
  const tree: ProcessTree = {
    rootPid: 4_000_000,
    members: () => [{pid: 4_000_000, startTime: 1}],
    known: () => [],
    isAlive: () => false,
    isRootAlive: () => true,
  };
  const freezer = new TreeFreezer(tree, () => false);
  await freezer.freeze();
  freezer.thaw();
  expect(stateOf(4_000_000)).toBe('');
});

describe.each([1, 2] as const)('in a group of cgroup v%d', (version) => {
  test('all stand still where a debugger can attach, in the first look, and go on', async ({skip}) => {
    const place = placeFor({version, membership: true});
    if (typeof place === 'string') {
      skip(true, `skipped: ${place}`);
      return;
    }
    const groups = openGroups([place]);
    const child = startShell(`${groups.enter.join('\n')}\nwhile :; do sleep 0.01 & echo forked; done`);
    await child.said('forked');
    const tree = treeOf(child);
    const freezer = new TreeFreezer(tree, () => false, groups);
    await freezer.freeze();
    const members = groups.members();
    expect(members).toContain(child.pid);
    for (const pid of members) expect(['T', 'Z']).toContain(stateOf(pid));
    expect(groups.members()).toEqual(members);
    freezer.thaw();
    await waitFor(() => groups.members().some((pid) => !members.includes(pid)), {what: 'the tree to go on'});
  });
});
