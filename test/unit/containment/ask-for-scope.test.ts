import {expect, test} from 'vitest';
import {scopeCall} from '../../../src/core/containment/ask-for-scope.js';

const MANAGER = {kind: 'user', busctl: '/usr/bin/busctl', runtimeDirectory: '/run/user/1'} as const;

test('a delegated scope is asked for, for this one process', () => {
  const words = scopeCall(MANAGER, 'limitrun-ab.scope', 42).join(' ');
  expect(words).toMatch(/^--user --quiet call org\.freedesktop\.systemd1 /);
  expect(words).toMatch(
    / limitrun-ab\.scope fail 4 Description s limitrun PIDs au 1 42 Delegate b 1 CollectMode s inactive-or-failed 0$/,
  );
});

test('a stop of the unit that limitrun came from reaches the scope', () => {
  const words = scopeCall({...MANAGER, ownUnit: 'job.service'}, 'limitrun-ab.scope', 42).join(' ');
  expect(words).toMatch(/ fail 5 .* PartOf as 1 job\.service 0$/);
});
