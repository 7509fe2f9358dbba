import {expect, test} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import {ResourceEnforcer} from '../../../src/core/limits/resource-enforcer.js';
import {RESOURCE_POLICIES, type ResourcePolicy} from '../../../src/core/limits/resource-policy.js';
import {violationOf} from '../../../src/core/limits/resource-violation-checker.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {TreeTerminator, type TerminationReason} from '../../../src/core/process/tree-terminator.js';
import {ScriptedProbe} from '../monitor/scripted-probe.js';
import {onlyLimit, usageAt} from './samples.js';

function violationWith(policy: ResourcePolicy): ResourceViolation {
  return violationOf(onlyLimit({cpu: {maxTimeMs: 100, policy}}), 200, usageAt(0), 'critical');
}

/** An enforcer of a tree that does not exist, whose one member is never reached by a signal. */
function enforcer(rootAlive = true): {
  enforce: (violation: ResourceViolation) => boolean;
  terminator: TreeTerminator;
  actions: [string, TerminationReason][];
} {
  const tree = new ScriptedProbe(() => ({processes: []}));
  tree.rootAlive = rootAlive;
  const actions: [string, TerminationReason][] = [];
  const terminator = new TreeTerminator(tree, systemClock, (text, reason) => actions.push([text, reason]));
  const subject = new ResourceEnforcer(terminator, 5000);
  return {enforce: (violation) => subject.enforce(violation), terminator, actions};
}

test.each(RESOURCE_POLICIES.map((policy) => [policy] as const))(
  'for the policy %s the tree is ended if and only if the policy asks for it',
  async (policy) => {
    const {enforce, terminator} = enforcer();
    const ends = ['graceful_shutdown', 'immediate_kill', 'restart', 'restart_adjusted'].includes(policy);
    expect(enforce(violationWith(policy))).toBe(ends);
    expect(terminator.begun).toBe(ends);
    await terminator.ended();
  },
);

test.each(['graceful_shutdown', 'immediate_kill'] as const)(
  'with %s a tree whose root has ended by itself is left alone',
  (policy) => {
    const {enforce, terminator} = enforcer(false);
    expect(enforce(violationWith(policy))).toBe(false);
    expect(terminator.begun).toBe(false);
  },
);

test('a second violation of a tree that is being ended is enforced too', async () => {
  const {enforce, terminator} = enforcer();
  expect(enforce(violationWith('graceful_shutdown'))).toBe(true);
  expect(enforce(violationWith('immediate_kill'))).toBe(true);
  expect(await terminator.ended()).toEqual({survivors: [], forced: false});
});
