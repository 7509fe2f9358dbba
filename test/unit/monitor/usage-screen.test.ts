import {expect, test} from 'vitest';
import {UsageScreen, type ScreenBounds} from '../../../src/core/monitor/usage-screen.js';
import {usageAt} from '../limits/samples.js';

const MIB = 2 ** 20;
/** What a program at 4 GiB/s needs for one MiB, milliseconds. */
const MS_PER_MIB = 1000 / 4096;

/** A screen after a sample at 1000 ms of one process. */
function begun(
  rssMib: number,
  bounds: Partial<ScreenBounds> = {rssBytes: 256 * MIB},
): UsageScreen & {gap: number} {
  const screen = new UsageScreen();
  const usage = usageAt(1000, {memory: {rssBytes: rssMib * MIB}, process: {processes: 1}});
  const gap = screen.begin({rssBytes: Infinity, processes: Infinity, ...bounds}, usage, usage);
  return Object.assign(screen, {gap});
}

const seen = (rssMib: number, processes = 1): {rssBytes: number; processes: number} => ({
  rssBytes: rssMib * MIB,
  processes,
});

test('the first look is due when a program at 4 GiB/s could be at the limit', () => {
  expect(begun(246).gap).toBeCloseTo(10 * MS_PER_MIB, 6);
});

test('nobody looks more often than once a millisecond', () => {
  const screen = begun(256);
  expect(screen.gap).toBe(1);
  expect(screen.next(seen(256), 1001)).toBe(1);
});

test('the gap follows from what is left', () => {
  const screen = begun(235);
  expect(screen.next(seen(235), 1006)).toBeCloseTo(21 * MS_PER_MIB, 6);
  expect(screen.next(seen(236), 1012)).toBeCloseTo(20 * MS_PER_MIB, 6);
});

test('what grows faster is looked at accordingly', () => {
  const screen = begun(200);
  // 20 MiB in 4 ms: 36 MiB are left, and one and a half times the growth is assumed.
  expect(screen.next(seen(220), 1004)).toBeCloseTo(36 / (1.5 * 5), 6);
});

test('what can be at the limit within a millisecond is looked at after less, but not at once', () => {
  const screen = begun(252);
  // 2 MiB in a millisecond: the two that are left take as long, two thirds of it at one and a half times the growth.
  expect(screen.next(seen(254), 1001)).toBeCloseTo(2 / 3, 6);
  expect(screen.next(seen(255), 1001.5)).toBeCloseTo(1 / 3, 6);
  expect(screen.next(seen(256), 1001.9)).toBe(0.1);
});

test('how fast memory grows is measured over a millisecond and more', () => {
  const screen = begun(240);
  expect(screen.next(seen(242), 1001)).toBeCloseTo(14 * MS_PER_MIB, 6);
  // A lump of 2 MiB at once is no growth of 20 MiB a millisecond.
  expect(screen.next(seen(244), 1001.1)).toBeCloseTo(12 * MS_PER_MIB, 6);
});

test('memory that goes up and down at the limit is not worth a core', () => {
  const screen = begun(254);
  const gaps = Array.from({length: 200}, (_, look) =>
    screen.next(seen(look % 2 === 0 ? 255.9 : 254), 1001 + look),
  );
  expect(gaps.filter((gapMs) => gapMs < 1)).toHaveLength(50);
  expect(gaps.slice(100).every((gapMs) => gapMs === 1)).toBe(true);
});

test('at the limit a look is enough, above it a sample is due', () => {
  expect(begun(250).next(seen(256), 1003)).toBeGreaterThan(0);
  expect(begun(250).next({rssBytes: 256 * MIB + 1, processes: 1}, 1003)).toBe(0);
});

test('without an answer a sample is due', () => {
  expect(begun(250).next(undefined, 1003)).toBe(0);
});

test('memory that has grown by more than a tenth since the sample is worth another, but not at once', () => {
  const screen = begun(100);
  expect(screen.next(seen(111), 1004)).toBeGreaterThan(0);
  expect(screen.next(seen(110), 1005)).toBeGreaterThan(0);
  expect(screen.next(seen(111), 1005)).toBe(0);
});

test('processes are watched as if two a millisecond came, and only if they are bounded', () => {
  const screen = begun(100, {processes: 21});
  expect(screen.watchesProcesses).toBe(true);
  expect(screen.gap).toBe(10);
  expect(screen.next(seen(100, 11), 1010)).toBe(5);
  expect(screen.next(seen(100, 22), 1012)).toBe(0);
  expect(begun(100).watchesProcesses).toBe(false);
});

test('processes that are far from their bound are looked at in time for several that start others at once', () => {
  const gapOf = (headroom: number): number => begun(100, {processes: 1 + headroom}).gap;
  expect(gapOf(200)).toBe(100);
  expect(gapOf(800)).toBe(100);
  expect(gapOf(1600)).toBe(200);
});
