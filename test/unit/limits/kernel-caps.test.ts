import {describe, expect, test} from 'vitest';
import {kernelCaps} from '../../../src/core/limits/kernel-caps.js';
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
