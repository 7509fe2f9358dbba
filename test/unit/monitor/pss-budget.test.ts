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
  budget.spent(usage(2, MIB), 1, 5000);
  expect(budget.affords(usage(2, MIB), 5999)).toBe(false);
  expect(budget.affords(usage(2, MIB), 6000)).toBe(true);
});

test('a two-hundredth of the time', () => {
  const budget = new PssBudget();
  budget.spent(usage(2, 500 * MIB), 8, 0);
  expect(budget.affords(usage(2, 500 * MIB), 1599)).toBe(false);
  expect(budget.affords(usage(2, 500 * MIB), 1600)).toBe(true);
});

test('a quarter of the time while the tree is larger than ever', () => {
  const budget = new PssBudget();
  budget.spent(usage(2, 500 * MIB), 8, 0);
  expect(budget.affords(usage(2, 530 * MIB), 31)).toBe(false);
  expect(budget.affords(usage(2, 530 * MIB), 32)).toBe(true);
  expect(budget.affords(usage(2, 520 * MIB), 32)).toBe(false);
  // What was larger once is no peak any more.
  budget.spent(usage(2, 100 * MIB), 2, 5000);
  expect(budget.affords(usage(2, 500 * MIB), 5900)).toBe(false);
});

test('not for many GB, unless they have turned out to be cheap', () => {
  const budget = new PssBudget();
  expect(budget.affords(usage(2, 8 * 1024 * MIB), 0)).toBe(true);
  expect(budget.affords(usage(2, 16 * 1024 * MIB), 0)).toBe(false);
  budget.spent(usage(2, 1024 * MIB), 2, 0);
  expect(budget.affords(usage(2, 16 * 1024 * MIB), 10_000)).toBe(true);
  expect(budget.affords(usage(2, 128 * 1024 * MIB), 10_000)).toBe(false);
});

test('what a peak is waits for its turn, and one that has been read waits for nothing', () => {
  const budget = new PssBudget();
  expect(budget.peakDueInMs(usage(1, MIB), 0)).toBe(Infinity);
  budget.spent(usage(2, 500 * MIB), 8, 0);
  expect(budget.peakDueInMs(usage(2, 500 * MIB), 10)).toBe(Infinity);
  expect(budget.peakDueInMs(usage(2, 530 * MIB), 10)).toBe(22);
  expect(budget.peakDueInMs(usage(2, 530 * MIB), 50)).toBe(0);
});

test('a worker that has come since shares what was read of the others: they are read again', () => {
  const budget = new PssBudget();
  budget.spent(usage(5, 500 * MIB), 8, 0);
  expect(budget.affords(usage(6, 500 * MIB), 31)).toBe(false);
  expect(budget.affords(usage(6, 500 * MIB), 32)).toBe(true);
  expect(budget.affords(usage(6, 499 * MIB), 32)).toBe(false);
});
