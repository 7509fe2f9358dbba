import {expect, test} from 'vitest';
import {cpuQuota} from '../../../src/core/containment/cpu-quota.js';

test.each([
  [0.5, 50_000, 100_000],
  [4, 400_000, 100_000],
  [0.01, 1000, 100_000],
  // A quota is a millisecond at least, so a small share needs a longer period.
  [0.005, 5000, 1_000_000],
  [0.0001, 1000, 1_000_000],
])('%f cores are %d of %d microseconds', (cores, quotaUs, periodUs) => {
  expect(cpuQuota(cores)).toEqual({quotaUs, periodUs});
});
