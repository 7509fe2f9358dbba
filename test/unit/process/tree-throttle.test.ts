import {existsSync, readFileSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import type {ControlGroups} from '../../../src/core/containment/control-groups.js';
import {limitsSet} from '../../../src/core/limits/resource-limits.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {violationOf} from '../../../src/core/limits/resource-violation-checker.js';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import {TreeTerminator} from '../../../src/core/process/tree-terminator.js';
import {TreeThrottle} from '../../../src/core/process/tree-throttle.js';
import {waitFor} from '../../support/wait-for.js';
import {openGroups, placeFor, type WantedPlace} from '../containment/real-groups.js';
import {gone, startShell, stateOf, type RealChild} from './real-children.js';

const BUSY = 'while :; do :; done';

let probe: ProcfsProbe | undefined;

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
});

afterEach(() => {
  probe?.close();
  probe = undefined;
});

/** CPU at 100 % where a tenth is allowed. */
function violation(): ResourceViolation {
  const [limit] = limitsSet({cpu: {maxPercent: 10, policy: 'throttle'}});
  if (limit === undefined) throw new Error('no limit');
  return violationOf(limit, 100, {atMs: 0, timestampMs: 0}, 'critical');
}

interface Subject {
  readonly throttle: TreeThrottle;
  readonly terminator: TreeTerminator;
  readonly said: string[];
}

function throttleOf(child: RealChild, group?: ControlGroups): Subject {
  const tree = new ProcfsProbe({
    rootPid: child.pid,
    ownChild: true,
    marker: child.marker,
    nowMs: () => systemClock.nowMs(),
  });
  probe = tree;
  const said: string[] = [];
  const onAction = (text: string): void => void said.push(text);
  const terminator = new TreeTerminator(tree, systemClock, onAction, group);
  const throttle = new TreeThrottle(tree, terminator, systemClock, onAction, group);
  throttle.useMeter(() =>
    Promise.resolve(
      tree.read({pss: false, details: false}).processes.reduce((sum, one) => sum + one.cpuTimeMs, 0),
    ),
  );
  return {throttle, terminator, said};
}

/** Waits until the tree has been seen in a state, noting all that it was seen in. */
async function seen(
  child: RealChild,
  wanted: (states: ReadonlySet<string>) => boolean,
): Promise<Set<string>> {
  const states = new Set<string>();
  await waitFor(
    () => {
      states.add(stateOf(child.pid));
      return wanted(states);
    },
    {what: 'the states of a throttled process', seen: () => [...states].join()},
  );
  return states;
}

test('without a group a tree is stopped and woken by signals', async () => {
  const child = startShell(`echo ready; ${BUSY}`);
  await child.said('ready');
  const {throttle, said} = throttleOf(child);
  expect(throttle.begin(violation(), 'enforcer')).toBe(true);
  await seen(child, (states) => states.has('T') && states.has('R'));
  throttle.end();
  await seen(child, () => stateOf(child.pid) === 'R');
  expect(said).toEqual(['throttled to 10.0%', 'no longer throttled']);
});

describe.each([1, 2] as const)('with a group of cgroup v%d', (version) => {
  async function inGroup(
    skip: (condition: boolean, why: string) => void,
    wanted: Omit<WantedPlace, 'version'>,
    script: string,
  ): Promise<{groups: ControlGroups; child: RealChild; frozen: () => boolean}> {
    const place = placeFor({version, ...wanted});
    if (typeof place === 'string') {
      skip(true, `skipped: ${place}`);
      throw new Error(place);
    }
    const groups = openGroups([place]);
    const child = startShell(`${groups.enter.join('\n')}\necho ready\n${script}`);
    await child.said('ready');
    const [file, mark] = version === 2 ? ['cgroup.events', 'frozen 1'] : ['freezer.state', 'FROZEN'];
    const frozen = (): boolean =>
      readFileSync(`${groups.directories.join()}/${file}`, 'latin1').includes(mark);
    return {groups, child, frozen};
  }

  test('a tree is frozen in turns, and never stopped by a signal', async ({skip}) => {
    const {groups, child, frozen} = await inGroup(skip, {membership: true}, BUSY);
    const {throttle, said} = throttleOf(child, groups);
    throttle.begin(violation(), 'enforcer');
    for (let turn = 0; turn < 3; turn += 1) {
      await waitFor(frozen, {what: 'the group to be frozen'});
      await waitFor(() => !frozen(), {what: 'the group to go on'});
      expect(stateOf(child.pid)).not.toBe('T');
    }
    await waitFor(frozen, {what: 'the group to be frozen'});
    throttle.end();
    expect(frozen()).toBe(false);
    expect(said).toEqual(['throttled to 10.0%', 'no longer throttled']);
  });

  test('what has left the group is stopped by signals at the same time', async ({skip}) => {
    const {groups, child, frozen} = await inGroup(skip, {membership: true}, `wait; ${BUSY}`);
    const other = startShell(`echo ready; ${BUSY}`);
    await other.said('ready');
    const {throttle} = throttleOf(other, groups);
    throttle.begin(violation(), 'enforcer');
    await waitFor(() => frozen() && stateOf(other.pid) === 'T', {what: 'both to stand still'});
    throttle.close();
    expect(frozen()).toBe(false);
    await seen(other, () => stateOf(other.pid) === 'R');
    expect(child.pid).not.toBe(other.pid);
  });

  test('whoever ends a frozen tree reaches all of it', async ({skip}) => {
    const {groups, child, frozen} = await inGroup(skip, {membership: true}, BUSY);
    const {throttle, terminator, said} = throttleOf(child, groups);
    throttle.begin(violation(), 'enforcer');
    await waitFor(frozen, {what: 'the group to be frozen'});
    terminator.graceful(60_000, {actor: 'limitrun'});
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    await gone(child.pid);
    expect(frozen()).toBe(false);
    expect(said.at(-1)).toBe('SIGTERM to 1 process');
  });

  test('the kernel holds CPU time back, and knows what was wanted', async ({skip}) => {
    const {groups, child} = await inGroup(skip, {controllers: ['cpu']}, BUSY);
    const {throttle, said} = throttleOf(child, groups);
    throttle.begin(violation(), 'enforcer');
    const held = (): number => groups.cpu?.heldBackMs() ?? 0;
    await waitFor(() => held() > 1500, {what: 'CPU time to be held back'});
    // A busy process wants about a core, or what the machine has left for it.
    expect(throttle.demandPercent).toBeGreaterThan(20);
    throttle.end();
    expect(throttle.demandPercent).toBeUndefined();
    expect(said).toEqual([
      `throttled to 10.0% by the kernel (cgroup${String(version)})`,
      'no longer throttled',
    ]);
  });
});
