import {expect, test} from 'vitest';
import {UsageScreen, type ScreenBounds} from '../../../src/core/monitor/usage-screen.js';
import {usageAt} from '../limits/samples.js';

const MIB = 2 ** 20;
/** What a program at 1 GiB/s needs for one MiB, milliseconds. */
const MS_PER_MIB = 1000 / 1024;

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

test('the first look is due when a program at 1 GiB/s could be at the limit', () => {
  expect(begun(246).gap).toBeCloseTo(10 * MS_PER_MIB, 6);
});

test('a gap of more than a tenth of a second is long enough for four such programs', () => {
  const gapOf = (headroomMib: number): number => begun(56, {rssBytes: (56 + headroomMib) * MIB}).gap;
  expect(gapOf(102)).toBeCloseTo(102 * MS_PER_MIB, 6);
  expect(gapOf(103)).toBe(100);
  expect(gapOf(400)).toBe(100);
  expect(gapOf(1024)).toBeCloseTo(250, 6);
});

test('nobody looks more often than once a millisecond', () => {
  const screen = begun(256);
  expect(screen.gap).toBe(1);
  expect(screen.next(seen(256), 1001)).toBe(1);
});

test('the gap follows from what is left', () => {
  const screen = begun(250);
  expect(screen.next(seen(250), 1006)).toBeCloseTo(6 * MS_PER_MIB, 6);
  expect(screen.next(seen(252), 1012)).toBeCloseTo(4 * MS_PER_MIB, 6);
});

test('what grows faster than 1 GiB/s is looked at accordingly', () => {
  const screen = begun(200);
  // 16 MiB in 4 ms: 10 MiB are left, and one and a half times the growth is assumed.
  expect(screen.next(seen(216), 1004)).toBeCloseTo(40 / (1.5 * 4), 6);
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
