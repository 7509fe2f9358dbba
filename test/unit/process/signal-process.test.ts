import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import type {ProcessIdentity, ProcessTree} from '../../../src/core/monitor/probe.js';
import {signalProcess} from '../../../src/core/process/signal-process.js';
import {startChild, startShell, startTimeOf} from './real-children.js';

/** A tree that takes everybody for a living member. */
const everybody: ProcessTree = {
  rootPid: 0,
  members: () => [],
  known: () => [],
  isAlive: () => true,
  isRootAlive: () => true,
};

test.each([0, 1, -1, -500, NaN, 1.5, Infinity])(
  'the pid %d is never signalled, not even asked about',
  (pid) => {
    expect(() => signalProcess(everybody, {pid, startTime: 1}, 'SIGTERM')).toThrow('not a member');
  },
);

test('a process that is gone by the time of the signal is gone', () => {
  // No process can have this pid.
  expect(signalProcess(everybody, {pid: 2 ** 30, startTime: 1}, 'SIGKILL')).toBe('gone');
});

test('a signal that does not exist is a mistake and not a missing process', () => {
  const self = {pid: process.pid, startTime: 1};
  expect(() => signalProcess(everybody, self, 'SIGNOTHING' as NodeJS.Signals)).toThrow();
});

test('where a signal is not allowed that is told', () => {
  const kill = process.kill.bind(process);
  process.kill = () => {
    throw Object.assign(new Error('kill EPERM'), {code: 'EPERM'});
  };
  try {
    expect(signalProcess(everybody, {pid: 2 ** 30, startTime: 1}, 'SIGTERM')).toBe('denied');
  } finally {
    process.kill = kill;
  }
});

test('a process with another start time is not signalled', async ({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  const child = startShell('echo ready; read x; exit 7');
  await child.said('ready');
  const probe = new ProcfsProbe({rootPid: child.pid, ownChild: true, nowMs: () => 0});
  const later: ProcessIdentity = {pid: child.pid, startTime: startTimeOf(child.pid) + 1};
  expect(signalProcess(probe, later, 'SIGKILL')).toBe('gone');
  child.process.stdin?.end('go\n');
  expect(await child.ended).toEqual({exitCode: 7, signal: null});
  probe.close();
});

test('the signal reaches that very process', async ({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  const child = startChild('sleep', ['1000']);
  const probe = new ProcfsProbe({rootPid: child.pid, ownChild: true, nowMs: () => 0});
  const identity = {pid: child.pid, startTime: startTimeOf(child.pid)};
  expect(signalProcess(probe, identity, 'SIGTERM')).toBe('sent');
  expect(await child.ended).toEqual({exitCode: null, signal: 'SIGTERM'});
  expect(signalProcess(probe, identity, 'SIGTERM')).toBe('gone');
  probe.close();
});
