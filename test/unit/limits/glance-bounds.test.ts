import {describe, expect, test} from 'vitest';
import {glanceBounds, isGlanced} from '../../../src/core/limits/glance-bounds.js';
import {limitsSet, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import {NO_BOUNDS, type GlanceBounds} from '../../../src/core/monitor/usage-glance.js';
import {Judge, onlyLimit, usageAt} from './samples.js';

type Figures = Parameters<typeof usageAt>[1];

const MIB = 2 ** 20;
const LOOKING = {intervalMs: 100, cores: 4};
/** What a program at 1 GiB/s gets in one interval. */
const AN_INTERVAL_BYTES = (4 * 2 ** 30) / 10;

function bounds(limits: ResourceLimits, figures: Figures): GlanceBounds {
  return glanceBounds(limitsSet(limits), new Judge(limits).state, usageAt(0, figures), LOOKING);
}

function glanced(limits: ResourceLimits, figures: Figures, judge = new Judge(limits)): boolean {
  return isGlanced(onlyLimit(limits), judge.state[0], usageAt(0, figures), LOOKING);
}

test('what a glance tells is kept by glances until a warning could begin', () => {
  const limits: ResourceLimits = {
    memory: {maxRssBytes: 1000},
    process: {maxProcesses: 10},
    cpu: {maxPercent: 100, maxTimeMs: 10_000},
  };
  const figures = {memory: {rssBytes: 5}, process: {processes: 1}, cpu: {percent: 3, timeMs: 5}};
  expect(bounds(limits, figures)).toEqual({
    ...NO_BOUNDS,
    rssBytes: 799,
    processes: 7,
    cpuPercent: 79,
    cpuTimeMs: 7999,
  });
});

test('without a warning the bound is the limit; of time and virtual memory what an interval can bring before it', () => {
  const late = {warningThresholdPercent: 100};
  expect(bounds({memory: {...late, maxRssBytes: 1000}}, {memory: {rssBytes: 5}}).rssBytes).toBe(999);
  expect(bounds({cpu: {...late, maxTimeMs: 10_000}}, {cpu: {timeMs: 5}}).cpuTimeMs).toBe(9600);
  expect(
    bounds({memory: {...late, maxVirtualBytes: 1000 * MIB}}, {memory: {virtualBytes: 5}}).virtualBytes,
  ).toBe(1000 * MIB - AN_INTERVAL_BYTES);
});

test('of several steps the lowest is the bound', () => {
  const limits: ResourceLimits = {memory: {maxRssBytes: [{value: 100, policy: 'log'}, {value: 200}]}};
  expect(bounds(limits, {memory: {rssBytes: 5}}).rssBytes).toBe(100);
});

test('between the bound and the limit samples are needed', () => {
  expect(glanced({memory: {maxRssBytes: 1000}}, {memory: {rssBytes: 799}})).toBe(true);
  expect(glanced({memory: {maxRssBytes: 1000}}, {memory: {rssBytes: 800}})).toBe(false);
});

test('what is shared does not hide that RSS is above the bound', () => {
  expect(glanced({memory: {maxRssBytes: 1000}}, {memory: {rssBytes: 900, pssBytes: 100}})).toBe(false);
});

describe('what a glance does not tell needs samples', () => {
  test.each<[string, ResourceLimits, Figures]>([
    ['swap', {memory: {maxSwapBytes: 1000}}, {memory: {swapBytes: 1}}],
    ['open files', {process: {maxFileDescriptors: 1000}}, {process: {fileDescriptors: 1}}],
    ['disk', {io: {maxReadBytesPerSecond: 1000}}, {io: {readBytesPerSecond: 1}}],
    ['a percentage in the first second', {cpu: {maxPercent: 100}}, {cpu: {timeMs: 1}}],
  ])('%s', (_name, limits, figures) => {
    expect(glanced(limits, figures)).toBe(false);
    expect(bounds(limits, figures)).toEqual(NO_BOUNDS);
  });
});

describe('what has begun is followed by samples', () => {
  const limits = {memory: {maxRssBytes: 1000}};
  const low = {memory: {rssBytes: 5}};

  test('a warning, until there can be another one', () => {
    const judge = new Judge(limits);
    judge.look(0, {memory: {rssBytes: 850}});
    expect(glanced(limits, low, judge)).toBe(false);
    judge.look(100, {memory: {rssBytes: 750}});
    judge.look(1200, {memory: {rssBytes: 750}});
    expect(glanced(limits, low, judge)).toBe(false);
    judge.look(1300, low);
    expect(glanced(limits, low, judge)).toBe(true);
  });

  test('a violation, until it has ended', () => {
    const judge = new Judge(limits);
    judge.look(0, {memory: {rssBytes: 1100}});
    expect(glanced(limits, low, judge)).toBe(false);
    judge.look(1, {memory: {rssBytes: 1100}});
    judge.look(100, low);
    expect(glanced(limits, low, judge)).toBe(false);
    judge.look(1200, low);
    expect(glanced(limits, low, judge)).toBe(true);
  });
});
