import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {endsAfterKill, oomPolicyCall, scopeCall} from '../../../src/core/containment/ask-for-scope.js';

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

test('a unit is asked for its policy by the path of its name', () => {
  expect(oomPolicyCall(MANAGER, 'run-r1@a.scope').slice(3)).toEqual([
    '/org/freedesktop/systemd1/unit/run_2dr1_40a_2escope',
    'org.freedesktop.systemd1.Scope',
    'OOMPolicy',
  ]);
  expect(oomPolicyCall(MANAGER, '1ü.service').slice(3, 5)).toEqual([
    '/org/freedesktop/systemd1/unit/_31_c3_bc_2eservice',
    'org.freedesktop.systemd1.Service',
  ]);
});

test.each([
  ['stop', `echo 's "stop"'`, true],
  ['kill', `echo 's "kill"'`, true],
  ['continue', `echo 's "continue"'`, false],
  ['no such property', 'echo Unknown property >&2; exit 1', false],
])('whether a unit ends after a kill: %s', async (_, answer, expected) => {
  const directory = mkdtempSync(join(tmpdir(), 'limitrun-busctl-'));
  onTestFinished(() => {
    rmSync(directory, {recursive: true});
  });
  const busctl = join(directory, 'busctl');
  writeFileSync(busctl, `#!/bin/sh\n${answer}\n`);
  chmodSync(busctl, 0o755);
  expect(await endsAfterKill({...MANAGER, busctl, ownUnit: 'job.scope'})).toBe(expected);
  expect(await endsAfterKill({...MANAGER, busctl})).toBe(false);
});
