import {expect, test} from 'vitest';
import type {ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import {limitsSet} from '../../../src/core/limits/resource-limits.js';
import {isScreened, screenBounds} from '../../../src/core/limits/screen-bounds.js';
import type {ScreenBounds} from '../../../src/core/monitor/usage-screen.js';
import {Judge, usageAt} from './samples.js';

const LIMITS: ResourceLimits = {memory: {maxRssBytes: 100, policy: 'log'}, process: {maxProcesses: 10}};

function bounds(
  figures: Parameters<typeof usageAt>[1],
  limits = LIMITS,
  judge = new Judge(limits),
): ScreenBounds | undefined {
  return screenBounds(limitsSet(limits), judge.state, usageAt(0, figures));
}

test('up to the limits on resident memory and on processes cheap looks are enough', () => {
  expect(bounds({memory: {rssBytes: 100}, process: {processes: 10}})).toEqual({rssBytes: 100, processes: 10});
});

test('what is not measured, or above its limit, is not screened', () => {
  expect(bounds({memory: {rssBytes: 90}})).toEqual({rssBytes: 100, processes: Infinity});
  expect(bounds({memory: {rssBytes: 101}, process: {processes: 3}})).toEqual({
    rssBytes: Infinity,
    processes: 10,
  });
  expect(bounds({memory: {rssBytes: 101}})).toBeUndefined();
});

test('where the proportional size decides, RSS may grow by what is left to the limit', () => {
  expect(bounds({memory: {rssBytes: 99, pssBytes: 20}})?.rssBytes).toBe(100);
  expect(bounds({memory: {rssBytes: 300, pssBytes: 20}})?.rssBytes).toBe(380);
  expect(bounds({memory: {rssBytes: 300, pssBytes: 101}})).toBeUndefined();
});

test('such looks do not stand for the samples', () => {
  const usage = usageAt(0, {memory: {rssBytes: 300, pssBytes: 20}});
  const [limit] = limitsSet({memory: {maxRssBytes: 100}});
  expect(limit && isScreened(limit, undefined, usage)).toBe(false);
});

test('other limits need samples', () => {
  const limits = {memory: {maxVirtualBytes: 9}, cpu: {maxTimeMs: 9}};
  expect(bounds({memory: {rssBytes: 1, virtualBytes: 1}, cpu: {timeMs: 1}}, limits)).toBeUndefined();
});

test('the lowest step that is still kept is the bound, a broken one is none until it has subsided', () => {
  const limits: ResourceLimits = {
    memory: {maxRssBytes: [{value: 100, policy: 'log'}, {value: 200}]},
  };
  const judge = new Judge(limits);
  expect(bounds({memory: {rssBytes: 50}}, limits, judge)?.rssBytes).toBe(100);
  judge.look(0, {memory: {rssBytes: 150}});
  judge.look(1, {memory: {rssBytes: 150}});
  expect(bounds({memory: {rssBytes: 150}}, limits, judge)?.rssBytes).toBe(200);
  expect(bounds({memory: {rssBytes: 90}}, limits, judge)?.rssBytes).toBe(200);
});

test('a limit broken between samples only is watched on', () => {
  const judge = new Judge(LIMITS);
  judge.look(0, {memory: {rssBytes: 50, peakRssBytes: 50}});
  judge.look(100, {memory: {rssBytes: 50, peakRssBytes: 120}});
  expect(bounds({memory: {rssBytes: 50}}, LIMITS, judge)?.rssBytes).toBe(100);
});
