import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  account,
  LONGEST_STOP_MS,
  nextSlice,
  openLedger,
  periodFor,
  shareOf,
  SHORTEST_PERIOD_MS,
  type Slice,
  type ThrottleLedger,
} from '../../../src/core/limits/throttle-slices.js';

/** What a tree would use at a moment if nothing stopped it, in cores. */
type Demand = (nowMs: number) => number;

interface Simulated {
  readonly usedMs: number;
  readonly elapsedMs: number;
  readonly slices: readonly Slice[];
}

/**
 * A tree whose CPU time is told in ticks of 10 ms, as by the kernel, and whose stops and runs come late.
 * @param lateMs by how much each timer is late at most
 */
function simulate(wantedCores: number, demand: Demand, forMs: number, lateMs = 0): Simulated {
  let ledger: ThrottleLedger = openLedger(demand(0) * 100, wantedCores * 100);
  let nowMs = 0;
  let usedMs = 0;
  let toldMs = 0;
  const slices: Slice[] = [];
  while (nowMs < forMs) {
    const slice = nextSlice(ledger, wantedCores, SHORTEST_PERIOD_MS);
    slices.push(slice);
    const late = (slices.length % 3) * (lateMs / 2);
    const heldMs = slice.stopMs > 0 ? slice.stopMs + late : 0;
    const ranMs = slice.runMs + late;
    for (let step = 0; step < ranMs; step += 1) {
      usedMs += demand(nowMs + heldMs + step) * Math.min(1, ranMs - step);
    }
    nowMs += heldMs + ranMs;
    const nowTold = Math.floor(usedMs / 10) * 10;
    ledger = account(
      ledger,
      {elapsedMs: heldMs + ranMs, ranMs, usedMs: nowTold - toldMs, deniedMs: 0},
      wantedCores,
    );
    toldMs = nowTold;
  }
  return {usedMs, elapsedMs: nowMs, slices};
}

const anyWanted = fc.double({min: 0.05, max: 4, noNaN: true});

describe('a tree that always wants more than it may have', () => {
  test('gets what it may have, within 5 %, once its debt is paid', () => {
    const cases = fc.record({
      wanted: anyWanted,
      excess: fc.double({min: 1.1, max: 20, noNaN: true}),
      swing: fc.double({min: 0, max: 0.4, noNaN: true}),
      waveMs: fc.integer({min: 20, max: 5000}),
      lateMs: fc.integer({min: 0, max: 10}),
    });
    fc.assert(
      fc.property(cases, ({wanted, excess, swing, waveMs, lateMs}) => {
        const mean = wanted * excess * (1 + swing);
        const demand: Demand = (nowMs) => mean * (1 + swing * Math.sin((nowMs / waveMs) * 2 * Math.PI));
        const forMs = 60_000;
        const {usedMs, elapsedMs} = simulate(wanted, demand, forMs, lateMs);
        // What was used too much in the second before is paid back, of which no more than ten seconds are kept.
        const debtMs = Math.min((demand(0) - wanted) * 1000, wanted * 10_000);
        const cores = (usedMs + Math.max(0, debtMs)) / elapsedMs;
        expect(cores / wanted).toBeGreaterThan(0.95);
        expect(cores / wanted).toBeLessThan(1.05);
      }),
      {numRuns: 200},
    );
  });
});

describe('any tree', () => {
  test('gets no more than 5 % too much, however it bursts', () => {
    const cases = fc.record({
      wanted: anyWanted,
      high: fc.double({min: 0, max: 8, noNaN: true}),
      onMs: fc.integer({min: 10, max: 3000}),
      offMs: fc.integer({min: 10, max: 3000}),
    });
    fc.assert(
      fc.property(cases, ({wanted, high, onMs, offMs}) => {
        const demand: Demand = (nowMs) => (nowMs % (onMs + offMs) < onMs ? high : 0);
        const {usedMs, elapsedMs} = simulate(wanted, demand, 60_000, 4);
        expect(usedMs / elapsedMs).toBeLessThanOrEqual(wanted * 1.05);
      }),
      {numRuns: 200},
    );
  });

  test('is never stopped for long, and always gets to run', () => {
    const anyLedger = fc.record({
      balanceMs: fc.double({min: -1e6, max: 1e6, noNaN: true}),
      demandCores: fc.double({min: 0, max: 1000, noNaN: true}),
    });
    fc.assert(
      fc.property(
        anyLedger,
        fc.double({min: 1e-4, max: 64, noNaN: true}),
        fc.double({min: 100, max: 1000, noNaN: true}),
        (ledger, wanted, periodMs) => {
          const {runMs, stopMs} = nextSlice(ledger, wanted, periodMs);
          expect(runMs).toBeGreaterThanOrEqual(5);
          expect(stopMs).toBeGreaterThanOrEqual(0);
          expect(stopMs).toBeLessThanOrEqual(LONGEST_STOP_MS);
        },
      ),
    );
  });

  test('is left alone while it wants no more than it may have', () => {
    const {slices} = simulate(0.5, () => 0.45, 10_000);
    expect(slices.every(({stopMs}) => stopMs === 0)).toBe(true);
  });
});

test('a tree in debt gets its least share, however late the timers are', () => {
  const inDebt: ThrottleLedger = {balanceMs: -1e6, demandCores: 2};
  for (const lateMs of [0, 1, 5, 15]) {
    const {runMs, stopMs} = nextSlice(inDebt, 0.25, SHORTEST_PERIOD_MS, lateMs);
    expect(runMs).toBeGreaterThanOrEqual(5);
    const usedMs = 2 * (runMs + lateMs);
    expect(usedMs / (runMs + lateMs + stopMs)).toBeCloseTo(0.025, 5);
  }
});

test('after a pause of the whole job no more than a second is made up for', () => {
  const ledger = openLedger(100, 50);
  const after = account(ledger, {elapsedMs: 3_600_000, ranMs: 50, usedMs: 50, deniedMs: 0}, 0.5);
  expect(after.balanceMs).toBe(500);
});

test('what takes long to signal is signalled less often', () => {
  expect(periodFor(0)).toBe(100);
  expect(periodFor(20)).toBe(400);
  expect(periodFor(10_000)).toBe(1000);
});

describe('a share that the kernel keeps', () => {
  /** The kernel gives a tree what its share allows, up to what it wants, and counts what it does not give. */
  function kept(
    wantedCores: number,
    demandCores: number,
    looks: number,
  ): {used: number[]; ledger: ThrottleLedger} {
    let ledger = openLedger(demandCores * 100, wantedCores * 100);
    const used: number[] = [];
    for (let look = 0; look < looks; look += 1) {
      const cores = Math.min(demandCores, shareOf(ledger, wantedCores));
      const deniedMs = (demandCores - cores) * 250;
      ledger = account(ledger, {elapsedMs: 250, ranMs: 250, usedMs: cores * 250, deniedMs}, wantedCores);
      used.push(cores);
    }
    return {used, ledger};
  }

  test('makes up for the second before, then is the limit', () => {
    const {used} = kept(0.5, 2, 40);
    expect(used[0]).toBeCloseTo(0.05);
    expect(used.at(-1)).toBeCloseTo(0.5, 2);
    // With the second at 2 cores in which nobody held it back.
    expect((used.reduce((sum, cores) => sum + cores / 4, 0) + 2) / 11).toBeCloseTo(0.5, 2);
  });

  test('knows what is wanted from what was denied', () => {
    expect(kept(0.5, 2, 40).ledger.demandCores).toBeCloseTo(2);
  });

  test('is not used up by a tree that wants less', () => {
    const {ledger} = kept(0.5, 0.2, 40);
    expect(ledger.demandCores).toBeCloseTo(0.2);
    expect(shareOf(ledger, 0.5)).toBeGreaterThan(0.5);
  });
});
