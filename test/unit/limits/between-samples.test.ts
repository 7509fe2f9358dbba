import {expect, test} from 'vitest';
import type {ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {Judge} from './samples.js';

const MIB = 2 ** 20;

/** A judge of a limit of 100 MiB that has seen one usage of 50 MiB. */
function judge(limits: ResourceLimits['memory'] = {policy: 'immediate_kill'}): Judge {
  const one = new Judge({memory: {maxRssBytes: 100 * MIB, ...limits}});
  one.look(0, figures(50, 50));
  return one;
}

function figures(rssMib: number, peakMib?: number, pssMib?: number): Parameters<Judge['look']>[1] {
  return {
    memory: {
      rssBytes: rssMib * MIB,
      ...(peakMib === undefined ? {} : {peakRssBytes: peakMib * MIB}),
      ...(pssMib === undefined ? {} : {pssBytes: pssMib * MIB}),
    },
  };
}

test('a high-water mark above the limit is a violation of its own, told once and acted on by nobody', () => {
  const one = judge();
  const [violation] = one.look(100, figures(50, 120)).begun;
  expect(violation).toMatchObject<Partial<ResourceViolation>>({
    limitType: 'max_rss',
    severity: 'critical',
    policy: 'log',
    betweenSamples: true,
    currentValue: 120 * MIB,
    message:
      'resident memory was at 120.0 MiB between samples, above the limit 100.0 MiB, and is below it again',
  });
  expect(one.tell(200, figures(50, 120))).toEqual([]);
  expect(one.tell(1200, figures(50, 120))).toEqual(['-subsided critical max_rss']);
  expect(one.tell(1300, figures(50, 120))).toEqual([]);
  expect(one.tell(1400, figures(50, 130))).toEqual([`+critical max_rss ${String(130 * MIB)}`]);
});

test('who asks for nothing to be done, or to be alerted, keeps that', () => {
  expect(judge({policy: 'none'}).look(100, figures(50, 120)).begun[0]?.policy).toBe('none');
  expect(judge({policy: 'alert'}).look(100, figures(50, 120)).begun[0]?.policy).toBe('alert');
});

test('usage that is above the limit afterwards is a violation with the policy of the limit', () => {
  const one = judge();
  one.look(100, figures(50, 120));
  one.look(200, figures(130, 130));
  const {begun, ended} = one.look(201, figures(130, 130));
  expect(ended.map(({how}) => how)).toEqual(['escalated']);
  expect(begun).toMatchObject([{policy: 'immediate_kill', currentValue: 130 * MIB}]);
  expect(begun[0]).not.toHaveProperty('betweenSamples');
});

test('one sample above the limit that the next does not confirm is proved by the mark', () => {
  const one = judge();
  expect(one.tell(100, figures(120, 120))).toEqual([]);
  expect(one.tell(101, figures(50, 120))).toEqual([`+critical max_rss ${String(120 * MIB)}`]);
});

test('a mark that an ordinary violation has left is not told again', () => {
  const one = judge({policy: 'log'});
  one.look(100, figures(120, 120));
  one.look(101, figures(120, 125));
  one.look(200, figures(50, 125));
  expect(one.tell(1300, figures(50, 125))).toEqual(['-subsided critical max_rss']);
  expect(one.tell(1400, figures(50, 125))).toEqual([]);
});

test('a mark that is older than the watching is nobody’s violation', () => {
  const one = new Judge({memory: {maxRssBytes: 100 * MIB}});
  expect(one.tell(0, figures(50, 500))).toEqual([]);
  expect(one.tell(100, figures(50, 500))).toEqual([]);
});

test('with a sustain time, or where the proportional size decides, a mark proves nothing', () => {
  expect(judge({sustainedViolationTimeMs: 50}).tell(100, figures(50, 120))).toEqual([]);
  expect(judge().tell(100, figures(50, 120, 40))).toEqual([]);
});
