import {expect, test} from 'vitest';
import {ActionGate} from '../../../src/core/limits/action-gate.js';
import type {LimitType} from '../../../src/core/limits/resource-limits.js';
import {rankMembers} from '../../../src/core/limits/rank-members.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {rssViolation} from '../report/sample-runs.js';

function violation(limitType: LimitType): ResourceViolation {
  return rssViolation(0, {limitType});
}

/** A gate whose first actions wait for the test. */
function gate(before: (limitType: LimitType) => Promise<void> | undefined) {
  const log: string[] = [];
  const subject = new ActionGate(
    {
      beforeAction: ({limitType}) => {
        log.push(`before ${limitType}`);
        return before(limitType);
      },
      afterAction: ({limitType}) => log.push(`after ${limitType}`),
    },
    (error) => log.push(String(error)),
  );
  const pass = (limitType: LimitType): void => {
    subject.pass(violation(limitType), () => log.push(`act ${limitType}`));
  };
  return {subject, log, pass};
}

function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return {promise, resolve};
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('an action with nothing to wait for is taken at once', () => {
  const {log, pass, subject} = gate(() => undefined);
  pass('max_rss');
  expect(log).toEqual(['before max_rss', 'act max_rss', 'after max_rss']);
  expect(subject.holding).toBe(false);
});

test('a violation that begins meanwhile waits for its turn', async () => {
  const {promise, resolve} = deferred();
  const {log, pass, subject} = gate((limitType) => (limitType === 'max_rss' ? promise : undefined));
  pass('max_rss');
  pass('max_processes');
  pass('max_percent');
  expect(log).toEqual(['before max_rss']);
  expect(subject.holding).toBe(true);
  resolve();
  await settle();
  expect(log).toEqual(
    ['max_rss', 'max_processes', 'max_percent'].flatMap((type) => [
      `before ${type}`,
      `act ${type}`,
      `after ${type}`,
    ]),
  );
  expect(subject.holding).toBe(false);
});

test('the timeout does not wait', () => {
  const {log, pass} = gate(() => deferred().promise);
  pass('max_rss');
  pass('timeout');
  expect(log).toEqual(['before max_rss', 'before timeout', 'act timeout', 'after timeout']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('what %s before the action is told, and the action is taken', async (_how, before) => {
  const {log, pass} = gate(before);
  pass('max_rss');
  await settle();
  expect(log).toEqual(['before max_rss', 'Error: broken', 'act max_rss', 'after max_rss']);
});

test('members are ranked by what the limit is about', () => {
  const members = [
    {pid: 1, parentPid: 0, name: 'a', rssBytes: 30, pssBytes: 10, cpuTimeMs: 1, cpuPercent: 90},
    {pid: 2, parentPid: 1, name: 'b', rssBytes: 20, pssBytes: 15, cpuTimeMs: 9, cpuPercent: 10},
    {pid: 3, parentPid: 1, name: 'c', cpuTimeMs: 5},
  ];
  const order = (type: LimitType) => rankMembers(type, members).map(({pid}) => pid);
  expect(order('max_rss')).toEqual([2, 1, 3]);
  expect(order('max_percent')).toEqual([1, 2, 3]);
  expect(order('max_time')).toEqual([2, 3, 1]);
  expect(order('max_processes')).toEqual([1, 2, 3]);
  expect(order('timeout')).toEqual([1, 2, 3]);
});
