import {expect, test} from 'vitest';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import {UsageHistory} from '../../../src/core/monitor/usage-history.js';

function at(atMs: number): ResourceUsage {
  return {atMs, timestampMs: atMs, source: 'procfs', memory: {}, cpu: {}, io: {}, process: {}};
}

function times(history: UsageHistory): number[] {
  return history.samples().map((usage) => usage.atMs);
}

test('a history begins empty', () => {
  const history = new UsageHistory(1000);
  expect(history.samples()).toEqual([]);
  expect(history.latest()).toBeUndefined();
});

test('samples are kept oldest first', () => {
  const history = new UsageHistory(1000);
  for (const atMs of [0, 100, 200]) history.add(at(atMs));
  expect(times(history)).toEqual([0, 100, 200]);
  expect(history.latest()?.atMs).toBe(200);
});

test('what is older than the retention time is not shown, what is just as old is', () => {
  const history = new UsageHistory(1000);
  for (const atMs of [0, 500, 1000]) history.add(at(atMs));
  expect(times(history)).toEqual([0, 500, 1000]);
  history.add(at(1001));
  expect(times(history)).toEqual([500, 1000, 1001]);
});

test('the newest sample is there however old the others are', () => {
  const history = new UsageHistory(1000);
  history.add(at(0));
  history.add(at(1_000_000));
  expect(times(history)).toEqual([1_000_000]);
});

test('a sample that comes sooner than a step of the history replaces the newest one', () => {
  const history = new UsageHistory(30_000);
  const seen = [0, 4, 8, 12, 16, 21, 31].map((atMs) => {
    history.add(at(atMs));
    expect(history.latest()?.atMs).toBe(atMs);
    return times(history);
  });
  expect(seen).toEqual([[0], [4], [8], [8, 12], [8, 16], [8, 21], [8, 21, 31]]);
});

test('samples that are one step apart are all kept', () => {
  const history = new UsageHistory(30_000);
  for (const atMs of [0, 10, 20, 30]) history.add(at(atMs));
  expect(times(history)).toEqual([0, 10, 20, 30]);
});

test.each([0.1, 0.5, 0.9, 1, 7, 100])(
  'R-03 sampled every %d ms for long, the history stays bounded',
  (gapMs) => {
    const history = new UsageHistory(3000);
    let atMs = 0;
    for (let count = 0; count < 50_000; count += 1) {
      atMs += gapMs;
      history.add(at(atMs));
    }
    const kept = times(history);
    expect(kept.length).toBeLessThanOrEqual(3002);
    expect(kept.length).toBeGreaterThan(20);
    expect(kept[0]).toBeGreaterThanOrEqual(atMs - 3000);
    // The whole of the retention time is covered.
    expect(kept[0]).toBeLessThanOrEqual(atMs - 3000 + 2 * gapMs + 2);
  },
);
