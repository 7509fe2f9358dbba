import fc from 'fast-check';
import {expect, test} from 'vitest';
import {TreeCounter, type CounterReading} from '../../../src/core/monitor/tree-counter.js';
import {TreeModel, type Step} from './tree-model.js';

const LIMITRUN = 500;
const INIT = 1;

/** A process as the counter sees it; it started at 1 unless told otherwise. */
function seen(pid: number, parentPid: number, own: number, reaped = 0, startTime = 1): CounterReading {
  return {pid, parentPid, startTime, total: own + reaped, reaped};
}

test('a tree has used what its members have used', () => {
  const counter = new TreeCounter();
  expect(counter.add([seen(10, INIT, 5), seen(11, 10, 7)])).toBe(12);
  expect(counter.add([seen(10, INIT, 6), seen(11, 10, 9)])).toBe(15);
});

test('an empty tree has used nothing', () => {
  expect(new TreeCounter().add([])).toBe(0);
});

test('a child that its parent has waited for is not counted twice', () => {
  const counter = new TreeCounter();
  expect(counter.add([seen(10, INIT, 5), seen(11, 10, 7)])).toBe(12);
  expect(counter.add([seen(10, INIT, 5, 7)])).toBe(12);
  expect(counter.add([seen(10, INIT, 5, 7)])).toBe(12);
});

test('what a child used after it was last seen is counted once its parent has waited for it', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 5), seen(11, 10, 7)]);
  expect(counter.add([seen(10, INIT, 5, 20)])).toBe(25);
  expect(counter.add([seen(10, INIT, 5, 20)])).toBe(25);
});

test('a child that lived and died unseen is counted through its parent', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 5)]);
  expect(counter.add([seen(10, INIT, 5, 30)])).toBe(35);
});

test('the total does not fall while a vanished child has not yet shown in its parent', () => {
  const counter = new TreeCounter();
  expect(counter.add([seen(10, INIT, 5), seen(11, 10, 7)])).toBe(12);
  // The parent was read before it waited for the child.
  expect(counter.add([seen(10, INIT, 5)])).toBe(12);
  expect(counter.add([seen(10, INIT, 5, 7)])).toBe(12);
  expect(counter.add([seen(10, INIT, 6, 7)])).toBe(13);
});

test('a child whose parent ignores SIGCHLD is carried', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 5), seen(11, 10, 7)]);
  expect(counter.add([seen(10, INIT, 5)])).toBe(12);
  expect(counter.add([seen(10, INIT, 5)])).toBe(12);
  expect(counter.add([seen(10, INIT, 9)])).toBe(16);
});

test('an orphan that vanishes is carried at once', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 5), seen(11, INIT, 7)]);
  expect(counter.add([seen(10, INIT, 8)])).toBe(15);
});

test('a parent and a child that vanish together are counted once, whether or not the parent had waited', () => {
  const waited = new TreeCounter();
  waited.add([seen(10, INIT, 1), seen(11, 10, 5), seen(12, 11, 7)]);
  waited.add([seen(10, INIT, 1, 12)]);
  expect(waited.add([seen(10, INIT, 1, 12)])).toBe(13);

  const left = new TreeCounter();
  left.add([seen(10, INIT, 1), seen(11, 10, 5), seen(12, 11, 7)]);
  left.add([seen(10, INIT, 1, 5)]);
  expect(left.add([seen(10, INIT, 1, 5)])).toBe(13);
});

test('a whole tree that vanishes with its root keeps its total', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 5), seen(11, 10, 7), seen(12, 11, 9)]);
  expect(counter.add([])).toBe(21);
  expect(counter.add([])).toBe(21);
});

test('a parent that vanishes one sample after its child passes the expectation on', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 1), seen(11, 10, 5), seen(12, 11, 7)]);
  counter.add([seen(10, INIT, 1), seen(11, 10, 5)]);
  // 11 had waited for 12 after all, and 10 has waited for 11.
  counter.add([seen(10, INIT, 1, 12)]);
  expect(counter.add([seen(10, INIT, 1, 12)])).toBe(13);
});

test('a parent that had waited for its child before it vanished itself is not carried twice', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 1), seen(11, 10, 5), seen(12, 11, 7)]);
  counter.add([seen(10, INIT, 1), seen(11, 10, 5, 7)]);
  counter.add([seen(10, INIT, 1)]);
  counter.add([seen(10, INIT, 1)]);
  expect(counter.add([seen(10, INIT, 1)])).toBe(13);
});

test('a pid that is used again is another process', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, INIT, 1), seen(11, INIT, 7, 0, 1)]);
  expect(counter.add([seen(10, INIT, 1), seen(11, INIT, 2, 0, 9)])).toBe(10);
});

test('a child of a vanished parent whose pid was used again is not expected of the newcomer', () => {
  const counter = new TreeCounter();
  counter.add([seen(11, INIT, 3), seen(12, 11, 7)]);
  counter.add([seen(11, INIT, 1, 0, 9)]);
  expect(counter.add([seen(11, INIT, 1, 0, 9)])).toBe(11);
});

test('the root, once waited for by limitrun, is counted through what limitrun has reaped', () => {
  const counter = new TreeCounter(LIMITRUN);
  expect(counter.add([seen(10, LIMITRUN, 5)], 0)).toBe(5);
  expect(counter.add([], 8)).toBe(8);
  expect(counter.add([], 8)).toBe(8);
});

test('a root that has vanished before limitrun has waited for it keeps its total', () => {
  const counter = new TreeCounter(LIMITRUN);
  counter.add([seen(10, LIMITRUN, 5)], 0);
  expect(counter.add([], 0)).toBe(5);
  expect(counter.add([], 6)).toBe(6);
  expect(counter.add([], 6)).toBe(6);
});

test('a process that is its own parent does not send the counter in circles', () => {
  const counter = new TreeCounter();
  counter.add([seen(10, 11, 5), seen(11, 10, 7)]);
  expect(counter.add([])).toBe(12);
});

test('a child that was waited for does not hide an orphan that vanished a sample earlier', () => {
  const counter = new TreeCounter();
  // 11 ends and leaves 12 to init, where it ends; then 10 waits for 13.
  counter.add([seen(10, INIT, 0), seen(11, 10, 0), seen(12, 11, 10), seen(13, 10, 20)]);
  counter.add([seen(10, INIT, 0), seen(13, 10, 20)]);
  counter.add([seen(10, INIT, 0, 20)]);
  counter.add([seen(10, INIT, 0, 20)]);
  expect(counter.add([seen(10, INIT, 0, 20)])).toBe(30);
  expect(counter.add([seen(10, INIT, 5, 20)])).toBe(35);
});

/** Random lives of a tree: forks, work, exits, waiting, ignoring SIGCHLD, looks in between. */
const lives = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(
      ...(['fork', 'fork', 'fork', 'work', 'work', 'work', 'exit', 'exit', 'wait', 'wait'] as const),
      ...(['wait for root', 'ignore', 'sample', 'sample', 'sample'] as const),
    ),
    who: fc.nat(20),
    amount: fc.integer({min: 1, max: 50}),
  }),
  {maxLength: 100, size: 'max'},
);

test('M-11 whatever a tree does, the total never falls and never exceeds what was really used', () => {
  fc.assert(
    fc.property(lives, (steps) => {
      const model = new TreeModel(LIMITRUN);
      const counter = new TreeCounter(LIMITRUN);
      let last = 0;
      for (const step of [...steps, ...model.quietEnd()]) {
        if (step.kind !== 'sample') {
          model.do(step);
          continue;
        }
        const total = counter.add(model.readings(), model.reapedByLimitrun);
        expect(total).toBeGreaterThanOrEqual(last);
        expect(total).toBeLessThanOrEqual(model.used);
        last = total;
      }
    }),
    {numRuns: 2000},
  );
});

test('whatever a tree does while it is being read, the total never falls and never exceeds what was used', () => {
  fc.assert(
    fc.property(lives, fc.array(fc.nat(3), {minLength: 1, maxLength: 30}), (steps, pauses) => {
      const model = new TreeModel(LIMITRUN);
      const counter = new TreeCounter(LIMITRUN);
      const queue = [...steps, ...model.quietEnd()];
      let last = 0;
      let looks = 0;
      for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
        if (step.kind !== 'sample') {
          model.do(step);
          continue;
        }
        // Between two members that are read, some of what follows happens; limitrun, which reads, waits for nobody.
        const readings = model.readOneByOne(() => {
          looks += 1;
          for (let left = pauses[looks % pauses.length] ?? 0; left > 0; left -= 1) {
            const next = queue[0];
            if (next === undefined || next.kind === 'sample' || next.kind === 'wait for root') return;
            queue.shift();
            model.do(next);
          }
        });
        const total = counter.add(readings, model.reapedByLimitrun);
        expect(total).toBeGreaterThanOrEqual(last);
        expect(total).toBeLessThanOrEqual(model.used);
        last = total;
      }
    }),
    {numRuns: 2000},
  );
});

test('in the end nothing is missing but what was used unseen by processes that are gone', () => {
  fc.assert(
    fc.property(lives, (steps) => {
      const model = new TreeModel(LIMITRUN);
      const counter = new TreeCounter(LIMITRUN);
      let total = 0;
      // Work at the end, so that a total that only stands still because it may not fall is found out.
      const end: Step[] = [...model.quietEnd(), {kind: 'work', who: 0, amount: 10_000}, ...model.quietEnd()];
      for (const step of [...steps, ...end]) {
        if (step.kind === 'sample') {
          total = counter.add(model.readings(), model.reapedByLimitrun);
        } else model.do(step);
      }
      expect(model.used - total).toBeLessThanOrEqual(model.diedUnseen);
    }),
    {numRuns: 2000},
  );
});
