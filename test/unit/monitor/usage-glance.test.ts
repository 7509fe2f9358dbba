import {describe, expect, test} from 'vitest';
import type {TreeGlance} from '../../../src/core/monitor/probe.js';
import {NO_BOUNDS, UsageGlance, type GlanceBounds} from '../../../src/core/monitor/usage-glance.js';
import {usageAt} from '../limits/samples.js';

const SAMPLE = usageAt(1000, {
  memory: {rssBytes: 1000, virtualBytes: 5000, peakRssBytes: 2000},
  cpu: {timeMs: 400, percent: 50},
  process: {processes: 3},
});
/** The same tree as in the sample. */
const SAME: TreeGlance = {
  rssBytes: 1000,
  virtualBytes: 5000,
  peakRssBytes: 2000,
  processes: 3,
  cpuGrowthMs: 0,
};

function asks(
  seen: Partial<TreeGlance>,
  cpu: {cpuTimeMs?: number; cpuPercent?: number} = {},
  bounds: Partial<GlanceBounds> = {},
  before = [SAMPLE],
): boolean {
  const glance = new UsageGlance();
  for (const sample of before) glance.sampled(sample, {...NO_BOUNDS, ...bounds});
  return glance.asksForSample({...SAME, ...seen}, {cpuTimeMs: 400, cpuPercent: 50, ...cpu});
}

test('where nothing has changed no sample is needed', () => {
  expect(asks({})).toBe(false);
  expect(asks({rssBytes: 900, virtualBytes: 100, processes: 1}, {cpuPercent: 0})).toBe(false);
});

describe('above a bound a sample is needed, at it none', () => {
  test.each<[keyof GlanceBounds, number, Partial<TreeGlance>, {cpuTimeMs?: number; cpuPercent?: number}]>([
    ['rssBytes', 1005, {rssBytes: 1005}, {}],
    ['virtualBytes', 5005, {virtualBytes: 5005}, {}],
    ['cpuTimeMs', 410, {}, {cpuTimeMs: 410}],
    ['cpuPercent', 51, {}, {cpuPercent: 51}],
    ['processes', 3, {}, {}],
  ])('%s', (figure, value, seen, cpu) => {
    expect(asks(seen, cpu, {[figure]: value})).toBe(false);
    expect(asks(seen, cpu, {[figure]: value - 0.5})).toBe(true);
  });
});

test('memory that has grown by more than a tenth since the last sample is worth one, though it was higher once', () => {
  const high = usageAt(0, {memory: {rssBytes: 9000}});
  expect(asks({rssBytes: 1100}, {}, {}, [high, SAMPLE])).toBe(false);
  expect(asks({rssBytes: 1101}, {}, {}, [high, SAMPLE])).toBe(true);
});

test('what is higher than ever by more than a hundredth is worth a sample, for the sake of true peaks', () => {
  expect(asks({rssBytes: 1010, virtualBytes: 5050, peakRssBytes: 2020})).toBe(false);
  expect(asks({rssBytes: 1011})).toBe(true);
  expect(asks({virtualBytes: 5051})).toBe(true);
  expect(asks({peakRssBytes: 2021})).toBe(true);
  expect(asks({processes: 4})).toBe(true);
  expect(asks({}, {cpuPercent: 52.5})).toBe(false);
  expect(asks({}, {cpuPercent: 52.6})).toBe(true);
});

test('what was as high in an earlier sample is not', () => {
  const high = usageAt(0, {
    memory: {rssBytes: 1050, virtualBytes: 9000, peakRssBytes: 9000},
    cpu: {percent: 90},
    process: {processes: 9},
  });
  const seen = {rssBytes: 1050, virtualBytes: 9000, peakRssBytes: 9000, processes: 9};
  expect(asks(seen, {cpuPercent: 90}, {}, [high, SAMPLE])).toBe(false);
});
