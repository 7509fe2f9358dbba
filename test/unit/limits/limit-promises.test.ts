import {describe, expect, test} from 'vitest';
import {kernelCaps} from '../../../src/core/limits/kernel-caps.js';
import {limitPromises, userTasksAreHeld} from '../../../src/core/limits/limit-promises.js';
import {limitsSet, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';

const MIB = 1024 * 1024;
const LIMITS = limitsSet({memory: {maxRssBytes: 5}, io: {maxReadBytesPerSecond: 6}, timeoutMs: 7});

const BETWEEN_SAMPLES = 'what is used between two samples, which come every millisecond or so near the limit';

test('a limit whose metric is measured is kept by polling, the timeout by a timer, the others by nobody', () => {
  expect(limitPromises(LIMITS, new Set(['rssBytes'] as const), 250)).toEqual([
    {
      limitType: 'max_rss',
      limitValue: 5,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
      everyMs: 250,
      overshoot: BETWEEN_SAMPLES,
    },
    {
      limitType: 'max_read_bps',
      limitValue: 6,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'nobody',
    },
    {
      limitType: 'timeout',
      limitValue: 7,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'timer',
      overshoot: 'some milliseconds',
    },
  ]);
});

test('without a cap on processes the limit on tasks of an ordinary user is told', () => {
  const limits = limitsSet({process: {maxProcesses: 5}, memory: {maxRssBytes: 5}});
  const overshoot = (uid: number) => {
    const held = userTasksAreHeld('linux', uid);
    return limitPromises(limits, new Set(['rssBytes', 'processes'] as const), 250, undefined, held).map(
      (promise) => promise.overshoot,
    );
  };
  expect(overshoot(0)).toEqual([BETWEEN_SAMPLES, BETWEEN_SAMPLES]);
  expect(overshoot(1000)).toEqual([
    BETWEEN_SAMPLES,
    `${BETWEEN_SAMPLES}; a limit on the user's tasks (ulimit -u) is the backstop`,
  ]);
  expect(userTasksAreHeld('darwin', 1000)).toBe(false);
});

describe('with control groups', () => {
  const MEASURED = new Set(['rssBytes', 'processes', 'cpu.percent'] as const);
  const promises = (limits: ResourceLimits) => {
    const set = limitsSet(limits);
    const caps = kernelCaps(set, {handling: 'internal', startupGraceMs: 0, freezes: false});
    return limitPromises(set, MEASURED, 100, {...caps, source: 'cgroup2'});
  };

  test('the kernel keeps what is killed for at once', () => {
    expect(promises({memory: {maxRssBytes: 64 * MIB, policy: 'immediate_kill'}})).toMatchObject([
      {enforcedBy: 'kernel', everyMs: 100, cap: {source: 'cgroup2', value: 64 * MIB}},
    ]);
  });

  test('otherwise sampling does, with the backstop it has', () => {
    expect(promises({memory: {maxRssBytes: 64 * MIB}})).toMatchObject([
      {enforcedBy: 'polling', cap: {source: 'cgroup2', value: 320 * MIB}, overshoot: 'up to the backstop'},
    ]);
  });

  test('of the steps only the one that has a cap names it', () => {
    const maxRssBytes = [
      {value: MIB, policy: 'log'},
      {value: 2 * MIB, policy: 'immediate_kill'},
    ] as const;
    expect(promises({memory: {maxRssBytes}}).map(({enforcedBy, cap}) => [enforcedBy, cap?.value])).toEqual([
      ['polling', undefined],
      ['kernel', 2 * MIB],
    ]);
  });

  test('a backstop for processes changes nothing about the overshoot', () => {
    expect(promises({process: {maxProcesses: 10}})).toMatchObject([
      {enforcedBy: 'polling', cap: {value: 1044}, overshoot: BETWEEN_SAMPLES},
    ]);
  });

  test('the kernel keeps a CPU percentage that is throttled', () => {
    expect(promises({cpu: {maxPercent: 30, policy: 'throttle'}})).toMatchObject([
      {
        enforcedBy: 'kernel',
        cap: {source: 'cgroup2', value: 30},
        overshoot: expect.stringContaining('made up for') as string,
      },
    ]);
    expect(promises({cpu: {maxPercent: 30}})[0]).not.toHaveProperty('cap');
  });

  test('a limit that may be broken for a while says so', () => {
    const [promise] = promises({memory: {maxRssBytes: MIB, sustainedViolationTimeMs: 10}});
    expect(promise).not.toHaveProperty('cap');
    expect(promise?.overshoot).toMatch(/^unlimited for the sustain time/);
  });
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
