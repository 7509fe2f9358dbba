import {expect, test} from 'vitest';
import {isRunId, runIdOfLive, runIdOfLog, statePlaces} from '../../../src/core/store/state-places.js';

test('places follow the XDG base directory specification', () => {
  expect(statePlaces({HOME: '/home/me'})).toEqual({
    state: '/home/me/.local/state/limitrun',
    runtime: undefined,
  });
  expect(statePlaces({HOME: '/home/me', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1'})).toEqual({
    state: '/s/limitrun',
    runtime: '/run/user/1/limitrun',
  });
  // What is empty or not absolute is as if it were not set.
  expect(statePlaces({HOME: '/home/me', XDG_STATE_HOME: 's', XDG_RUNTIME_DIR: ''})).toEqual({
    state: '/home/me/.local/state/limitrun',
    runtime: undefined,
  });
  expect(statePlaces({HOME: 'here'})).toEqual({state: undefined, runtime: undefined});
  expect(statePlaces({})).toEqual({state: undefined, runtime: undefined});
});

test('places are told as a path is written best', () => {
  expect(statePlaces({HOME: '/home/me/../you/', XDG_RUNTIME_DIR: '/run//user/./1'})).toEqual({
    state: '/home/you/.local/state/limitrun',
    runtime: '/run/user/1/limitrun',
  });
});

test('only names of ours are names of records', () => {
  expect([runIdOfLog('a1b2c3.jsonl'), runIdOfLive('a1b2c3.live')]).toEqual(['a1b2c3', 'a1b2c3']);
  for (const name of [
    'a1.txt',
    '.jsonl',
    '-a.jsonl',
    'A.jsonl',
    '../a.jsonl',
    'a/b.jsonl',
    'a.b.jsonl',
    'a.jsonl\n',
  ])
    expect(runIdOfLog(name)).toBeUndefined();
  expect(['a1', '', '..', 'a/b', 'x'.repeat(65)].map(isRunId)).toEqual([true, false, false, false, false]);
});
