import {expect, test} from 'vitest';

import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import {seriesOf, type UsageSeries, UsageSeriesFolder} from '../../../src/core/record/usage-series.js';

function usage(atMs: number, rssBytes?: number, percent?: number): ResourceUsage {
  return {
    atMs,
    timestampMs: atMs,
    source: 'procfs',
    memory: {...(rssBytes !== undefined && {rssBytes})},
    cpu: {...(percent !== undefined && {percent})},
    io: {},
    process: {},
  };
}

function folded(...samples: readonly ResourceUsage[]): UsageSeries {
  const folder = new UsageSeriesFolder();
  for (const sample of samples) folder.add(sample);
  return folder.series();
}

test('a step has the highest values of its time, each metric by itself', () => {
  const series = folded(usage(5000, 10), usage(5050, 30, 5), usage(5099, 20, 9), usage(5100, 7));
  expect(series).toEqual({stepMs: 100, steps: [{rssBytes: 30, cpuPercent: 9}, {rssBytes: 7}]});
});

test('a sample holds until the next one, and nothing is 0 that was not measured', () => {
  expect(folded(usage(0, 1, 2), usage(310, 5), usage(510)).steps).toEqual([
    {rssBytes: 1, cpuPercent: 2},
    {rssBytes: 1, cpuPercent: 2},
    {rssBytes: 1, cpuPercent: 2},
    {rssBytes: 5},
    {rssBytes: 5},
    {},
  ]);
});

test('a sample does not hold when its attempt has ended', () => {
  const folder = new UsageSeriesFolder();
  folder.add(usage(0, 1));
  folder.attemptEnded();
  folder.add(usage(200, 2));
  expect(folder.series().steps).toEqual([{rssBytes: 1}, {}, {rssBytes: 2}]);
});

test('the steps of a day are few, and its peak is among them', () => {
  const dayMs = 86_400_000;
  const folder = new UsageSeriesFolder();
  for (let atMs = 0; atMs < dayMs; atMs += 60_000) folder.add(usage(atMs, atMs === 36_000_000 ? 999 : 1));
  const {stepMs, steps} = folder.series();
  expect(steps.length).toBeLessThanOrEqual(240);
  expect(steps.length).toBeGreaterThan(120);
  expect(stepMs * steps.length).toBeGreaterThanOrEqual(dayMs - 60_000);
  expect(steps.filter(({rssBytes}) => rssBytes === 999)).toHaveLength(1);
  expect(Math.floor(36_000_000 / stepMs)).toBe(steps.findIndex(({rssBytes}) => rssBytes === 999));
});

test('a clock that jumps makes neither an endless loop nor a long list', () => {
  const {steps} = folded(usage(1000, 1), usage(Number.MAX_VALUE, 2), usage(0, 3), usage(Number.NaN, 4));
  expect(steps.length).toBeLessThanOrEqual(240);
  expect(steps[0]).toEqual({rssBytes: 3});
});

test('a series is drawn in as many cells as there are, the highest value in each', () => {
  const series = {
    stepMs: 100,
    steps: [1, 5, 2, undefined, 3].map((cpuPercent) => ({...(cpuPercent !== undefined && {cpuPercent})})),
  };
  const cpu = ({cpuPercent}: {readonly cpuPercent?: number}): number | undefined => cpuPercent;
  expect(seriesOf(series, cpu, 10)).toEqual([1, 5, 2, undefined, 3]);
  expect(seriesOf(series, cpu, 5)).toEqual([1, 5, 2, undefined, 3]);
  expect(seriesOf(series, cpu, 2)).toEqual([5, 3]);
  expect(seriesOf(series, cpu, 1)).toEqual([5]);
  expect(seriesOf(series, cpu, 0)).toEqual([]);
  expect(seriesOf({stepMs: 100, steps: []}, cpu, 5)).toEqual([]);
});
