import {describe, expect, it} from 'vitest';
import {liveSettings, resolveOnlooker, resolveWatchPlan} from '../../../src/core/plan/resolve-watch.js';
import type {Settings} from '../../../src/core/plan/settings.js';

const plan = (flags: Settings, environment: Settings = {}) => resolveWatchPlan({flags, environment});
const onlooker = (flags: Settings, environment: Settings = {}) => resolveOnlooker({flags, environment});
const live = (flags: Settings, environment: Settings = {}) => liveSettings({flags, environment});

describe('the plan for a process', () => {
  it('has defaults', () => {
    expect(plan({})).toEqual({
      limits: {},
      handling: 'internal',
      gracePeriodMs: 5000,
      intervalMs: 200,
      strict: false,
      output: {quiet: false, verbose: false, progressIntervalMs: 10_000},
      notices: [],
    });
  });

  it('takes limits, policies and what concerns the watching', () => {
    const asked = plan({
      'max-rss': 1000,
      policy: 'immediate_kill',
      interval: 50,
      strict: true,
      name: 'web',
      'progress-interval': 1000,
      verbose: true,
      'violation-handling': 'disabled',
      'grace-period': 0,
    });
    expect(asked).toMatchObject({
      name: 'web',
      limits: {memory: {maxRssBytes: 1000, policy: 'immediate_kill'}},
      handling: 'disabled',
      gracePeriodMs: 0,
      intervalMs: 50,
      strict: true,
      output: {quiet: false, verbose: true, progressIntervalMs: 1000},
    });
  });

  it('lets variables count, after flags', () => {
    const asked = plan({'max-rss': 1000}, {'max-rss': 2000, timeout: 5000});
    expect(asked.limits).toMatchObject({memory: {maxRssBytes: 1000}, timeoutMs: 5000});
  });

  it('passes over variables that can only mean a command', () => {
    expect(plan({quiet: true}, {report: 'r.json', progress: 'live', 'max-restarts': 3}).output.quiet).toBe(
      true,
    );
  });

  it.each<[string, Settings, Settings, string]>([
    ['a report', {report: 'r'}, {}, '--report is for commands that limitrun starts itself'],
    ['restarts', {'max-restarts': 3}, {}, '--max-restarts is for commands that limitrun starts itself'],
    ['a hook', {'on-violation': ['a']}, {}, '--on-violation is for commands that limitrun starts itself'],
    ['a file', {config: 'w.yaml'}, {}, '--config is for commands that limitrun starts itself'],
    [
      'external handling',
      {'violation-handling': 'external'},
      {},
      '--violation-handling is external, but in watch there is nobody to hand a violation to; use internal or disabled',
    ],
    [
      'external handling from a variable',
      {},
      {'violation-handling': 'external'},
      'LIMITRUN_VIOLATION_HANDLING is external, but in watch there is nobody to hand a violation to; use internal or disabled',
    ],
    [
      'a restart',
      {'max-rss': 5, policy: 'restart'},
      {},
      '--policy is restart, but limitrun can start again only what it has started; choose another policy',
    ],
    [
      'an adjusted restart from a variable',
      {'max-rss': 5},
      {'memory-policy': 'restart_adjusted'},
      'LIMITRUN_MEMORY_POLICY is restart_adjusted, but limitrun can start again only what it has started; choose another policy',
    ],
    [
      'a restart in a step',
      {
        'max-rss': [
          {value: 5, policy: 'log'},
          {value: 9, policy: 'restart'},
        ],
      },
      {},
      'a step of --max-rss is restart, but limitrun can start again only what it has started; choose another policy',
    ],
    ['silence with many words', {quiet: true, verbose: true}, {}, '--quiet and --verbose exclude each other'],
  ])('refuses %s', (_name, flags, environment, message) => {
    expect(() => plan(flags, environment)).toThrow(message);
  });
});

describe('the plan for looking on at a run', () => {
  it('takes what concerns the looking on, and no limit from a variable', () => {
    expect(onlooker({verbose: true}, {'max-rss': 5, 'progress-interval': 500})).toEqual({
      quiet: false,
      verbose: true,
      progressIntervalMs: 500,
    });
  });

  it.each<[Settings, string]>([
    [{'max-rss': 5}, '--max-rss is not for watching a run: the limits of a run are set when it starts'],
    [{policy: 'log'}, '--policy is not for watching a run: the limits of a run are set when it starts'],
    [{interval: 5}, '--interval is not for watching a run: it would have to be given when the run starts'],
    [{report: 'r'}, '--report is not for watching a run: it would have to be given when the run starts'],
  ])('refuses %o', (flags, message) => {
    expect(() => onlooker(flags)).toThrow(message);
  });
});

describe('watch -- COMMAND', () => {
  it('is run with the live table', () => {
    expect(live({'max-rss': 5})).toEqual({'max-rss': 5, progress: 'live'});
    expect(live({progress: 'live'})).toEqual({progress: 'live'});
  });

  it('is stronger than variables for runs that nobody watches', () => {
    expect(live({}, {quiet: true, progress: 'none'})).toEqual({progress: 'live', quiet: false});
  });

  it.each<[Settings, string]>([
    [
      {progress: 'plain'},
      'watch always shows the live table; without it: limitrun run --progress plain -- COMMAND',
    ],
    [{quiet: true}, '--quiet leaves nothing to watch; without the table: limitrun run --quiet -- COMMAND'],
  ])('refuses %o', (flags, message) => {
    expect(() => live(flags)).toThrow(message);
  });
});
