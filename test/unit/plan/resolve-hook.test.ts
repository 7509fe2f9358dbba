import {expect, test} from 'vitest';
import {Layers} from '../../../src/core/plan/layers.js';
import {resolveHook} from '../../../src/core/plan/resolve-hook.js';
import {parseSetting} from '../../../src/core/plan/parse-setting.js';
import {findSetting} from '../../../src/core/plan/setting-lookup.js';
import {settingsFromEnvironment} from '../../../src/core/plan/environment.js';
import type {Settings} from '../../../src/core/plan/settings.js';

function layers(settings: Settings): Layers {
  return new Layers([{settings, nameOf: (flag) => `--${flag}`}]);
}

test('there is no hook unless one is asked for', () => {
  expect(resolveHook(layers({}), 'internal')).toEqual({notices: []});
  expect(resolveHook(layers({'hook-timeout': 5}), 'internal')).toEqual({notices: []});
});

test('a hook has ten seconds and stops nothing unless told otherwise', () => {
  expect(resolveHook(layers({'on-violation': ['./hook', 'a']}), 'internal')).toEqual({
    hook: {words: ['./hook', 'a'], timeoutMs: 10_000, freeze: false},
    notices: [],
  });
  const settings: Settings = {'on-violation': ['x'], 'hook-timeout': 500, freeze: true};
  expect(resolveHook(layers(settings), 'external').hook).toEqual({
    words: ['x'],
    timeoutMs: 500,
    freeze: true,
  });
});

test('where nothing is enforced nothing is frozen, and that is said', () => {
  expect(resolveHook(layers({'on-violation': ['x'], freeze: true}), 'disabled')).toEqual({
    hook: {words: ['x'], timeoutMs: 10_000, freeze: false},
    notices: ['--freeze does nothing, because violation handling is disabled'],
  });
});

test('--freeze without a hook is refused', () => {
  expect(() => resolveHook(layers({freeze: true}), 'internal')).toThrow(
    '--freeze needs --on-violation, the hook to stop for',
  );
});

test('the flag and the variable are cut into words', () => {
  const setting = findSetting('on-violation');
  if (setting === undefined) throw new Error('there is no such setting');
  expect(parseSetting(setting, './hook "a b"')).toEqual({ok: true, value: ['./hook', 'a b']});
  expect(settingsFromEnvironment({LIMITRUN_ON_VIOLATION: './hook b'})).toEqual({
    'on-violation': ['./hook', 'b'],
  });
});

test('what a hook finds in its environment is no misspelt setting', () => {
  const hook = {LIMITRUN_HOOK_RUN_ID: 'a', LIMITRUN_HOOK_ID: 'b', LIMITRUN_VIOLATION: 'max_rss'};
  expect(settingsFromEnvironment(hook)).toEqual({});
});
