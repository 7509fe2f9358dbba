import {expect, test} from 'vitest';
import {RateWindow} from '../../../src/core/monitor/rate-window.js';

test('a rate is absent until a whole second has been seen', () => {
  const rate = new RateWindow();
  expect(rate.add(5000, 100)).toBeUndefined();
  expect(rate.add(5999, 200)).toBeUndefined();
  expect(rate.add(6000, 600)).toBe(0.5);
});

test('a counter known to begin at nothing has a rate one second after the beginning', () => {
  const rate = new RateWindow({atMs: 5000});
  expect(rate.add(5500, 300)).toBeUndefined();
  expect(rate.add(6000, 1000)).toBe(1);
});

test('a late sample is divided by the time that really passed', () => {
  const rate = new RateWindow({atMs: 0});
  expect(rate.add(4000, 2000)).toBe(0.5);
});

test('the window moves on: what happened before the last second is forgotten', () => {
  const rate = new RateWindow({atMs: 0});
  expect(rate.add(1000, 1000)).toBe(1);
  expect(rate.add(2000, 1000)).toBe(0);
  expect(rate.add(3000, 1500)).toBe(0.5);
});

test('samples further apart than a second have the rate of the gap between them', () => {
  const rate = new RateWindow();
  rate.add(0, 0);
  rate.add(10_000, 10_000);
  expect(rate.add(20_000, 10_500)).toBe(0.05);
});

test('M-11 a counter that falls has the rate 0, not a negative one', () => {
  const rate = new RateWindow();
  rate.add(0, 1000);
  expect(rate.add(1000, 400)).toBe(0);
});

test('sampled ever so densely the rate stays that of one second', () => {
  const rate = new RateWindow({atMs: 0});
  let last: number | undefined;
  // Twice as fast in the third second.
  for (let tenths = 1; tenths <= 30_000; tenths += 1) {
    const atMs = tenths / 10;
    last = rate.add(atMs, atMs <= 2000 ? atMs : 2000 + 2 * (atMs - 2000));
    if (atMs === 2000) expect(last).toBeCloseTo(1, 6);
  }
  expect(last).toBeGreaterThan(1.98);
  expect(last).toBeLessThanOrEqual(2);
});
