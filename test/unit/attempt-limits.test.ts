import {expect, test} from 'vitest';
import {AttemptLimits} from '../../src/core/attempt-limits.js';

const MIB = 1024 * 1024;
const broken = (limitValue: number) => ({limitType: 'max_rss', limitValue}) as const;

test('after a violation the limit is raised, attempt by attempt, up to its bound', () => {
  const limits = new AttemptLimits(
    {memory: {maxRssBytes: 100 * MIB, policy: 'restart_adjusted'}, timeoutMs: 5000},
    {factor: 1.5, maxBytes: 200 * MIB},
  );
  expect(limits.raiseAfter(broken(100 * MIB), 2)).toBe(
    'limit of resident memory raised from 100.0 MiB to 150.0 MiB for attempt 2',
  );
  expect(limits.told()).toEqual([
    {limitType: 'max_rss', limitValue: 150 * MIB},
    {limitType: 'timeout', limitValue: 5000},
  ]);
  expect(limits.raiseAfter(broken(150 * MIB), 3)).toContain('to 200.0 MiB for attempt 3');
  expect(limits.raiseAfter(broken(200 * MIB), 4)).toBe(
    'limit of resident memory stays at 200.0 MiB for attempt 4, as high as it may be',
  );
  expect(limits.current.memory?.maxRssBytes).toBe(200 * MIB);
});

test('a policy that does not adjust raises nothing', () => {
  const plain = new AttemptLimits({memory: {maxRssBytes: 1, policy: 'restart'}}, {factor: 2});
  expect(plain.raiseAfter(broken(1), 2)).toBeUndefined();
  expect(plain.current.memory?.maxRssBytes).toBe(1);
});

test('the broken step and those above it are raised, and only if its own policy says so', () => {
  const limits = new AttemptLimits(
    {
      memory: {
        maxRssBytes: [
          {value: 100, policy: 'restart'},
          {value: 200, policy: 'restart_adjusted'},
          {value: 400, policy: 'immediate_kill'},
        ],
      },
    },
    {factor: 2},
  );
  expect(limits.raiseAfter(broken(100), 2)).toBeUndefined();
  expect(limits.raiseAfter(broken(200), 2)).toBe(
    'limit of resident memory raised from 200 B to 400 B for attempt 2',
  );
  expect(limits.told().map(({limitValue}) => limitValue)).toEqual([100, 400, 800]);
});
