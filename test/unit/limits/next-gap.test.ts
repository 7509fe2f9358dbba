import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {nextGapMs, type GapFacts} from '../../../src/core/limits/next-gap.js';
import {limitsSet, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import type {ResourcePolicy} from '../../../src/core/limits/resource-policy.js';
import {Judge, usageAt} from './samples.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** The gap after a usage at 10 s of a tree that began at 0, with an interval of 100 ms. */
function gap(
  limits: ResourceLimits,
  figures: Parameters<typeof usageAt>[1],
  more: Partial<GapFacts> = {},
): number {
  return nextGapMs({
    limits: limitsSet(limits),
    state: new Judge(limits).state,
    usage: usageAt(10_000, figures),
    previous: undefined,
    intervalMs: 100,
    startedAtMs: 0,
    cores: 4,
    ...more,
  });
}

const rss = (rssBytes: number): {memory: {rssBytes: number}} => ({memory: {rssBytes}});

test('without limits the gap is the interval', () => {
  expect(gap({}, {})).toBe(100);
});

test('at the start the gap is short and widens, so that short runs are measured', () => {
  expect(gap({}, {}, {usage: usageAt(0)})).toBe(5);
  expect(gap({}, {}, {usage: usageAt(200)})).toBe(50);
  expect(gap({}, {}, {usage: usageAt(2000)})).toBe(100);
});

test('far from a memory limit the gap is the interval', () => {
  expect(gap({memory: {maxRssBytes: GIB}}, rss(MIB))).toBe(100);
});

test('near a memory limit the gap is what a program at 4 GiB/s would need to reach it', () => {
  expect(gap({memory: {maxRssBytes: GIB}}, rss(GIB - 10 * MIB))).toBeCloseTo((10 / 4096) * 1000, 6);
});

test('a program that grows faster is watched more closely', () => {
  const previous = usageAt(9990, rss(GIB - 510 * MIB));
  // 500 MiB in 10 ms: 10 MiB are passed in 0.13 ms, and no gap is shorter than 1 ms.
  expect(gap({memory: {maxRssBytes: GIB}}, rss(GIB - 10 * MIB), {previous})).toBe(1);
  // 50 MiB in 10 ms: one and a half times that.
  const slower = usageAt(9990, rss(GIB - 60 * MIB));
  expect(gap({memory: {maxRssBytes: GIB}}, rss(GIB - 10 * MIB), {previous: slower})).toBeCloseTo(10 / 7.5, 6);
});

test('while memory grows steeply the next sample comes before it has grown by a tenth, without a limit too', () => {
  // 10 MiB in 10 ms: 100 MiB have grown by a tenth 10 ms later.
  expect(gap({}, rss(100 * MIB), {previous: usageAt(9990, rss(90 * MIB))})).toBeCloseTo(10);
  expect(gap({}, rss(10 * MIB), {previous: usageAt(9990, rss(MIB))})).toBe(5);
  expect(gap({}, rss(100 * MIB), {previous: usageAt(9990, rss(100 * MIB))})).toBe(100);
});

test('growth since a sample of the same instant or without the metric is unknown', () => {
  const limits = {memory: {maxRssBytes: GIB}};
  const plain = gap(limits, rss(GIB - 10 * MIB));
  expect(gap(limits, rss(GIB - 10 * MIB), {previous: usageAt(10_000, rss(GIB - 10 * MIB))})).toBe(plain);
  expect(gap(limits, rss(GIB - 10 * MIB), {previous: usageAt(9990)})).toBe(plain);
});

test('at a limit and at one that is not yet sustained the gap is the shortest', () => {
  expect(gap({memory: {maxRssBytes: GIB}}, rss(GIB))).toBe(1);
});

test('a limit on CPU time is watched as if every core were in use', () => {
  expect(gap({cpu: {maxTimeMs: 1000}}, {cpu: {timeMs: 960}})).toBe(10);
});

test('a limit on processes or files is watched as if two a millisecond came', () => {
  expect(gap({process: {maxProcesses: 60}}, {process: {processes: 40}})).toBe(10);
  expect(gap({process: {maxFileDescriptors: 60}}, {process: {fileDescriptors: 50}})).toBe(5);
});

test('rates have a window of a second: nearness does not shorten the gap', () => {
  expect(gap({cpu: {maxPercent: 100}}, {cpu: {percent: 99.9}})).toBe(100);
  expect(gap({io: {maxReadBytesPerSecond: 10}}, {io: {readBytesPerSecond: 10}})).toBe(100);
});

test('a metric that is not measured does not shorten the gap', () => {
  expect(gap({memory: {maxRssBytes: 1}}, {})).toBe(100);
});

test('the nearest limit decides', () => {
  const limits = {memory: {maxRssBytes: GIB}, process: {maxProcesses: 60}};
  expect(gap(limits, {...rss(MIB), process: {processes: 40}})).toBe(10);
});

test('a broken limit is looked at again when its sustain time is over', () => {
  const limits = {cpu: {maxPercent: 100, sustainedViolationTimeMs: 90}};
  const judge = new Judge(limits);
  judge.look(9970, {cpu: {percent: 200}});
  judge.look(10_000, {cpu: {percent: 200}});
  expect(gap(limits, {cpu: {percent: 200}}, {state: judge.state})).toBe(60);
});

test('memory above its limit is confirmed as soon as can be', () => {
  const limits = {memory: {maxRssBytes: GIB}};
  const judge = new Judge(limits);
  judge.look(10_000, rss(GIB + 1));
  expect(gap(limits, rss(GIB + 1), {state: judge.state})).toBe(1);
});

test('a violation that is only logged is watched at the interval, one that ends the tree more closely', () => {
  for (const [policy, expected] of [
    ['log', 100],
    ['graceful_shutdown', 20],
  ] as const) {
    const limits: ResourceLimits = {cpu: {maxTimeMs: 100, policy}};
    const judge = new Judge(limits);
    judge.look(9000, {cpu: {timeMs: 200}});
    expect(gap(limits, {cpu: {timeMs: 210}}, {state: judge.state})).toBe(expected);
  }
});

test('whatever is measured, the gap is 0, or between 1 ms and the interval', () => {
  fc.assert(
    fc.property(
      fc.nat(2 * GIB),
      fc.nat(2 * GIB),
      fc.nat(1000),
      fc.integer({min: 1, max: 5000}),
      (bytes, before, processes, intervalMs) => {
        const limits = {memory: {maxRssBytes: GIB}, process: {maxProcesses: 500}};
        const judge = new Judge(limits);
        const figures = {...rss(bytes), process: {processes}};
        judge.look(10_000, figures);
        const previous = usageAt(9990, rss(before));
        const found = gap(limits, figures, {state: judge.state, previous, intervalMs});
        if (found === 0) expect({broken: bytes > GIB, processes}).toEqual({broken: true, processes: 1});
        else expect(found).toBeGreaterThanOrEqual(1);
        expect(found).toBeLessThanOrEqual(intervalMs);
      },
    ),
  );
});

describe('with several steps', () => {
  const staged = (first: ResourcePolicy): ResourceLimits => ({
    memory: {
      maxRssBytes: [
        {value: GIB, policy: first},
        {value: 2 * GIB, policy: 'immediate_kill'},
      ],
    },
  });

  /** The gap after usage has been seen twice, so that what is broken is a violation. */
  function gapOf(limits: ResourceLimits, bytes: number): number {
    const judge = new Judge(limits);
    judge.look(9999, rss(bytes));
    judge.look(10_000, rss(bytes));
    return gap(limits, rss(bytes), {state: judge.state});
  }

  test('far below the first step the gap is the interval', () => {
    expect(gapOf(staged('log'), MIB)).toBe(100);
  });

  test('near the first step the gap is what it takes to reach it', () => {
    expect(gapOf(staged('log'), GIB - 10 * MIB)).toBeCloseTo((10 / 4096) * 1000, 6);
  });

  test('past a step that was only logged the gap is the interval again', () => {
    expect(gapOf(staged('log'), GIB + 10 * MIB)).toBe(100);
  });

  test('past a step that was only logged the next one is what counts', () => {
    expect(gapOf(staged('log'), 2 * GIB - 10 * MIB)).toBeCloseTo((10 / 4096) * 1000, 6);
  });

  test('while a tree is being ended the step that would kill it is still looked out for', () => {
    expect(gapOf(staged('graceful_shutdown'), GIB + 10 * MIB)).toBe(20);
    expect(gapOf(staged('graceful_shutdown'), 2 * GIB - 10 * MIB)).toBeCloseTo((10 / 4096) * 1000, 6);
  });

  test('past the last step nothing is left to look out for', () => {
    expect(
      gapOf(
        {
          memory: {
            maxRssBytes: [
              {value: GIB, policy: 'log'},
              {value: 2 * GIB, policy: 'alert'},
            ],
          },
        },
        3 * GIB,
      ),
    ).toBe(100);
  });
});

test('the only process above its memory limit is confirmed at once, several after a moment', () => {
  const limits = {memory: {maxRssBytes: GIB}};
  const judge = new Judge(limits);
  judge.look(10_000, rss(GIB + 1));
  const {state} = judge;
  expect(gap(limits, {...rss(GIB + 1), process: {processes: 1}}, {state})).toBe(0);
  expect(gap(limits, {...rss(GIB + 1), process: {processes: 2}}, {state})).toBe(1);
  judge.look(10_001, rss(GIB + 1));
  expect(gap(limits, {...rss(GIB + 1), process: {processes: 1}}, {state: judge.state})).toBe(20);
});

test('what is screened does not ask for samples, what is not does', () => {
  const limits = {memory: {maxRssBytes: GIB}, process: {maxProcesses: 60}};
  const near = {...rss(GIB - MIB), process: {processes: 59}};
  expect(gap(limits, near)).toBe(1);
  expect(gap(limits, near, {screened: true})).toBe(100);
  expect(gap({...limits, cpu: {maxTimeMs: 1000}}, {...near, cpu: {timeMs: 960}}, {screened: true})).toBe(10);
  expect(gap(limits, {memory: {rssBytes: GIB + MIB, pssBytes: GIB - MIB}}, {screened: true})).toBe(1);
});

describe('with glances in between', () => {
  const glances = {sampleEveryMs: 1000, screened: true};

  test('far from all limits there is a sample a second', () => {
    expect(gap({}, {}, glances)).toBe(1000);
    expect(gap({timeoutMs: 20_000}, {}, glances)).toBe(1000);
    const limits = {memory: {maxRssBytes: GIB}, cpu: {maxPercent: 100, maxTimeMs: 90_000}};
    expect(gap(limits, {...rss(MIB), cpu: {percent: 5, timeMs: 500}}, glances)).toBe(1000);
  });

  test('an interval that is longer is not shortened', () => {
    expect(gap({}, {}, {...glances, intervalMs: 2000})).toBe(2000);
  });

  test('at the start the gap widens with the age up to the interval', () => {
    expect(gap({}, {}, {...glances, usage: usageAt(200)})).toBe(50);
    expect(gap({}, {}, {...glances, usage: usageAt(399)})).toBe(99.75);
    expect(gap({}, {}, {...glances, usage: usageAt(400)})).toBe(1000);
  });

  test('a limit that glances do not keep is judged at every interval', () => {
    expect(gap({process: {maxFileDescriptors: 1000}}, {process: {fileDescriptors: 3}}, glances)).toBe(100);
    expect(gap({memory: {maxSwapBytes: 8 * GIB}}, {memory: {swapBytes: 0}}, glances)).toBe(100);
    expect(gap({io: {maxReadBytesPerSecond: GIB}}, {io: {readBytesPerSecond: 0}}, glances)).toBe(100);
    expect(gap({cpu: {maxPercent: 100}}, {}, glances)).toBe(100);
    expect(gap({memory: {maxRssBytes: GIB}}, rss(900 * MIB), glances)).toBe(100);
  });

  test('near a limit the distance decides as ever', () => {
    expect(gap({cpu: {maxTimeMs: 1000}}, {cpu: {timeMs: 960}}, glances)).toBe(10);
    expect(gap({process: {maxProcesses: 60}}, {process: {processes: 40}}, {sampleEveryMs: 1000})).toBe(10);
  });
});
