import {expect, test} from 'vitest';
import {raisedLimits} from '../../../src/core/limits/raised-limits.js';
import {LIMIT_KINDS, type LimitType, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';

const ALL: ResourceLimits = {
  memory: {maxRssBytes: 1000, maxVirtualBytes: 1000, maxSwapBytes: 1000, policy: 'restart_adjusted'},
  cpu: {maxPercent: 75, maxTimeMs: 1000},
  io: {maxReadBytesPerSecond: 1000, maxWriteBytesPerSecond: 1000},
  process: {maxProcesses: 3, maxFileDescriptors: 3},
  timeoutMs: 1000,
};

/** The first step, unless said. */
const broken = (limitType: LimitType, limitValue = 0) => ({limitType, limitValue});

test.each(LIMIT_KINDS.map((kind) => [kind.type, kind] as const))(
  'only the limit %s is raised when it was the one that was broken',
  (type, kind) => {
    const raised = raisedLimits(ALL, broken(type), {factor: 2});
    for (const other of LIMIT_KINDS) {
      const before = other.limitOf(ALL) as number;
      expect(other.limitOf(raised), other.type).toBe(other === kind ? before * 2 : before);
    }
    expect(raised.memory?.policy).toBe('restart_adjusted');
  },
);

test('a limit that is not set is not raised', () => {
  const limits = {memory: {maxRssBytes: 5}};
  expect(raisedLimits(limits, broken('max_swap'), {factor: 2})).toBe(limits);
});

test('a size is never raised beyond the largest size allowed, a count is', () => {
  const raise = {factor: 3, maxBytes: 2500};
  expect(raisedLimits(ALL, broken('max_rss'), raise).memory?.maxRssBytes).toBe(2500);
  expect(raisedLimits(ALL, broken('max_processes'), {factor: 3, maxBytes: 1}).process?.maxProcesses).toBe(9);
  expect(raisedLimits(ALL, broken('max_rss'), {factor: 3, maxBytes: 500})).toBe(ALL);
});

test('sizes and counts stay whole, and no number grows beyond what can be counted', () => {
  expect(raisedLimits(ALL, broken('max_processes'), {factor: 1.5}).process?.maxProcesses).toBe(5);
  expect(raisedLimits({memory: {maxRssBytes: 3}}, broken('max_rss'), {factor: 1.5}).memory?.maxRssBytes).toBe(
    5,
  );
  expect(raisedLimits(ALL, broken('max_percent'), {factor: 1.5}).cpu?.maxPercent).toBe(112.5);
  expect(raisedLimits(ALL, broken('max_rss'), {factor: 1e300}).memory?.maxRssBytes).toBe(
    Number.MAX_SAFE_INTEGER,
  );
});

const STAGED: ResourceLimits = {
  memory: {
    maxRssBytes: [
      {value: 1000, policy: 'log'},
      {value: 2000, policy: 'restart_adjusted', sustainedViolationTimeMs: 5},
      {value: 3000, policy: 'immediate_kill'},
    ],
  },
};

test('of a limit in steps the broken one and those above it are raised, with their rules', () => {
  expect(raisedLimits(STAGED, broken('max_rss', 2000), {factor: 2}).memory?.maxRssBytes).toEqual([
    {value: 1000, policy: 'log'},
    {value: 4000, policy: 'restart_adjusted', sustainedViolationTimeMs: 5},
    {value: 6000, policy: 'immediate_kill'},
  ]);
});

test('steps stay apart below the largest size allowed, and stay where they are at it', () => {
  const raised = raisedLimits(STAGED, broken('max_rss', 2000), {factor: 2, maxBytes: 4500});
  expect(raised.memory?.maxRssBytes).toMatchObject([{value: 1000}, {value: 3000}, {value: 4500}]);
  expect(raisedLimits(raised, broken('max_rss', 3000), {factor: 2, maxBytes: 4500})).toBe(raised);
});

test('a timeout in steps is raised too', () => {
  const limits: ResourceLimits = {timeoutMs: [{value: 10}, {value: 20, policy: 'restart_adjusted'}]};
  expect(raisedLimits(limits, broken('timeout', 20), {factor: 1.5}).timeoutMs).toMatchObject([
    {value: 10},
    {value: 30},
  ]);
});
