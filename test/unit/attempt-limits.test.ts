import {expect, test} from 'vitest';
import {AttemptLimits} from '../../src/core/attempt-limits.js';

const MIB = 1024 * 1024;
const BROKEN = {kind: 'violation', limitType: 'max_rss'} as const;

test('after a violation the limit is raised, attempt by attempt, up to its bound', () => {
  const limits = new AttemptLimits(
    {memory: {maxRssBytes: 100 * MIB, policy: 'restart_adjusted'}, timeoutMs: 5000},
    {factor: 1.5, maxBytes: 200 * MIB},
  );
  expect(limits.raiseAfter(BROKEN, 2)).toBe(
    'limit of resident memory raised from 100.0 MiB to 150.0 MiB for attempt 2',
  );
  expect(limits.told()).toEqual([
    {limitType: 'max_rss', limitValue: 150 * MIB},
    {limitType: 'timeout', limitValue: 5000},
  ]);
  expect(limits.raiseAfter(BROKEN, 3)).toContain('to 200.0 MiB for attempt 3');
  expect(limits.raiseAfter(BROKEN, 4)).toBe(
    'limit of resident memory stays at 200.0 MiB for attempt 4, as high as it may be',
  );
  expect(limits.current.memory?.maxRssBytes).toBe(200 * MIB);
});

test('an ending by itself and a policy that does not adjust raise nothing', () => {
  const adjusted = new AttemptLimits({memory: {maxRssBytes: 1, policy: 'restart_adjusted'}}, {factor: 2});
  expect(adjusted.raiseAfter({kind: 'exited'}, 2)).toBeUndefined();
  const plain = new AttemptLimits({memory: {maxRssBytes: 1, policy: 'restart'}}, {factor: 2});
  expect(plain.raiseAfter(BROKEN, 2)).toBeUndefined();
  expect(plain.current.memory?.maxRssBytes).toBe(1);
});
