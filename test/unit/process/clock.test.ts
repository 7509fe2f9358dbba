import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {callAt, systemClock, type Clock} from '../../../src/core/clock.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('a call is made once, when its time has come and not before', async () => {
  const callback = vi.fn();
  callAt(systemClock, systemClock.nowMs() + 1000, callback);
  await vi.advanceTimersByTimeAsync(999);
  expect(callback).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(callback).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(callback).toHaveBeenCalledTimes(1);
});

test('a time that has passed calls soon, but never before the caller has gone on', async () => {
  const callback = vi.fn();
  callAt(systemClock, systemClock.nowMs() - 5000, callback);
  expect(callback).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(callback).toHaveBeenCalledTimes(1);
});

test.each([LONGEST_TIMER_MS, LONGEST_TIMER_MS + 1, 2 ** 32, 5 * LONGEST_TIMER_MS + 123])(
  'a time %d ms away is kept to the millisecond',
  async (farMs) => {
    const callback = vi.fn();
    callAt(systemClock, systemClock.nowMs() + farMs, callback);
    await vi.advanceTimersByTimeAsync(farMs - 1);
    expect(callback).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(callback).toHaveBeenCalledTimes(1);
  },
);

test('a cancelled call is never made, however far away it was', async () => {
  const callback = vi.fn();
  const near = callAt(systemClock, systemClock.nowMs() + 10, callback);
  const far = callAt(systemClock, systemClock.nowMs() + 2 * LONGEST_TIMER_MS, callback);
  near();
  await vi.advanceTimersByTimeAsync(LONGEST_TIMER_MS + 10);
  far();
  far();
  await vi.advanceTimersByTimeAsync(2 * LONGEST_TIMER_MS);
  expect(callback).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test('a timer that fires while the clock stands still waits for the clock', async () => {
  let nowMs = 0;
  const suspended: Clock = {nowMs: () => nowMs, timestampMs: () => 0};
  const callback = vi.fn();
  callAt(suspended, 100, callback);
  await vi.advanceTimersByTimeAsync(100);
  nowMs = 99.5;
  await vi.advanceTimersByTimeAsync(100);
  expect(callback).not.toHaveBeenCalled();
  nowMs = 100;
  await vi.advanceTimersByTimeAsync(1);
  expect(callback).toHaveBeenCalledTimes(1);
});

test('V-21 the clock of the system tells a monotonic time and the time of day', () => {
  vi.useRealTimers();
  const before = systemClock.nowMs();
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(systemClock.timestampMs() - Date.now())).toBeLessThan(1000);
});
