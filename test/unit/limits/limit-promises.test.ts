import {expect, test} from 'vitest';
import {limitPromises} from '../../../src/core/limits/limit-promises.js';
import {limitsSet} from '../../../src/core/limits/resource-limits.js';

const LIMITS = limitsSet({memory: {maxRssBytes: 5}, io: {maxReadBytesPerSecond: 6}, timeoutMs: 7});

test('a limit whose metric is measured is kept by polling, the timeout by a timer, the others by nobody', () => {
  expect(limitPromises(LIMITS, new Set(['rssBytes'] as const), 250)).toEqual([
    {
      limitType: 'max_rss',
      limitValue: 5,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
      everyMs: 250,
    },
    {
      limitType: 'max_read_bps',
      limitValue: 6,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'nobody',
    },
    {limitType: 'timeout', limitValue: 7, policy: 'graceful_shutdown', sustainMs: 0, enforcedBy: 'timer'},
  ]);
});

test('when nothing is sampled only the timeout is kept', () => {
  expect(limitPromises(LIMITS, undefined, 250).map(({enforcedBy}) => enforcedBy)).toEqual([
    'nobody',
    'nobody',
    'timer',
  ]);
});

test('without limits nothing is promised', () => {
  expect(limitPromises([], new Set(), 100)).toEqual([]);
});
