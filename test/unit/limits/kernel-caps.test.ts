import {describe, expect, test} from 'vitest';
import {capsWithout, controllersFor, kernelCaps} from '../../../src/core/limits/kernel-caps.js';
import {limitsSet, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import type {ResourcePolicy, ViolationHandlingMode} from '../../../src/core/limits/resource-policy.js';

const MIB = 1024 * 1024;

function caps(
  limits: ResourceLimits,
  handling: ViolationHandlingMode = 'internal',
  startupGraceMs = 0,
  freezes = false,
) {
  const {memory, tasks} = kernelCaps(limitsSet(limits), {handling, startupGraceMs, freezes});
  return {...(memory && {bytes: memory.bytes, role: memory.role}), ...(tasks !== undefined && {tasks})};
}

describe('memory', () => {
  const withPolicy = (policy: ResourcePolicy, maxRssBytes = 64 * MIB) =>
    caps({memory: {maxRssBytes, policy}});

  test('is capped at the limit when its violation kills', () => {
    expect(withPolicy('immediate_kill')).toEqual({bytes: 64 * MIB, role: 'limit'});
  });

  test('has a backstop only when a hook is to look at the tree before it is killed', () => {
    const memory = {maxRssBytes: 64 * MIB, policy: 'immediate_kill'} as const;
    expect(caps({memory}, 'internal', 0, true)).toEqual({bytes: 320 * MIB, role: 'backstop'});
  });

  test.each(['graceful_shutdown', 'restart', 'restart_adjusted'] as const)(
    'has a backstop above the limit with %s',
    (policy) => {
      expect(withPolicy(policy)).toEqual({bytes: 320 * MIB, role: 'backstop'});
      expect(withPolicy(policy, 1000 * MIB)).toEqual({bytes: 2000 * MIB, role: 'backstop'});
    },
  );

  test.each(['none', 'log', 'alert'] as const)('has no cap with %s', (policy) => {
    expect(withPolicy(policy)).toEqual({});
  });

  test('has no cap when nothing is enforced, or when the limit may be broken for a while', () => {
    const memory = {maxRssBytes: MIB, policy: 'immediate_kill'} as const;
    expect(caps({memory}, 'disabled')).toEqual({});
    expect(caps({memory}, 'internal', 1)).toEqual({});
    expect(caps({memory: {...memory, sustainedViolationTimeMs: 1}})).toEqual({});
  });

  test('in steps is capped at the first one that kills at once', () => {
    const maxRssBytes = [
      {value: 10 * MIB, policy: 'log'},
      {value: 20 * MIB, policy: 'immediate_kill', sustainedViolationTimeMs: 5},
      {value: 30 * MIB, policy: 'graceful_shutdown'},
      {value: 40 * MIB, policy: 'immediate_kill'},
    ] as const;
    expect(caps({memory: {maxRssBytes}})).toEqual({bytes: 40 * MIB, role: 'limit'});
  });

  test('of virtual size or in swap is not capped', () => {
    const memory = {maxVirtualBytes: MIB, maxSwapBytes: MIB, policy: 'immediate_kill'} as const;
    expect(caps({memory})).toEqual({});
  });
});

test('processes have a backstop with room for threads, whatever policy ends them', () => {
  expect(caps({process: {maxProcesses: 50, policy: 'immediate_kill'}})).toEqual({tasks: 1124});
  expect(caps({process: {maxProcesses: 50}})).toEqual({tasks: 1124});
  expect(caps({process: {maxProcesses: 50, policy: 'log'}})).toEqual({});
});

test('while the command is new, their backstop is lower, but grows with the machine', () => {
  const whileNew = (maxProcesses: number, cores: number) =>
    kernelCaps(limitsSet({process: {maxProcesses}}), {
      handling: 'internal',
      startupGraceMs: 0,
      freezes: false,
      cores,
    }).tasksWhileNew;
  expect(whileNew(50, 2)).toBe(236);
  expect(whileNew(1, 64)).toBe(386);
  expect(whileNew(1, 1000)).toBe(1026);
});

describe('a crowd', () => {
  const crowd = (process: ResourceLimits['process'] & object, startupGraceMs = 0) =>
    kernelCaps(limitsSet({process}), {handling: 'internal', startupGraceMs, freezes: false}).crowd;

  test('is far more than the first step allows that ends the tree at once', () => {
    const maxProcesses = [
      {value: 10, policy: 'log'},
      {value: 20, policy: 'graceful_shutdown', sustainedViolationTimeMs: 5},
      {value: 30, policy: 'graceful_shutdown'},
      {value: 40, policy: 'immediate_kill'},
    ] as const;
    expect(crowd({maxProcesses})).toBe(2 * 30 + 32);
  });

  test('is none where more may be there for a while, or for ever', () => {
    expect(crowd({maxProcesses: 10, policy: 'log'})).toBeUndefined();
    expect(crowd({maxProcesses: 10, sustainedViolationTimeMs: 1})).toBeUndefined();
    expect(crowd({maxProcesses: 10}, 1)).toBeUndefined();
  });
});

describe('throttling', () => {
  const throttled = (
    limits: ResourceLimits,
    handling: ViolationHandlingMode = 'internal',
    startupGraceMs = 0,
  ) => kernelCaps(limitsSet(limits), {handling, startupGraceMs, freezes: false}).throttled;

  test('is for the CPU percentage, whenever it is broken', () => {
    expect(throttled({cpu: {maxPercent: 50, policy: 'throttle'}})).toBe(true);
    expect(throttled({cpu: {maxPercent: 50, policy: 'throttle'}}, 'external', 1000)).toBe(true);
    expect(throttled({cpu: {maxPercent: 50, policy: 'throttle', sustainedViolationTimeMs: 9}})).toBe(true);
    expect(throttled({cpu: {maxPercent: 50}})).toBeUndefined();
    expect(throttled({cpu: {maxPercent: 50, policy: 'throttle'}}, 'disabled')).toBeUndefined();
  });
});

test('caps need their controllers, and are not had without', () => {
  const all = kernelCaps(
    limitsSet({
      memory: {maxRssBytes: MIB},
      process: {maxProcesses: 5},
      cpu: {maxPercent: 50, policy: 'throttle'},
    }),
    {handling: 'internal', startupGraceMs: 0, freezes: false},
  );
  expect(controllersFor(all)).toEqual(['memory', 'pids', 'cpu']);
  expect(Object.keys(capsWithout(all, new Set(['memory', 'cpu'])))).toEqual([
    'crowd',
    'tasks',
    'tasksWhileNew',
  ]);
  expect(Object.keys(capsWithout(all, new Set(['pids'])))).toEqual(['crowd', 'memory', 'throttled']);
  expect(capsWithout(all, new Set())).toEqual(all);
});
