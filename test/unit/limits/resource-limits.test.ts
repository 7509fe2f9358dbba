import {expect, test} from 'vitest';
import type {LimitSteps} from '../../../src/core/limits/limit-step.js';
import {
  LIMIT_KINDS,
  limitKind,
  limitsSet,
  type LimitType,
  type ResourceLimits,
} from '../../../src/core/limits/resource-limits.js';
import {endsTheTree, RESOURCE_POLICIES, startsAgain} from '../../../src/core/limits/resource-policy.js';
import {onlyLimit, usageAt} from './samples.js';

const ALL: ResourceLimits = {
  memory: {maxRssBytes: 1, maxVirtualBytes: 2, maxSwapBytes: 3},
  process: {maxProcesses: 4, maxFileDescriptors: 5},
  cpu: {maxTimeMs: 6, maxPercent: 7},
  io: {maxReadBytesPerSecond: 8, maxWriteBytesPerSecond: 9},
  timeoutMs: 10,
};

test('every kind of limit has the exit code that scripts rely on', () => {
  expect(Object.fromEntries(LIMIT_KINDS.map(({type, exitCode}) => [type, exitCode]))).toEqual({
    max_rss: 110,
    max_virtual: 110,
    max_swap: 110,
    max_percent: 111,
    max_processes: 112,
    max_file_descriptors: 113,
    max_read_bps: 114,
    max_write_bps: 114,
    max_time: 124,
    timeout: 124,
  });
});

test('of several limits broken at once memory is the cause before processes, files, CPU and disk', () => {
  expect(limitsSet(ALL).map(({kind}) => kind.type)).toEqual([
    'max_rss',
    'max_virtual',
    'max_swap',
    'max_processes',
    'max_file_descriptors',
    'max_time',
    'max_percent',
    'max_read_bps',
    'max_write_bps',
    'timeout',
  ]);
});

test('each limit gets its own value', () => {
  expect(limitsSet(ALL).map(({value}) => value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('only the limits that are set are judged', () => {
  expect(limitsSet({})).toEqual([]);
  expect(limitsSet({memory: {policy: 'log'}, cpu: {maxPercent: 50}}).map(({kind}) => kind.type)).toEqual([
    'max_percent',
  ]);
});

test('a limit without further rules ends the tree gracefully, warns at 80 % and counts at once', () => {
  expect(onlyLimit({cpu: {maxPercent: 50}})).toMatchObject({
    policy: 'graceful_shutdown',
    warnFrom: 40,
    sustainMs: 0,
  });
});

test('the rules of a group hold for its limits and for no others', () => {
  const rules = {policy: 'log', warningThresholdPercent: 50, sustainedViolationTimeMs: 300} as const;
  const [rss, , percent] = limitsSet({
    memory: {maxRssBytes: 10, maxSwapBytes: 20, ...rules},
    cpu: {maxPercent: 10},
  });
  expect(rss).toMatchObject({policy: 'log', warnFrom: 5, sustainMs: 300});
  expect(percent).toMatchObject({policy: 'graceful_shutdown', warnFrom: 8, sustainMs: 0});
});

test.each([
  [1, Infinity],
  [2, Infinity],
  [4, Infinity],
  [5, 4],
  [8, 7],
  [10, 8],
])('a count of at most %d warns from %d on: rounded up, and never at the limit itself', (most, warnFrom) => {
  expect(onlyLimit({process: {maxProcesses: most}}).warnFrom).toBe(warnFrom);
  expect(onlyLimit({process: {maxFileDescriptors: most}}).warnFrom).toBe(warnFrom);
});

test('with a threshold of 100 % what is no count warns from the limit on', () => {
  expect(onlyLimit({cpu: {maxPercent: 50, warningThresholdPercent: 100}}).warnFrom).toBe(50);
  expect(onlyLimit({process: {maxProcesses: 50, warningThresholdPercent: 100}}).warnFrom).toBe(Infinity);
});

const EVERYTHING = usageAt(0, {
  memory: {rssBytes: 1, virtualBytes: 2, swapBytes: 3},
  process: {processes: 4, fileDescriptors: 5},
  cpu: {timeMs: 6, percent: 7},
  io: {readBytesPerSecond: 8, writtenBytesPerSecond: 9},
});

test('each limit but the timeout is compared with its own metric', () => {
  expect(LIMIT_KINDS.map(({metricOf}) => metricOf?.(EVERYTHING))).toEqual([
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    undefined,
  ]);
});

test('a metric that was not measured is absent for its limit', () => {
  expect(LIMIT_KINDS.map(({metricOf}) => metricOf?.(usageAt(0)))).toEqual(LIMIT_KINDS.map(() => undefined));
});

test('where the proportional size was read it decides about resident memory', () => {
  expect(limitKind('max_rss').metricOf?.(usageAt(0, {memory: {rssBytes: 9, pssBytes: 4}}))).toBe(4);
});

test('a kind of limit is found by its type, and an unknown type is a mistake', () => {
  for (const kind of LIMIT_KINDS) expect(limitKind(kind.type)).toBe(kind);
  expect(() => limitKind('max_heat' as LimitType)).toThrow('max_heat');
});

test('no two kinds of limits share a metric', () => {
  expect(new Set(LIMIT_KINDS.map(({metric}) => metric)).size).toBe(LIMIT_KINDS.length);
});

test('only policies that end the tree end it, and only restarts start it again', () => {
  expect(RESOURCE_POLICIES.filter(endsTheTree)).toEqual([
    'graceful_shutdown',
    'immediate_kill',
    'restart',
    'restart_adjusted',
  ]);
  expect(RESOURCE_POLICIES.filter(startsAgain)).toEqual(['restart', 'restart_adjusted']);
});

/** 200 is logged, 250 for half a minute ends gracefully, 300 kills. */
const STAGED = [
  {value: 200, policy: 'log'},
  {value: 250, policy: 'graceful_shutdown', sustainedViolationTimeMs: 30_000},
  {value: 300, policy: 'immediate_kill'},
] as const;

test('each step of a limit is judged by its own value, policy and sustain time, the lowest first', () => {
  const limits = limitsSet({memory: {maxRssBytes: STAGED, maxSwapBytes: 5}});
  expect(limits.map(({kind, value, policy, sustainMs}) => [kind.type, value, policy, sustainMs])).toEqual([
    ['max_rss', 200, 'log', 0],
    ['max_rss', 250, 'graceful_shutdown', 30_000],
    ['max_rss', 300, 'immediate_kill', 0],
    ['max_swap', 5, 'graceful_shutdown', 0],
  ]);
});

test('steps that a program gives in another order are judged from the lowest on', () => {
  const [low, middle, high] = STAGED;
  expect(limitsSet({memory: {maxRssBytes: [high, low, middle]}}).map(({value}) => value)).toEqual([
    200, 250, 300,
  ]);
});

test('only the last step of a limit has a warning before it', () => {
  const limits = limitsSet({memory: {maxRssBytes: STAGED, warningThresholdPercent: 90}});
  expect(limits.map(({warnFrom}) => warnFrom)).toEqual([Infinity, Infinity, 270]);
});

test('a step without a policy or a sustain time takes those of its group', () => {
  const limits = limitsSet({
    cpu: {
      maxPercent: [{value: 50}, {value: 90, policy: 'restart'}],
      policy: 'alert',
      sustainedViolationTimeMs: 7,
    },
  });
  expect(limits).toMatchObject([
    {policy: 'alert', sustainMs: 7},
    {policy: 'restart', sustainMs: 7},
  ]);
});

test('a timeout may have steps too, graceful unless they say otherwise', () => {
  expect(limitsSet({timeoutMs: [{value: 5, policy: 'log'}, {value: 9}]})).toMatchObject([
    {value: 5, policy: 'log', sustainMs: 0},
    {value: 9, policy: 'graceful_shutdown', sustainMs: 0},
  ]);
});

test('a limit without any step is a mistake', () => {
  expect(() => limitsSet({timeoutMs: [] as unknown as LimitSteps})).toThrow('at least one step');
});
