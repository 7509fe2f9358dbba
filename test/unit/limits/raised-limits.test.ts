import {expect, test} from 'vitest';
import {raisedLimits} from '../../../src/core/limits/raised-limits.js';
import {LIMIT_KINDS, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';

const ALL: ResourceLimits = {
  memory: {maxRssBytes: 1000, maxVirtualBytes: 1000, maxSwapBytes: 1000, policy: 'restart_adjusted'},
  cpu: {maxPercent: 75, maxTimeMs: 1000},
  io: {maxReadBytesPerSecond: 1000, maxWriteBytesPerSecond: 1000},
  process: {maxProcesses: 3, maxFileDescriptors: 3},
  timeoutMs: 1000,
};

test.each(LIMIT_KINDS.filter(({type}) => type !== 'timeout').map((kind) => [kind.type, kind] as const))(
  'only the limit %s is raised when it was the one that was broken',
  (type, kind) => {
    const raised = raisedLimits(ALL, type, {factor: 2});
    for (const other of LIMIT_KINDS) {
      const before = other.limitOf(ALL) ?? 0;
      expect(other.limitOf(raised), other.type).toBe(other === kind ? before * 2 : before);
    }
    expect(raised.memory?.policy).toBe('restart_adjusted');
  },
);

test('the timeout is not raised, nor is a limit that is not set', () => {
  expect(raisedLimits(ALL, 'timeout', {factor: 2})).toBe(ALL);
  const limits = {memory: {maxRssBytes: 5}};
  expect(raisedLimits(limits, 'max_swap', {factor: 2})).toBe(limits);
});

test('a size is never raised beyond the largest size allowed, a count is', () => {
  const raise = {factor: 3, maxBytes: 2500};
  expect(raisedLimits(ALL, 'max_rss', raise).memory?.maxRssBytes).toBe(2500);
  expect(raisedLimits(ALL, 'max_processes', {factor: 3, maxBytes: 1}).process?.maxProcesses).toBe(9);
  expect(raisedLimits(ALL, 'max_rss', {factor: 3, maxBytes: 500})).toBe(ALL);
});

test('sizes and counts stay whole, and no number grows beyond what can be counted', () => {
  expect(raisedLimits(ALL, 'max_processes', {factor: 1.5}).process?.maxProcesses).toBe(5);
  expect(raisedLimits({memory: {maxRssBytes: 3}}, 'max_rss', {factor: 1.5}).memory?.maxRssBytes).toBe(5);
  expect(raisedLimits(ALL, 'max_percent', {factor: 1.5}).cpu?.maxPercent).toBe(112.5);
  expect(raisedLimits(ALL, 'max_rss', {factor: 1e300}).memory?.maxRssBytes).toBe(Number.MAX_SAFE_INTEGER);
});
