import {expect, test} from 'vitest';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {viewRun} from '../../../src/core/record/run-view.js';
import {type LiveRow, liveRows} from '../../../src/core/report/live-rows.js';
import {recentSeries} from '../../../src/core/report/recent-series.js';
import {shareRows} from '../../../src/core/report/share-rows.js';
import {promise} from './busy-run.js';
import {at, MIB, sampled, started} from './sample-runs.js';

const BEGUN = at(1, {kind: 'attempt_started', attempt: 1, pid: 9});

function rowsOf(events: readonly RunEvent[], elapsedMs: number): LiveRow[] {
  return liveRows(viewRun(events), elapsedMs);
}

function memorySeries(events: readonly RunEvent[], cells: number, elapsedMs: number) {
  const view = viewRun(events);
  const nowMs = view.record.startedAtMs + elapsedMs;
  return recentSeries(view, ({memory}) => memory.rssBytes, cells, nowMs);
}

test('of several steps the limit is the next one that is not broken, at last the last one', () => {
  const steps = [promise('max_rss', 100, {policy: 'log'}), promise('max_rss', 200)];
  const at50 = [started(steps), BEGUN, sampled(9, {memory: {rssBytes: 50}})];
  const limitAt = (rssBytes: number) => {
    const [row] = rowsOf([...at50, sampled(1100, {memory: {rssBytes}})], 1200);
    return [row?.limit, row?.share, row?.top];
  };
  expect(limitAt(50)).toEqual([100, 0.5, 200]);
  expect(limitAt(100)).toEqual([100, 1, 200]);
  expect(limitAt(101)).toEqual([200, 0.505, 200]);
  expect(limitAt(300)).toEqual([200, 1.5, 200]);
});

test('the limits are those of the attempt that runs', () => {
  const events = [
    started([promise('max_rss', 100), promise('timeout', 5000)]),
    at(1, {
      kind: 'attempt_started',
      attempt: 2,
      pid: 9,
      limits: [
        {limitType: 'max_rss', limitValue: 150},
        {limitType: 'timeout', limitValue: 5000},
      ],
    }),
  ];
  expect(rowsOf(events, 2).map(({limitType, limit}) => [limitType, limit])).toEqual([
    ['max_rss', 150],
    ['timeout', 5000],
  ]);
});

test('memory is called what was read: the proportional size where there is one', () => {
  const resident = [started(), BEGUN, sampled(9, {memory: {rssBytes: 300}})];
  const proportional = sampled(1100, {memory: {rssBytes: 310, pssBytes: 200}});
  expect(rowsOf(resident, 10)[0]).toMatchObject({label: 'memory RSS', now: 300, peak: 300});
  expect(rowsOf([...resident, proportional], 1200)[0]).toMatchObject({
    label: 'memory PSS',
    shortLabel: 'PSS',
    now: 200,
    peak: 200,
  });
});

test('what was never measured and is not limited has no row; what was measured once keeps its row', () => {
  const events = [started(), BEGUN, sampled(9, {cpu: {percent: 5}, process: {processes: 0}})];
  const labels = (all: readonly RunEvent[]) => rowsOf(all, 3000).map(({label}) => label);
  expect(labels(events)).toEqual(['CPU', 'processes', 'time']);
  expect(labels([...events, sampled(2000, {})])).toEqual(['CPU', 'processes', 'time']);
  expect(labels([started()])).toEqual([]);
});

test('the time is that of the attempt, and stands still when it has ended', () => {
  const events = [
    started(),
    BEGUN,
    at(1001, {kind: 'attempt_ended', attempt: 1, cause: {kind: 'exited'}, forced: false, nextInMs: 500}),
    at(1501, {kind: 'attempt_started', attempt: 2, pid: 10}),
  ];
  expect(rowsOf(events.slice(0, 3), 1400)[0]?.now).toBe(1000);
  expect(rowsOf(events, 2001)[0]?.now).toBe(500);
});

test('samples stand where their time is; the one before holds where there is none', () => {
  // The clock is at 1 s when the run starts; cells of 10 s begin at 0, 10 s and so on of the clock.
  const events = [
    started(),
    BEGUN,
    sampled(9100, {memory: {rssBytes: 1}}),
    sampled(11_000, {memory: {rssBytes: 5}}),
    sampled(12_500, {memory: {rssBytes: 3}}),
    sampled(45_000, {memory: {rssBytes: 7}}),
  ];
  expect(memorySeries(events, 6, 58_000)).toEqual([undefined, 5, 3, 3, 7, 7]);
  expect(memorySeries(events, 6, 69_500)).toEqual([3, 3, 7, 7, 7, 7]);
  expect(memorySeries(events, 0, 58_000)).toEqual([]);
});

test('a gap is where nothing was measured: before the first sample, between attempts', () => {
  const events = [
    started(),
    BEGUN,
    sampled(11_000, {memory: {rssBytes: 5}}),
    sampled(25_000, {cpu: {percent: 1}}),
    sampled(31_000, {memory: {rssBytes: 6}}),
    at(32_000, {kind: 'attempt_ended', attempt: 1, cause: {kind: 'exited'}, forced: false, nextInMs: 19_000}),
    at(51_000, {kind: 'attempt_started', attempt: 2, pid: 10}),
    sampled(52_000, {memory: {rssBytes: 1}}),
  ];
  expect(memorySeries(events, 6, 58_000)).toEqual([undefined, 5, 5, 6, undefined, 1]);
});

test('a whole core fills the curve of the CPU, more than that when more was used', () => {
  const cpuTop = (...percents: number[]) =>
    rowsOf(
      [started(), BEGUN, ...percents.map((percent, index) => sampled(index * 1000 + 5, {cpu: {percent}}))],
      9000,
    )[0]?.top;
  expect(cpuTop(5, 20)).toBe(100);
  expect(cpuTop(5, 380, 20)).toBe(380);
});

test('the highest of the last values fills the curve of what is not limited', () => {
  const events = [
    started(),
    BEGUN,
    sampled(5, {memory: {rssBytes: 3 * MIB}}),
    sampled(1500, {memory: {rssBytes: MIB}}),
  ];
  expect(rowsOf(events, 2000)[0]?.top).toBe(3 * MIB);
});

test.each([
  ['all fit', 20, [5, 4, 3], [5, 4, 3]],
  ['row by row in turn', 10, [9, 9, 2], [4, 4, 2]],
  ['the least of each', 6, [9, 9, 9], [2, 2, 2]],
  ['what does not fit is left out', 5, [9, 9, 9], [3, 2, 0]],
  ['nothing to show', 9, [0, 3, 0], [0, 3, 0]],
  ['no rows', 0, [3, 3, 3], [0, 0, 0]],
  ['fewer than none', -4, [3, 3, 3], [0, 0, 0]],
])('rows of a screen: %s', (_what, rows, most, dealt) => {
  expect(
    shareRows(
      rows,
      most.map((wanted) => ({least: 2, most: wanted})),
    ),
  ).toEqual(dealt);
});
