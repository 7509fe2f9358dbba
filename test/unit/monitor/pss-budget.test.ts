import {expect, test} from 'vitest';
import {PssBudget} from '../../../src/core/monitor/pss-budget.js';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';

const MIB = 1024 * 1024;

function usage(processes: number, rssBytes: number): ResourceUsage {
  return {
    atMs: 0,
    timestampMs: 0,
    source: 'procfs',
    memory: {rssBytes},
    cpu: {},
    io: {},
    process: {processes},
  };
}

test('one process shares with nobody', () => {
  expect(new PssBudget().affords(usage(1, MIB), 0)).toBe(false);
  expect(new PssBudget().affords(usage(2, MIB), 0)).toBe(true);
});

test('once a second', () => {
  const budget = new PssBudget();
  budget.spent(MIB, 1, 5000);
  expect(budget.affords(usage(2, MIB), 5999)).toBe(false);
  expect(budget.affords(usage(2, MIB), 6000)).toBe(true);
});

test('a two-hundredth of the time', () => {
  const budget = new PssBudget();
  budget.spent(500 * MIB, 8, 0);
  expect(budget.affords(usage(2, 500 * MIB), 1599)).toBe(false);
  expect(budget.affords(usage(2, 500 * MIB), 1600)).toBe(true);
});

test('not for several GB, unless they have turned out to be cheap', () => {
  const budget = new PssBudget();
  expect(budget.affords(usage(2, 2048 * MIB), 0)).toBe(false);
  budget.spent(1024 * MIB, 2, 0);
  expect(budget.affords(usage(2, 2048 * MIB), 10_000)).toBe(true);
  expect(budget.affords(usage(2, 16_384 * MIB), 10_000)).toBe(false);
});
