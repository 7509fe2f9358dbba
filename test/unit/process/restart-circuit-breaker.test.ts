import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  LONGEST_RESTART_DELAY_MS,
  RestartCircuitBreaker,
} from '../../../src/core/process/restart-circuit-breaker.js';

function delays(
  maxRestarts: number,
  delayMs: number,
  backoffRate: number,
  requests: number,
): (number | undefined)[] {
  const breaker = new RestartCircuitBreaker({maxRestarts, delayMs, backoffRate});
  return Array.from({length: requests}, () => breaker.request());
}

test('with no restarts allowed the breaker is open from the start', () => {
  expect(delays(0, 1000, 2, 2)).toEqual([undefined, undefined]);
});

test('after its number of restarts the breaker opens and stays open', () => {
  expect(delays(2, 1000, 1, 4)).toEqual([1000, 1000, undefined, undefined]);
});

test('each delay is longer by the back-off rate', () => {
  expect(delays(4, 1000, 2, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(delays(3, 1000, 1.5, 3)).toEqual([1000, 1500, 2250]);
});

test('no delay grows beyond five minutes', () => {
  expect(LONGEST_RESTART_DELAY_MS).toBe(300_000);
  expect(delays(3, 200_000, 2, 3)).toEqual([200_000, 300_000, 300_000]);
});

test('without a delay the next attempt may start at once', () => {
  expect(delays(2, 0, 2, 2)).toEqual([0, 0]);
});

test('without a delay even the thousandth restart with back-off may start at once', () => {
  expect(new Set(delays(1100, 0, 2, 1100))).toEqual(new Set([0]));
});

test('whatever the rules, delays are finite, never fall and are as many as allowed', () => {
  fc.assert(
    fc.property(
      fc.nat(500),
      fc.nat(600_000),
      fc.double({min: 1, max: 1e6, noNaN: true}),
      (most, delayMs, rate) => {
        const given = delays(most, delayMs, rate, most + 2).filter((delay) => delay !== undefined);
        expect(given).toHaveLength(most);
        given.forEach((delay, index) => {
          expect(delay).toBeGreaterThanOrEqual(given[index - 1] ?? 0);
          expect(delay).toBeLessThanOrEqual(LONGEST_RESTART_DELAY_MS);
        });
      },
    ),
  );
});
