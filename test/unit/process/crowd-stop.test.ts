import {existsSync, readFileSync} from 'node:fs';
import {beforeEach, expect, test} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import {CrowdStop} from '../../../src/core/process/crowd-stop.js';
import {inState, startShell, startTimeOf, stateOf} from './real-children.js';

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
});

const forks = {
  lastPid: () => Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1)),
};
const now = (): number => systemClock.nowMs();

/** A shell with three children. */
async function four() {
  const child = startShell('for name in one two three; do sleep 1000 & echo $name $!; done; wait');
  const pids = [child.pid];
  for (const name of ['one', 'two', 'three']) pids.push(await child.saidPid(name));
  const {pid, marker} = child;
  return {pids, ancestor: {pid, startTime: startTimeOf(pid), marker}};
}

test('a crowd stands still until the turn is over', async () => {
  const {pids, ancestor} = await four();
  const stop = new CrowdStop(ancestor, 2, forks, now);
  expect(stop.look()).toBe(true);
  // Nobody has gone on when all have stopped: the turn is not over.
  expect(stop.look()).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  for (const pid of pids) await inState(pid, 'S');
});

test('as long as there is no crowd nobody is stopped', async () => {
  const {pids, ancestor} = await four();
  const stop = new CrowdStop(ancestor, 4, {lastPid: () => forks.lastPid() + 100}, now);
  expect(stop.look()).toBe(false);
  expect(pids.map(stateOf)).not.toContain('T');
});

test('nobody is even looked at before the machine has started as many processes as a crowd has', async () => {
  const {pids, ancestor} = await four();
  const stop = new CrowdStop(ancestor, 2, {lastPid: () => ancestor.pid + 2}, now);
  expect(stop.look()).toBe(false);
  expect(pids.map(stateOf)).not.toContain('T');
});

test('where nobody tells how many were started there is no crowd', async () => {
  const {ancestor} = await four();
  expect(new CrowdStop(ancestor, 2, {lastPid: () => undefined}, now).look()).toBe(false);
});

test('a count that has found no crowd is followed by a rest of nine times as long', async () => {
  const {ancestor} = await four();
  let nowMs = 1000;
  let asked = 0;
  const lastPid = (): number => {
    asked += 1;
    // A count takes 2 ms.
    if (asked % 2 === 0) nowMs += 2;
    return ancestor.pid + 1000 * asked;
  };
  const stop = new CrowdStop(ancestor, 4, {lastPid}, () => nowMs);
  stop.look();
  expect(asked).toBe(2);
  nowMs += 17;
  stop.look();
  expect(asked).toBe(3);
  nowMs += 1;
  stop.look();
  expect(asked).toBe(5);
});
