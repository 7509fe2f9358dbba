import fc from 'fast-check';
import {expect, test} from 'vitest';
import {limitsSet, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {ResourceViolationChecker, violationOf} from '../../../src/core/limits/resource-violation-checker.js';
import {Judge, onlyLimit, usageAt} from './samples.js';

/** CPU time: one sample is enough, no sustain time. */
const TIME: ResourceLimits = {cpu: {maxTimeMs: 100}};
const time = (timeMs: number): {cpu: {timeMs: number}} => ({cpu: {timeMs}});
const percent = (value: number): {cpu: {percent: number}} => ({cpu: {percent: value}});
const rss = (rssBytes: number): {memory: {rssBytes: number}} => ({memory: {rssBytes}});

/** A limit of 100 that counts after a second. */
const SUSTAINED: ResourceLimits = {
  cpu: {maxPercent: 100, sustainedViolationTimeMs: 1000, warningThresholdPercent: 100},
};

test('usage just at the limit does not break it', () => {
  const judge = new Judge({process: {maxProcesses: 1}});
  expect(judge.tell(0, {process: {processes: 1}})).toEqual([]);
  expect(judge.tell(1, {process: {processes: 2}})).toEqual(['+critical max_processes 2']);
});

test('a violation tells its limit, its metric, the value, the limit, the policy, the time and a sentence', () => {
  const judge = new Judge({process: {maxProcesses: 2, policy: 'log'}});
  expect(judge.look(7, {process: {processes: 3}}).begun).toEqual([
    {
      limitType: 'max_processes',
      metric: 'process.processes',
      unit: 'count',
      currentValue: 3,
      limitValue: 2,
      severity: 'critical',
      policy: 'log',
      atMs: 7,
      timestampMs: 1_000_007,
      message: '3 processes exceed the limit 2',
    },
  ]);
});

test('a violation that goes on is told once', () => {
  const judge = new Judge(TIME);
  expect(judge.tell(0, time(200))).toEqual(['+critical max_time 200']);
  for (let atMs = 1; atMs < 50; atMs += 1) expect(judge.tell(atMs, time(200 + atMs))).toEqual([]);
});

test('a violation ends when usage has been at the limit for a second, with the highest value it had', () => {
  const judge = new Judge({cpu: {maxPercent: 100, warningThresholdPercent: 100}});
  const [violation] = judge.look(0, percent(150)).begun;
  judge.look(1, percent(300));
  judge.look(2, percent(120));
  expect(judge.tell(3, percent(100))).toEqual([]);
  expect(judge.tell(1002, percent(100))).toEqual([]);
  expect(judge.look(1003, percent(100)).ended).toEqual([
    {violation, peakValue: 300, atMs: 1003, timestampMs: 1_001_003, how: 'subsided'},
  ]);
});

test('usage that hovers around a limit is one violation with the highest value of all', () => {
  const judge = new Judge({cpu: {maxPercent: 100}});
  expect(judge.tell(0, percent(101))).toEqual(['+critical max_percent 101']);
  for (let atMs = 100; atMs < 20_000; atMs += 100) {
    expect(judge.tell(atMs, percent(atMs % 900 === 0 ? 105 : 99))).toEqual([]);
  }
  judge.look(20_000, percent(50));
  expect(judge.look(21_000, percent(50)).ended).toMatchObject([{peakValue: 105, how: 'subsided'}]);
});

test('after its end a limit can be violated again', () => {
  const judge = new Judge({cpu: {maxPercent: 100, warningThresholdPercent: 100}});
  judge.look(0, percent(150));
  judge.look(1, percent(50));
  expect(judge.tell(1001, percent(50))).toEqual(['-subsided critical max_percent']);
  expect(judge.tell(1002, percent(101))).toEqual(['+critical max_percent 101']);
  judge.look(1003, percent(0));
  expect(judge.look(2003, percent(0)).ended[0]?.peakValue).toBe(101);
});

test('a limit counts only when it has been broken for its sustain time', () => {
  const judge = new Judge(SUSTAINED);
  expect(judge.tell(0, percent(200))).toEqual([]);
  expect(judge.tell(999, percent(200))).toEqual([]);
  expect(judge.tell(1000, percent(200))).toEqual(['+critical max_percent 200']);
});

test('usage that flaps around the limit never breaks it for the sustain time', () => {
  const judge = new Judge(SUSTAINED);
  for (let atMs = 0; atMs < 20_000; atMs += 500) {
    expect(judge.tell(atMs, percent(atMs % 1000 === 0 ? 200 : 99))).toEqual([]);
  }
});

test('a sustained violation ends only when usage has been back for the sustain time', () => {
  const judge = new Judge(SUSTAINED);
  judge.look(0, percent(200));
  judge.look(1000, percent(200));
  expect(judge.tell(1100, percent(100))).toEqual([]);
  // Back above for a moment: the wait begins again.
  expect(judge.tell(2000, percent(150))).toEqual([]);
  expect(judge.tell(2100, percent(50))).toEqual([]);
  expect(judge.tell(3099, percent(50))).toEqual([]);
  expect(judge.tell(3100, percent(50))).toEqual(['-subsided critical max_percent']);
});

test('a sustain time of more than a second is the time a violation takes to end', () => {
  const judge = new Judge({cpu: {maxPercent: 100, sustainedViolationTimeMs: 3000}});
  judge.look(0, percent(200));
  expect(judge.tell(3000, percent(200))).toEqual(['+critical max_percent 200']);
  expect(judge.tell(4000, percent(50))).toEqual([]);
  expect(judge.tell(6999, percent(50))).toEqual([]);
  expect(judge.tell(7000, percent(50))).toEqual(['-subsided critical max_percent']);
});

test('memory must be above its limit in two samples in a row', () => {
  const judge = new Judge({memory: {maxRssBytes: 100, warningThresholdPercent: 100}});
  expect(judge.tell(0, rss(200))).toEqual([]);
  expect(judge.tell(1, rss(50))).toEqual([]);
  expect(judge.tell(2, rss(200))).toEqual([]);
  expect(judge.tell(3, rss(201))).toEqual(['+critical max_rss 201']);
});

test('a sample without the metric between two others neither confirms nor resets', () => {
  const judge = new Judge({memory: {maxRssBytes: 100, warningThresholdPercent: 100}});
  judge.look(0, rss(200));
  const before = judge.state;
  expect(judge.tell(1, {})).toEqual([]);
  expect(judge.state).toEqual(before);
  expect(judge.tell(2, rss(200))).toEqual(['+critical max_rss 200']);
});

test('a sample without the metric does not end a violation', () => {
  const judge = new Judge(TIME);
  judge.look(0, time(200));
  expect(judge.tell(1, {})).toEqual([]);
  expect(judge.tell(2, time(200))).toEqual([]);
});

test('a warning begins at the warning threshold, below it not', () => {
  const judge = new Judge(TIME);
  expect(judge.tell(0, time(79.999))).toEqual([]);
  expect(judge.tell(1, time(80))).toEqual(['+warning max_time 80']);
});

test.each([
  [8, 6, 7],
  [5, 3, 4],
])('of %d processes a warning does not begin at %d but at %d', (maxProcesses, below, at) => {
  const judge = new Judge({process: {maxProcesses}});
  expect(judge.tell(0, {process: {processes: below}})).toEqual([]);
  expect(judge.tell(1, {process: {processes: at}})).toEqual([`+warning max_processes ${String(at)}`]);
});

test.each([1, 2, 3, 4])('a limit of %d processes has no count left to warn at', (maxProcesses) => {
  const judge = new Judge({process: {maxProcesses}});
  expect(judge.tell(0, {process: {processes: maxProcesses}})).toEqual([]);
  expect(judge.tell(1, {process: {processes: maxProcesses + 1}})).toEqual([
    `+critical max_processes ${String(maxProcesses + 1)}`,
  ]);
});

test('a warning ends when usage has been below the warning threshold for a second', () => {
  const judge = new Judge({cpu: {maxPercent: 100}});
  expect(judge.tell(0, percent(90))).toEqual(['+warning max_percent 90']);
  expect(judge.tell(100, percent(79))).toEqual([]);
  // At the threshold it is not below: the wait begins again.
  expect(judge.tell(1000, percent(80))).toEqual([]);
  expect(judge.tell(1100, percent(79))).toEqual([]);
  expect(judge.tell(2099, percent(79))).toEqual([]);
  expect(judge.look(2100, percent(79)).ended).toMatchObject([
    {peakValue: 90, how: 'subsided', violation: {severity: 'warning'}},
  ]);
});

test('another warning comes only after usage has fallen to 90 % of the warning threshold', () => {
  const judge = new Judge({cpu: {maxPercent: 100}});
  expect(judge.tell(0, percent(90))).toEqual(['+warning max_percent 90']);
  expect(judge.tell(1, percent(95))).toEqual([]);
  judge.look(1000, percent(73));
  expect(judge.tell(2000, percent(73))).toEqual(['-subsided warning max_percent']);
  expect(judge.tell(2100, percent(95))).toEqual([]);
  expect(judge.tell(2200, percent(72.1))).toEqual([]);
  expect(judge.tell(2300, percent(95))).toEqual([]);
  expect(judge.tell(2400, percent(72))).toEqual([]);
  expect(judge.tell(2500, percent(80))).toEqual(['+warning max_percent 80']);
});

test('a warning that becomes a violation ends as escalated', () => {
  const judge = new Judge(TIME);
  judge.look(0, time(90));
  const {begun, ended} = judge.look(1, time(150));
  expect(begun).toMatchObject([{severity: 'critical', currentValue: 150}]);
  expect(ended).toMatchObject([{how: 'escalated', peakValue: 90, violation: {severity: 'warning'}}]);
});

test.each([
  ['after an escalation', 90],
  ['after a limit was broken at once', 0],
])('%s no further warning comes until usage has been well below the threshold', (_, first) => {
  const judge = new Judge({cpu: {maxPercent: 100}});
  judge.look(0, percent(first));
  judge.look(1, percent(150));
  expect(judge.tell(2, percent(90))).toEqual([]);
  expect(judge.tell(1002, percent(90))).toEqual(['-subsided critical max_percent']);
  expect(judge.tell(1003, percent(95))).toEqual([]);
  expect(judge.tell(1004, percent(75))).toEqual([]);
  expect(judge.tell(1005, percent(95))).toEqual([]);
  expect(judge.tell(1006, percent(72))).toEqual([]);
  expect(judge.tell(1007, percent(95))).toEqual(['+warning max_percent 95']);
});

test('a limit broken at once begins without a warning', () => {
  expect(new Judge(TIME).tell(0, time(150))).toEqual(['+critical max_time 150']);
});

test('a spike of one memory sample gives no critical violation', () => {
  const judge = new Judge({memory: {maxRssBytes: 100}});
  expect(judge.tell(0, rss(200))).toEqual([]);
  expect(judge.tell(1, rss(10))).toEqual([]);
});

test('with a warning threshold of 100 % a warning begins exactly at the limit', () => {
  const judge = new Judge({cpu: {maxPercent: 100, warningThresholdPercent: 100}});
  expect(judge.tell(0, percent(99.999))).toEqual([]);
  expect(judge.tell(1, percent(100))).toEqual(['+warning max_percent 100']);
  expect(judge.tell(2, percent(100.001))).toEqual([
    '-escalated warning max_percent',
    '+critical max_percent 100.001',
  ]);
});

test('several limits broken in one sample are told in a fixed order, whatever order they were set in', () => {
  const judge = new Judge({
    io: {maxWriteBytesPerSecond: 1, maxReadBytesPerSecond: 1},
    cpu: {maxPercent: 1, maxTimeMs: 1},
    process: {maxFileDescriptors: 1, maxProcesses: 1},
    memory: {maxSwapBytes: 1},
  });
  const {begun} = judge.look(0, {
    memory: {swapBytes: 9},
    cpu: {percent: 9, timeMs: 9},
    process: {processes: 9, fileDescriptors: 9},
    io: {readBytesPerSecond: 9, writtenBytesPerSecond: 9},
  });
  expect(begun.map(({limitType}) => limitType)).toEqual([
    'max_swap',
    'max_processes',
    'max_file_descriptors',
    'max_time',
    'max_percent',
    'max_read_bps',
    'max_write_bps',
  ]);
});

test('limits are judged independently of one another', () => {
  const judge = new Judge({cpu: {maxPercent: 100, maxTimeMs: 100, warningThresholdPercent: 100}});
  expect(judge.tell(0, {cpu: {percent: 200, timeMs: 50}})).toEqual(['+critical max_percent 200']);
  expect(judge.tell(1, {cpu: {percent: 50, timeMs: 50}})).toEqual([]);
  expect(judge.tell(1001, {cpu: {percent: 50, timeMs: 150}})).toEqual([
    '-subsided critical max_percent',
    '+critical max_time 150',
  ]);
});

test('the checker remembers nothing itself: the same state and usage give the same judgement', () => {
  const checker = new ResourceViolationChecker(limitsSet(TIME));
  const once = checker.check(usageAt(0, time(150)), checker.begin());
  expect(checker.check(usageAt(0, time(150)), checker.begin())).toEqual(once);
});

test('the timeout is a timer and is never judged on a sample', () => {
  const judge = new Judge({timeoutMs: 1});
  expect(judge.tell(1_000_000, {cpu: {timeMs: 1_000_000}})).toEqual([]);
});

test('a state that is missing counts as untouched', () => {
  const checker = new ResourceViolationChecker(limitsSet(TIME));
  expect(checker.check(usageAt(0, time(150)), []).begun).toHaveLength(1);
});

/** A tree asked to end for memory, at 0 ms with a limit of 100. */
function askedToEnd(policy: 'graceful_shutdown' | 'restart' | 'immediate_kill' | 'log'): Judge {
  const judge = new Judge({memory: {maxRssBytes: 100, policy, warningThresholdPercent: 100}});
  judge.look(-1, rss(110));
  judge.look(0, rss(110));
  return judge;
}

test.each(['graceful_shutdown', 'restart'] as const)(
  'with the policy %s memory that still grows half a second after the violation began has outgrown it',
  (policy) => {
    const judge = askedToEnd(policy);
    expect(judge.tell(499, rss(5000))).toEqual([]);
    expect(judge.tell(500, rss(120))).toEqual([]);
    expect(judge.tell(600, rss(200))).toEqual([]);
    expect(judge.tell(700, rss(201))).toEqual(['!max_rss']);
  },
);

test('what has been outgrown is the violation that goes on, and no second one begins', () => {
  const judge = new Judge({memory: {maxRssBytes: 100}});
  judge.look(-1, rss(110));
  const [violation] = judge.look(0, rss(110)).begun;
  judge.look(500, rss(110));
  expect(judge.look(600, rss(201))).toEqual({begun: [], ended: [], outgrown: [violation]});
});

test('a tree far above its limit may still grow by a quarter while it is ending', () => {
  const judge = askedToEnd('graceful_shutdown');
  judge.look(500, rss(1000));
  expect(judge.tell(600, rss(1250))).toEqual([]);
  expect(judge.tell(700, rss(1251))).toEqual(['!max_rss']);
});

test('growth while a tree is ending is told once', () => {
  const judge = askedToEnd('restart');
  judge.look(500, rss(110));
  expect(judge.tell(600, rss(300))).toEqual(['!max_rss']);
  for (let atMs = 601; atMs < 650; atMs += 1) expect(judge.tell(atMs, rss(atMs * 10))).toEqual([]);
});

test('with a policy that ends nothing there is nothing to outgrow', () => {
  const judge = askedToEnd('log');
  judge.look(500, rss(110));
  expect(judge.tell(600, rss(10_000))).toEqual([]);
});

test('a tree that is killed at once has one violation however it grows', () => {
  const judge = askedToEnd('immediate_kill');
  judge.look(500, rss(110));
  expect(judge.look(600, rss(10_000)).begun).toEqual([]);
});

test('growth of anything but memory is not held against a tree that is ending', () => {
  const judge = new Judge({process: {maxProcesses: 10}});
  judge.look(0, {process: {processes: 11}});
  judge.look(500, {process: {processes: 11}});
  expect(judge.tell(600, {process: {processes: 1000}})).toEqual([]);
});

test('a later episode has a ceiling of its own', () => {
  const judge = askedToEnd('graceful_shutdown');
  judge.look(500, rss(110));
  expect(judge.tell(600, rss(300))).toEqual(['!max_rss']);
  expect(judge.tell(700, rss(50))).toEqual([]);
  expect(judge.tell(1700, rss(50))).toEqual(['-subsided critical max_rss']);
  judge.look(1800, rss(110));
  expect(judge.tell(1900, rss(110))).toEqual(['+critical max_rss 110']);
  expect(judge.tell(2399, rss(5000))).toEqual([]);
  expect(judge.tell(2400, rss(110))).toEqual([]);
  expect(judge.tell(2500, rss(300))).toEqual(['!max_rss']);
});

test('any limit and value can be put into a violation', () => {
  const limit = onlyLimit({timeoutMs: 1000});
  expect(violationOf(limit, 1001, {atMs: 5, timestampMs: 6}, 'critical')).toMatchObject({
    limitType: 'timeout',
    metric: 'wall.time',
    currentValue: 1001,
    limitValue: 1000,
    atMs: 5,
    timestampMs: 6,
  });
});

const anyLimits = fc.record({
  sustainedViolationTimeMs: fc.constantFrom(0, 0, 30, 200, 1500),
  warningThresholdPercent: fc.constantFrom(1, 50, 80, 100),
});
const anySamples = fc.array(
  fc.record({gapMs: fc.integer({min: 1, max: 100}), value: fc.option(fc.integer({min: 0, max: 200}))}),
  {maxLength: 200},
);

test.each([
  ['CPU percent', (rules: object): ResourceLimits => ({cpu: {maxPercent: 100, ...rules}})],
  ['memory', (rules: object): ResourceLimits => ({memory: {maxRssBytes: 100, policy: 'log', ...rules}})],
])('whatever %s does, violations begin and end in turn, each at most once', (_, limitsWith) => {
  fc.assert(
    fc.property(anyLimits, anySamples, (rules, samples) => {
      const judge = new Judge(limitsWith(rules));
      let open: unknown;
      let atMs = 0;
      for (const {gapMs, value} of samples) {
        atMs += gapMs;
        const figures = value === null ? {} : {...percent(value), ...rss(value)};
        const {begun, ended} = judge.look(atMs, figures);
        expect(ended.length).toBeLessThanOrEqual(1);
        expect(begun.length).toBeLessThanOrEqual(1);
        for (const {violation, peakValue, how} of ended) {
          expect(violation).toBe(open);
          expect(peakValue).toBeGreaterThanOrEqual(violation.currentValue);
          if (how === 'subsided') {
            expect(atMs - violation.atMs).toBeGreaterThan(Math.max(1000, rules.sustainedViolationTimeMs));
          }
          open = undefined;
        }
        for (const violation of begun) {
          expect(open).toBeUndefined();
          open = violation;
          if (violation.severity === 'critical') expect(violation.currentValue).toBeGreaterThan(100);
          else expect(violation.currentValue).toBeGreaterThanOrEqual(rules.warningThresholdPercent);
        }
      }
    }),
    {numRuns: 2000},
  );
});

test('however memory grows while a tree is ending, one violation is open at a time and it is outgrown once', () => {
  fc.assert(
    fc.property(anySamples, (samples) => {
      const judge = new Judge({memory: {maxRssBytes: 20}});
      let atMs = 0;
      let open: ResourceViolation | undefined;
      let told = 0;
      for (const {gapMs, value} of samples) {
        atMs += gapMs;
        const {begun, ended, outgrown} = judge.look(atMs, value === null ? {} : rss(value));
        for (const one of ended) {
          expect(one.violation).toBe(open);
          open = undefined;
          told = 0;
        }
        for (const one of begun) {
          expect(open).toBeUndefined();
          open = one;
        }
        for (const one of outgrown) {
          expect(one).toBe(open);
          expect(one.severity).toBe('critical');
          expect(value).toBeGreaterThan(40);
          told += 1;
        }
        expect(told).toBeLessThanOrEqual(1);
      }
    }),
    {numRuns: 2000},
  );
});

/** 100 is logged, 200 for a second ends gracefully, 300 kills; no warning below the last. */
const STAGED: ResourceLimits = {
  cpu: {
    maxPercent: [
      {value: 100, policy: 'log'},
      {value: 200, policy: 'graceful_shutdown', sustainedViolationTimeMs: 1000},
      {value: 300, policy: 'immediate_kill'},
    ],
    warningThresholdPercent: 100,
  },
};

function begun(judge: Judge, atMs: number, value: number): (readonly [number, string])[] {
  return judge.look(atMs, percent(value)).begun.map(({limitValue, policy}) => [limitValue, policy] as const);
}

test('each step of a limit is a violation of its own, once, in rising order', () => {
  const judge = new Judge(STAGED);
  expect(begun(judge, 0, 90)).toEqual([]);
  expect(begun(judge, 10, 150)).toEqual([[100, 'log']]);
  expect(begun(judge, 20, 250)).toEqual([]);
  expect(begun(judge, 1020, 250)).toEqual([[200, 'graceful_shutdown']]);
  expect(begun(judge, 1030, 350)).toEqual([[300, 'immediate_kill']]);
  expect(begun(judge, 1040, 400)).toEqual([]);
});

test('a later step does not wait for an earlier one that is still sustained', () => {
  const judge = new Judge(STAGED);
  expect(begun(judge, 0, 350)).toEqual([
    [100, 'log'],
    [300, 'immediate_kill'],
  ]);
  expect(begun(judge, 1000, 250)).toEqual([[200, 'graceful_shutdown']]);
});

test('a step that is no longer broken ends while the one below it goes on', () => {
  const judge = new Judge(STAGED);
  judge.look(0, percent(350));
  judge.look(10, percent(150));
  const {ended} = judge.look(1010, percent(150));
  expect(ended.map(({violation, how}) => [violation.limitValue, how])).toEqual([[300, 'subsided']]);
});

test('a warning is about the last step only, as a share of it', () => {
  const judge = new Judge({cpu: {maxPercent: [{value: 100, policy: 'log'}, {value: 200}]}});
  expect(judge.tell(0, percent(90))).toEqual([]);
  expect(judge.tell(1, percent(110))).toEqual(['+critical max_percent 110']);
  expect(judge.look(2, percent(165)).begun).toMatchObject([{severity: 'warning', limitValue: 200}]);
});

test('each step of a memory limit wants its own two samples', () => {
  const judge = new Judge({
    memory: {maxRssBytes: [{value: 100, policy: 'log'}, {value: 200}], warningThresholdPercent: 100},
  });
  expect(judge.look(0, rss(150)).begun).toEqual([]);
  expect(judge.look(1, rss(250)).begun).toMatchObject([{limitValue: 100}]);
  expect(judge.look(2, rss(250)).begun).toMatchObject([{limitValue: 200}]);
});

test('a later step that kills takes the place of the ceiling for a tree that grows while it is ending', () => {
  const outgrown = (later: 'immediate_kill' | 'graceful_shutdown'): number => {
    const checker = new ResourceViolationChecker(
      limitsSet({memory: {maxRssBytes: [{value: 100}, {value: 1000, policy: later}]}}),
    );
    let state = checker.begin();
    let count = 0;
    for (const [atMs, bytes] of [
      [0, 110],
      [10, 110],
      [600, 150],
      [700, 900],
    ] as const) {
      const judged = checker.check(usageAt(atMs, rss(bytes)), state);
      state = judged.state;
      count += judged.outgrown.length;
    }
    return count;
  };
  expect(outgrown('graceful_shutdown')).toBe(1);
  expect(outgrown('immediate_kill')).toBe(0);
});
