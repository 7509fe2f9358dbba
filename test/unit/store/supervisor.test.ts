import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {ownIdentity, startTimeOf, supervisorLives} from '../../../src/core/store/supervisor.js';

const HERE = {pid: 1, startTime: 5, bootId: 'boot', pidNamespace: 'pid:[1]'};
const THERE = {pid: 7, startTime: 100, bootId: 'boot', pidNamespace: 'pid:[1]'};

describe('the limitrun of a run', () => {
  test.each([
    ['is there', THERE, 100, 'yes'],
    ['is gone', THERE, undefined, 'no'],
    ['has another start time: the pid was used again', THERE, 101, 'no'],
    ['was of another boot, whoever has its pid', {...THERE, bootId: 'other'}, 100, 'no'],
    ['was of another boot and namespace', {...THERE, bootId: 'other', pidNamespace: 'pid:[2]'}, 100, 'no'],
    ['is of another pid namespace', {...THERE, pidNamespace: 'pid:[2]'}, 100, 'unknown'],
    ['did not know its namespace', {pid: 7, startTime: 100, bootId: 'boot'}, 100, 'unknown'],
    ['did not know its start', {pid: 7, bootId: 'boot', pidNamespace: 'pid:[1]'}, 100, 'unknown'],
  ] as const)('%s', (_name, supervisor, startTime, lives) => {
    expect(supervisorLives(supervisor, HERE, (pid) => (pid === 7 ? startTime : undefined))).toBe(lives);
  });

  test('is this process, until it ends', async ({skip}) => {
    skip(!existsSync('/proc/self/stat'), 'skipped: not Linux');
    const own = ownIdentity();
    expect(own).toEqual({
      pid: process.pid,
      startTime: expect.any(Number) as number,
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      pidNamespace: expect.stringMatching(/^pid:\[[0-9]+\]$/) as string,
    });
    expect(supervisorLives(own, own, startTimeOf)).toBe('yes');
    const child = spawn('sleep', ['60'], {stdio: 'ignore'});
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const startTime = startTimeOf(pid) ?? 0;
    expect(supervisorLives({...own, pid, startTime}, own, startTimeOf)).toBe('yes');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(supervisorLives({...own, pid, startTime}, own, startTimeOf)).toBe('no');
  });

  test('a pid that is none is nobody', () => {
    for (const pid of [0, -1, 1.5, NaN]) expect(startTimeOf(pid)).toBeUndefined();
  });
});
