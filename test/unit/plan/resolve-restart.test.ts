import {describe, expect, it} from 'vitest';

import {limitsSet} from '../../../src/core/limits/resource-limits.js';
import {resolvePlan} from '../../../src/core/plan/resolve-plan.js';
import type {Settings} from '../../../src/core/plan/settings.js';
import {workerFromText} from '../../../src/core/plan/worker-file.js';

/** The plan for a worker whose context_aware_restart and limits are given in flow style. */
function plan(restart: string, {limits = '{}', profile = 'web', flags = {}} = {}) {
  const text = `workers: [{id: a, profile_type: ${profile}, unit: {limits: ${limits}, context_aware_restart: ${restart}}}]`;
  const worker = workerFromText(text, 'w.yaml', undefined);
  return resolvePlan({flags, environment: {}, worker, child: ['cmd']});
}

function sustainOf(restart: string, limits: string, flags: Settings = {}) {
  return Object.fromEntries(
    limitsSet(plan(restart, {limits, flags}).limits).map(({kind, sustainMs}) => [kind.type, sustainMs]),
  );
}

describe('the rules after a violation', () => {
  it('are those of default where resource_violations says nothing', () => {
    const {restart} = plan(
      '{default: {max_retries: 4, retry_delay: 2s}, resource_violations: {max_retries: 9}}',
    );
    expect(restart.afterExit).toMatchObject({maxRestarts: 4, delayMs: 2000});
    expect(restart.afterViolation).toMatchObject({maxRestarts: 9, delayMs: 2000});
  });

  it('give way to a flag as those of default do', () => {
    const flags: Settings = {'max-restarts': 1, 'restart-window': 5};
    const {restart} = plan('{resource_violations: {max_retries: 9, restart_window: 1h}}', {flags});
    expect(restart.afterExit).toMatchObject({maxRestarts: 1, windowMs: 5});
    expect(restart.afterViolation).toMatchObject({maxRestarts: 1, windowMs: 5});
  });
});

describe('multipliers', () => {
  it('of the profile multiply restarts and first delay of every kind', () => {
    const {restart} = plan('{default: {max_retries: 3, retry_delay: 2s}}', {profile: 'scheduler'});
    expect(restart.afterExit).toMatchObject({maxRestarts: 8, delayMs: 5000, backoffRate: 2});
    expect(restart.afterViolation).toEqual(restart.afterExit);
  });

  it('of the severity multiply those after a violation too', () => {
    const {restart} = plan('{severity_multipliers: {critical: 2, warning: 50}}', {profile: 'batch'});
    expect(restart.afterExit).toMatchObject({maxRestarts: 9, delayMs: 3000});
    expect(restart.afterViolation).toMatchObject({maxRestarts: 18, delayMs: 6000});
  });

  it('leave alone what a flag says', () => {
    const flags: Settings = {'max-restarts': 2, 'restart-delay': 10};
    const {restart} = plan('{}', {profile: 'database', flags});
    expect(restart.afterViolation).toMatchObject({maxRestarts: 2, delayMs: 10});
  });
});

describe('a stable time of 0', () => {
  it('means that nothing resets the count', () => {
    expect(plan('{default: {stable_time: 0}}').restart.afterExit).not.toHaveProperty('stableMs');
  });
});

describe('sustain times of the restart rules', () => {
  const limits = '{memory: {max_rss: 1G, policy: restart}, cpu: {max_percent: 50, policy: log}}';

  it('are for limits with a restart policy only', () => {
    expect(sustainOf('{sustained_violation_time: 4s}', limits)).toEqual({max_rss: 4000, max_percent: 0});
  });

  it('give way to a sustain time of the group and of the flag', () => {
    const own = '{memory: {max_rss: 1G, policy: restart, sustained_violation_time: 1s}}';
    expect(sustainOf('{sustained_violation_time: 4s}', own)).toEqual({max_rss: 1000});
    expect(sustainOf('{sustained_violation_time: 4s}', limits, {sustain: 0})).toEqual({
      max_rss: 0,
      max_percent: 0,
    });
  });

  it('are never shorter than the spike that is tolerated, whatever the policy', () => {
    expect(sustainOf('{spike_tolerance_time: 2s}', limits)).toEqual({max_rss: 2000, max_percent: 2000});
    expect(
      sustainOf('{spike_tolerance_time: 2s, sustained_violation_time: 4s}', limits, {sustain: 0}),
    ).toEqual({max_rss: 2000, max_percent: 2000});
    expect(sustainOf('{spike_tolerance_time: 2s, sustained_violation_time: 4s}', limits)).toMatchObject({
      max_rss: 4000,
    });
  });
});

describe('sustain times of steps', () => {
  const staged = (sustain = '') =>
    `{memory: {max_rss: "1G:log, 2G:restart, 3G@1s:restart, 4G:immediate_kill"${sustain}}}`;
  const sustains = (restart: string, limits: string) =>
    limitsSet(plan(restart, {limits}).limits).map(({sustainMs}) => sustainMs);

  it('are those of the restart rules for steps that restart and have none of their own', () => {
    expect(sustains('{sustained_violation_time: 4s}', staged())).toEqual([0, 4000, 1000, 0]);
    expect(sustains('{sustained_violation_time: 4s}', staged(', policy: restart'))).toEqual([
      0, 4000, 1000, 0,
    ]);
  });

  it("are the step's own, then the group's", () => {
    const limits = staged(', sustained_violation_time: 2s');
    expect(sustains('{sustained_violation_time: 4s}', limits)).toEqual([2000, 2000, 1000, 2000]);
  });

  it('are never shorter than the spike that is tolerated', () => {
    expect(sustains('{spike_tolerance_time: 3s}', staged())).toEqual([3000, 3000, 3000, 3000]);
  });
});

describe('a restart policy', () => {
  it('selects external handling and says so', () => {
    const {handling, notices, restart} = plan('{restart_policy: on-failure}');
    expect({handling, policy: restart.policy}).toEqual({handling: 'external', policy: 'on-failure'});
    expect(notices).toEqual([
      'violation handling is external, because unit.context_aware_restart.restart_policy in w.yaml is on-failure',
    ]);
    expect(plan('{restart_policy: on-failure}', {flags: {'restart-policy': 'never'}}).handling).toBe(
      'internal',
    );
  });

  it('is refused together with internal handling', () => {
    const flags: Settings = {'restart-policy': 'always', 'violation-handling': 'internal'};
    expect(() => plan('{}', {flags})).toThrow(
      '--violation-handling is internal but --restart-policy is always',
    );
  });
});

describe('restart_adjusted', () => {
  const adjusted = {'max-rss': 2000, policy: 'restart_adjusted'} as const;

  it('raises by half and without bound when nothing else is said', () => {
    const {adjust, handling} = plan('{}', {flags: adjusted});
    expect({adjust, handling}).toEqual({adjust: {factor: 1.5}, handling: 'external'});
  });

  it('is refused with a bound below the limit', () => {
    expect(() => plan('{}', {flags: {...adjusted, 'adjust-max': 1000}})).toThrow(
      '--adjust-max (1000 B) is less than max_rss (2.0 KiB)',
    );
  });

  it('is refused with a bound below a step of its limit', () => {
    const flags: Settings = {
      'max-rss': [
        {value: 500, policy: 'restart_adjusted'},
        {value: 2000, policy: 'immediate_kill'},
      ],
      'adjust-max': 1000,
    };
    expect(() => plan('{}', {flags})).toThrow('--adjust-max (1000 B) is less than max_rss (2.0 KiB)');
  });
});
