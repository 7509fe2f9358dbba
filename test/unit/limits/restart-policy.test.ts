import {expect, test} from 'vitest';
import {RESTART_POLICIES, startsAgainAfterExit} from '../../../src/core/limits/restart-policy.js';

test.each([
  ['never', [false, false, false]],
  ['on-failure', [false, true, true]],
  ['always', [true, true, true]],
  ['unless-stopped', [true, true, true]],
] as const)(
  'under %s a command that exits with 0, with 3, or dies of a signal comes back: %j',
  (policy, again) => {
    expect([0, 3, undefined].map((exitCode) => startsAgainAfterExit(policy, exitCode))).toEqual(again);
    expect(RESTART_POLICIES).toContain(policy);
  },
);
