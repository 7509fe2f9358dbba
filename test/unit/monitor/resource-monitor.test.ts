import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import type {Clock} from '../../../src/core/clock.js';
import type {TreeGlance, TreeReading, TreeScreening} from '../../../src/core/monitor/probe.js';
import {ResourceMonitor, type ResourceMonitorOptions} from '../../../src/core/monitor/resource-monitor.js';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import {NO_BOUNDS} from '../../../src/core/monitor/usage-glance.js';
import {reading} from './readings.js';
import {ScriptedProbe} from './scripted-probe.js';

/** The virtual clock of the timers. */
const clock: Clock = {nowMs: () => performance.now(), timestampMs: () => Date.now()};

const ONE_PROCESS: TreeReading = {processes: [reading({pid: 10, rssBytes: 1})]};

let monitor: ResourceMonitor | undefined;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  monitor?.stop();
  vi.useRealTimers();
});

interface Seen {
  readonly usages: ResourceUsage[];
  readonly gaps: number[];
  readonly faults: Error[];
}

/** A monitor that samples every 100 ms. */
function open(
  probe: ScriptedProbe,
  options: Partial<ResourceMonitorOptions> = {},
): ResourceMonitor & {seen: Seen} {
  const seen: Seen = {usages: [], gaps: [], faults: []};
  monitor = new ResourceMonitor({
    probe,
    clock,
    historyRetentionMs: 60_000,
    lookEveryMs: 100,
    nextGapMs: () => 100,
    needsPss: () => false,
    needsDetails: false,
    onUsage: (usage, gapMs) => {
      seen.usages.push(usage);
      seen.gaps.push(gapMs);
    },
    onFault: (error) => seen.faults.push(error),
    ...options,
  });
  return Object.assign(monitor, {seen});
}

function promised<T>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return {promise, resolve, reject};
}

test('the first sample is taken at the start, the others as they are asked for', async () => {
  const {seen} = open(new ScriptedProbe(() => ONE_PROCESS));
  await monitor?.start();
  expect(seen.usages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(99);
  expect(seen.usages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.usages).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.usages).toHaveLength(5);
  expect(seen.gaps).toEqual([0, 100, 100, 100, 100]);
});

test('an own root that has ended before the first sample is looked at only if its end does not come to be known', async () => {
  const probe = new ScriptedProbe(() => ONE_PROCESS);
  probe.rootAlive = false;
  const {seen} = open(probe, {reaperPid: process.pid});
  const known = monitor?.start();
  monitor?.stop();
  await known;
  expect(probe.requests).toEqual([]);
  await monitor?.start();
  expect(seen.usages).toHaveLength(1);
});

test("somebody else's root that has ended is looked at at once: its end comes to be known in no other way", async () => {
  const probe = new ScriptedProbe(() => ONE_PROCESS);
  probe.rootAlive = false;
  const {seen} = open(probe);
  await monitor?.start();
  expect(seen.usages).toHaveLength(1);
});

test('the next gap is asked for with this usage and the one before', async () => {
  const nextGapMs = vi.fn((_usage: ResourceUsage, previous: ResourceUsage | undefined) =>
    previous === undefined ? 10 : 50,
  );
  const {seen} = open(new ScriptedProbe(() => ONE_PROCESS), {nextGapMs});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(60);
  expect(seen.gaps).toEqual([0, 10, 50]);
  expect(nextGapMs.mock.calls.map(([usage, previous]) => [usage, previous])).toEqual([
    [seen.usages[0], undefined],
    [seen.usages[1], seen.usages[0]],
    [seen.usages[2], seen.usages[1]],
  ]);
});

test('samples are remembered, latest last', async () => {
  const {seen, history} = open(new ScriptedProbe(() => ONE_PROCESS));
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(200);
  expect(history.samples()).toEqual(seen.usages);
  expect(history.latest()).toBe(seen.usages[2]);
});

test('a slow reading is never overtaken by another one', async () => {
  let reading = 0;
  let most = 0;
  const probe = new ScriptedProbe(async () => {
    reading += 1;
    most = Math.max(most, reading);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    reading -= 1;
    return ONE_PROCESS;
  });
  const {seen} = open(probe);
  const started = monitor?.start();
  await vi.advanceTimersByTimeAsync(20_000);
  await started;
  expect(most).toBe(1);
  expect(seen.usages.length).toBeGreaterThan(5);
});

test('however slow a reading is, no more than half of the time is spent on it in the long run', async () => {
  let busyMs = 0;
  const probe = new ScriptedProbe(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    busyMs += 500;
    return ONE_PROCESS;
  });
  open(probe, {nextGapMs: () => 1});
  void monitor?.start();
  await vi.advanceTimersByTimeAsync(30_000);
  busyMs = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(busyMs).toBeLessThanOrEqual(31_000);
  expect(busyMs).toBeGreaterThan(0);
});

test('a sample is taken again with the proportional size where it is needed, and told once', async () => {
  const probe = new ScriptedProbe(({pss}) => ({
    processes: [reading({pid: 10, rssBytes: 9, ...(pss ? {pssBytes: 4} : {})})],
  }));
  const {seen} = open(probe, {needsPss: (usage) => usage.memory.rssBytes === 9});
  await monitor?.start();
  expect(probe.requests.map(({pss}) => pss)).toEqual([false, true]);
  expect(seen.usages.map(({memory}) => memory)).toEqual([{rssBytes: 9, pssBytes: 4}]);
});

test('details that no limit asks for are read in the first sample and once a second', async () => {
  const probe = new ScriptedProbe(() => ONE_PROCESS);
  open(probe);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(2000);
  const detailed = probe.requests.flatMap(({details}, index) => (details ? [index] : []));
  expect(detailed).toEqual([0, 10, 20]);
});

test('details that a limit asks for are read in every sample', async () => {
  const probe = new ScriptedProbe(() => ONE_PROCESS);
  open(probe, {needsDetails: true});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(500);
  expect(probe.requests).toHaveLength(6);
  expect(probe.requests.every(({details}) => details)).toBe(true);
});

test('three failures in a row are a fault, told once, and sampling is over', async () => {
  const probe = new ScriptedProbe(() => {
    throw new Error('too many open files');
  });
  const {seen} = open(probe);
  await monitor?.start();
  expect(seen.faults).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.faults.map(({message}) => message)).toEqual(['too many open files']);
  expect(probe.requests).toHaveLength(3);
  expect(seen.usages).toEqual([]);
});

test('a rejected reading is a failure as well', async () => {
  const probe = new ScriptedProbe(() => Promise.reject(new Error('ps cannot be run')));
  const {seen} = open(probe);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen.faults).toHaveLength(1);
});

test('failures that are not in a row are no fault', async () => {
  const probe = new ScriptedProbe((_, count) => {
    if (count % 3 !== 0) throw new Error('just now not');
    return ONE_PROCESS;
  });
  const {seen} = open(probe);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(seen.faults).toEqual([]);
  expect(seen.usages.length).toBeGreaterThan(10);
});

test('no sample is delivered after the stop', async () => {
  const {seen} = open(new ScriptedProbe(() => ONE_PROCESS));
  await monitor?.start();
  monitor?.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.usages).toHaveLength(1);
});

test('a sample that was being read at the stop is not delivered', async () => {
  const slow = promised<TreeReading>();
  const {seen, history} = open(new ScriptedProbe(() => slow.promise));
  const started = monitor?.start();
  monitor?.stop();
  slow.resolve(ONE_PROCESS);
  await started;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.usages).toEqual([]);
  expect(history.samples()).toEqual([]);
});

test('a reading that fails after the stop is no fault', async () => {
  let count = 0;
  let refuse: (error: Error) => void = () => undefined;
  const probe = new ScriptedProbe(() => {
    count += 1;
    if (count < 3) throw new Error('gone');
    return new Promise((_, reject) => {
      refuse = reject;
    });
  });
  const {seen} = open(probe);
  void monitor?.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(count).toBe(3);
  monitor?.stop();
  refuse(new Error('gone'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.faults).toEqual([]);
  expect(count).toBe(3);
});

test('a stop from within the delivery of a sample is obeyed', async () => {
  const probe = new ScriptedProbe(() => ONE_PROCESS);
  const {seen} = open(probe, {
    onUsage: () => {
      monitor?.stop();
    },
  });
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(probe.requests).toHaveLength(1);
  expect(seen.usages).toEqual([]);
});

test('after the stop one last look tells the totals, details included', async () => {
  const probe = new ScriptedProbe((_, count) =>
    count === 1
      ? {processes: [reading({pid: 10, parentPid: 500, cpuTimeMs: 70})], reaped: {cpuTimeMs: 0}}
      : {processes: [], reaped: {cpuTimeMs: 85, readBytes: 3, writtenBytes: 4}},
  );
  const {seen} = open(probe, {reaperPid: 500});
  await monitor?.start();
  monitor?.stop();
  const last = await monitor?.finalUsage();
  expect(last?.cpu.timeMs).toBe(85);
  expect(last?.io).toEqual({readBytes: 3, writtenBytes: 4});
  expect(probe.requests.at(-1)).toEqual({pss: false, details: true});
  expect(seen.usages).toHaveLength(1);
});

test('a tree that limitrun has started has its CPU percent over the first second', async () => {
  let cpuTimeMs = 0;
  const probe = new ScriptedProbe(() => {
    cpuTimeMs += 100;
    return {processes: [reading({pid: 10, cpuTimeMs})], reaped: {cpuTimeMs: 0}};
  });
  const {seen} = open(probe, {reaperPid: 500});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen.usages.slice(0, 10).every(({cpu}) => cpu.percent === undefined)).toBe(true);
  expect(seen.usages[10]?.cpu.percent).toBeCloseTo(110, 6);
});

/** A probe of 100 bytes that also has cheap looks, and what they see. */
class ScreenedProbe extends ScriptedProbe {
  looks = 0;
  sees: () => TreeScreening | undefined = () => ({rssBytes: 100, processes: 1});

  constructor() {
    super(() => ({processes: [reading({pid: 10, rssBytes: 100})]}));
  }

  screen(): TreeScreening | undefined {
    this.looks += 1;
    return this.sees();
  }
}

const UP_TO_1000 = {screenBounds: () => ({rssBytes: 1000, processes: Infinity})};

test('between samples cheap looks are taken, which are not told', async () => {
  const probe = new ScreenedProbe();
  const {seen} = open(probe, UP_TO_1000);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.gaps).toEqual([0, 100]);
  expect(probe.looks).toBeGreaterThanOrEqual(90);
  expect(probe.requests).toHaveLength(2);
});

test('a look above the bound is followed by a sample at once, and so is one without an answer', async () => {
  for (const sees of [() => ({rssBytes: 1001, processes: 1}), () => undefined]) {
    const probe = new ScreenedProbe();
    const {seen} = open(probe, UP_TO_1000);
    await monitor?.start();
    await vi.advanceTimersByTimeAsync(20);
    expect(seen.usages).toHaveLength(1);
    const before = probe.looks;
    probe.sees = sees;
    await vi.advanceTimersByTimeAsync(1);
    expect(probe.looks).toBe(before + 1);
    expect(seen.usages).toHaveLength(2);
    monitor?.stop();
  }
});

test('a look that fails is followed by a sample', async () => {
  const probe = new ScreenedProbe();
  probe.sees = () => {
    throw new Error('too many open files');
  };
  const {seen} = open(probe, UP_TO_1000);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.usages).toHaveLength(2);
  expect(seen.faults).toEqual([]);
});

test('without bounds, and after the stop, nobody looks', async () => {
  const probe = new ScreenedProbe();
  open(probe, {screenBounds: () => undefined});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(probe.looks).toBe(0);
  monitor?.stop();
  open(probe, UP_TO_1000);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(10);
  const looks = probe.looks;
  monitor?.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toBeGreaterThan(0);
  expect(probe.looks).toBe(looks);
});

test('a sample that is wanted at once follows without a timer', async () => {
  let left = 3;
  const {seen} = open(new ScriptedProbe(() => ONE_PROCESS), {nextGapMs: () => (left-- > 0 ? 0 : 100)});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(5);
  expect(seen.usages).toHaveLength(4);
});

/** A probe that has glances as well. */
class GlancedProbe extends ScreenedProbe {
  glances = 0;
  tree: TreeGlance | undefined = {
    rssBytes: 100,
    virtualBytes: 0,
    processes: 1,
    cpuGrowthMs: 0,
    peakRssBytes: 0,
  };

  glance(): TreeGlance | undefined {
    this.glances += 1;
    return this.tree;
  }
}

const SAMPLE_A_SECOND: Partial<ResourceMonitorOptions> = {nextGapMs: () => 1000};

test('with a gap longer than the interval there is a glance at every interval, and one timer', async () => {
  const probe = new GlancedProbe();
  const {seen} = open(probe, SAMPLE_A_SECOND);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(900);
  expect(probe.glances).toBe(9);
  expect(probe.looks).toBe(0);
  expect(vi.getTimerCount()).toBe(1);
  expect(seen.gaps).toEqual([0]);
  await vi.advanceTimersByTimeAsync(100);
  expect(probe.glances).toBe(9);
  expect(seen.gaps).toEqual([0, 100]);
});

test('members that have come or gone ask for a sample, and so does what is above a bound', async () => {
  for (const [tree, bounds] of [
    [undefined, NO_BOUNDS],
    [
      {rssBytes: 100, virtualBytes: 0, processes: 1, cpuGrowthMs: 0, peakRssBytes: 0},
      {...NO_BOUNDS, rssBytes: 99},
    ],
    [
      {rssBytes: 100, virtualBytes: 0, processes: 1, cpuGrowthMs: 31, peakRssBytes: 0},
      {...NO_BOUNDS, cpuTimeMs: 30},
    ],
  ] as const) {
    const probe = new GlancedProbe();
    probe.tree = tree;
    const {seen} = open(probe, {...SAMPLE_A_SECOND, glanceBounds: () => bounds});
    await monitor?.start();
    await vi.advanceTimersByTimeAsync(99);
    expect(seen.usages).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.gaps).toEqual([0, 100]);
    monitor?.stop();
  }
});

test('after a sample that something asked for the next glance comes within a tenth of a second', async () => {
  const probe = new GlancedProbe();
  const quiet = probe.tree;
  const {seen} = open(probe, {nextGapMs: () => 2000, lookEveryMs: 200});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(400);
  expect(probe.glances).toBe(2);
  probe.tree = undefined;
  await vi.advanceTimersByTimeAsync(200);
  expect(seen.usages).toHaveLength(2);
  probe.tree = quiet;
  await vi.advanceTimersByTimeAsync(99);
  expect(probe.glances).toBe(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(probe.glances).toBe(4);
  await vi.advanceTimersByTimeAsync(199);
  expect(probe.glances).toBe(4);
  await vi.advanceTimersByTimeAsync(1);
  expect(probe.glances).toBe(5);
});

test('a CPU percentage that only glances see is judged over the same window', async () => {
  const probe = new GlancedProbe();
  const {seen} = open(probe, {
    ...SAMPLE_A_SECOND,
    reaperPid: 500,
    nextGapMs: () => 5000,
    glanceBounds: () => ({...NO_BOUNDS, cpuPercent: 50}),
  });
  await monitor?.start();
  const ticking = setInterval(() => {
    if (probe.tree !== undefined) probe.tree = {...probe.tree, cpuGrowthMs: probe.tree.cpuGrowthMs + 60};
  }, 100);
  await vi.advanceTimersByTimeAsync(950);
  expect(seen.usages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60);
  clearInterval(ticking);
  expect(seen.usages).toHaveLength(2);
});

test('the gap told is the longest without any look', async () => {
  const probe = new GlancedProbe();
  const {seen} = open(probe, {...SAMPLE_A_SECOND, lookEveryMs: 300});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(1500);
  expect(seen.gaps.slice(0, 2)).toEqual([0, 300]);
});

test('near a limit there are screenings between the glances', async () => {
  const probe = new GlancedProbe();
  const {seen} = open(probe, {...SAMPLE_A_SECOND, ...UP_TO_1000});
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(500);
  expect(seen.usages).toHaveLength(1);
  expect(probe.glances).toBe(5);
  expect(probe.looks).toBeGreaterThan(400);
});

test('a glance that fails is followed by a sample, and a sample that fails by another one', async () => {
  const probe = new GlancedProbe();
  probe.glance = () => {
    throw new Error('too many open files');
  };
  const {seen} = open(probe, SAMPLE_A_SECOND);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.usages).toHaveLength(2);
  expect(seen.faults).toEqual([]);
});

/** A tree of which it is cheaply told whether it is a crowd. */
function crowding(isCrowd: () => boolean) {
  const crowded = vi.fn(isCrowd);
  return {crowded, probe: Object.assign(new ScriptedProbe(() => ONE_PROCESS), {crowded})};
}

test('a young tree is asked every millisecond whether it is a crowd, an old one with each look', async () => {
  const {crowded, probe} = crowding(() => false);
  const {seen} = open(probe);
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(95);
  expect(crowded.mock.calls.length).toBeGreaterThanOrEqual(94);
  expect(seen.usages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10);
  expect(seen.usages).toHaveLength(2);
  crowded.mockClear();
  await vi.advanceTimersByTimeAsync(500);
  expect(crowded).toHaveBeenCalledTimes(5);
  expect(seen.usages).toHaveLength(7);
});

test('a tree is settled when it is not young any more, where no crowd is looked for at once, and when it is over', async () => {
  const settledOf = async (probe: ScriptedProbe): Promise<() => boolean> => {
    open(probe);
    await monitor?.start();
    let settled = false;
    void monitor?.settled.then(() => {
      settled = true;
    });
    return () => settled;
  };
  const young = await settledOf(crowding(() => false).probe);
  await vi.advanceTimersByTimeAsync(90);
  expect(young()).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(young()).toBe(true);
  const calm = await settledOf(new ScriptedProbe(() => ONE_PROCESS));
  await vi.advanceTimersByTimeAsync(0);
  expect(calm()).toBe(true);
  const over = await settledOf(crowding(() => false).probe);
  monitor?.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(over()).toBe(true);
});

test('a crowd is sampled at once, and by no look before', async () => {
  let isCrowd = false;
  const {probe} = crowding(() => isCrowd);
  const screen = vi.fn(() => ({rssBytes: 1, processes: 1}));
  const {seen} = open(Object.assign(probe, {screen}), {
    screenBounds: () => ({rssBytes: Infinity, processes: 100}),
  });
  await monitor?.start();
  await vi.advanceTimersByTimeAsync(10);
  const screened = screen.mock.calls.length;
  isCrowd = true;
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.usages).toHaveLength(2);
  expect(screen).toHaveBeenCalledTimes(screened);
});
