import {expect, test} from 'vitest';
import type {ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import {violationMessage} from '../../../src/core/limits/violation-message.js';
import {onlyLimit} from './samples.js';

const MIB = 2 ** 20;

test.each<[ResourceLimits, number, string]>([
  [{memory: {maxRssBytes: 256 * MIB}}, 261 * MIB, 'resident memory 261.0 MiB exceeds the limit 256.0 MiB'],
  [{memory: {maxVirtualBytes: MIB}}, 2 * MIB, 'virtual memory 2.0 MiB exceeds the limit 1.0 MiB'],
  [{memory: {maxSwapBytes: MIB}}, 2 * MIB, 'swap 2.0 MiB exceeds the limit 1.0 MiB'],
  [{cpu: {maxPercent: 75}}, 99.96, 'CPU 100.0% exceeds the limit 75.0%'],
  [{cpu: {maxTimeMs: 2000}}, 2500, 'CPU time 2.5 s exceeds the limit 2.0 s'],
  [{process: {maxProcesses: 4}}, 6, '6 processes exceed the limit 4'],
  [{process: {maxFileDescriptors: 10}}, 11, '11 open files exceed the limit 10'],
  [{io: {maxReadBytesPerSecond: MIB}}, 3 * MIB, 'disk reads 3.0 MiB/s exceed the limit 1.0 MiB/s'],
  [{io: {maxWriteBytesPerSecond: MIB}}, 3 * MIB, 'disk writes 3.0 MiB/s exceed the limit 1.0 MiB/s'],
  [{timeoutMs: 1000}, 1200, 'wall time 1.2 s exceeds the limit 1.0 s'],
])('a violation of %j by %d is one sentence', (limits, value, sentence) => {
  expect(violationMessage(onlyLimit(limits), value, 'critical')).toBe(sentence);
});

test.each<[ResourceLimits, number, string]>([
  [
    {memory: {maxRssBytes: 256 * MIB}},
    210.3 * MIB,
    'resident memory 210.3 MiB is at 82.1% of the limit 256.0 MiB',
  ],
  [{cpu: {maxPercent: 75}}, 60, 'CPU 60.0% is at 80.0% of the limit 75.0%'],
  [{cpu: {maxTimeMs: 2000}}, 1800, 'CPU time 1.8 s is at 90.0% of the limit 2.0 s'],
  [{process: {maxProcesses: 8}}, 7, '7 processes are at 87.5% of the limit 8'],
  [{process: {maxFileDescriptors: 10}}, 8, '8 open files are at 80.0% of the limit 10'],
  [
    {io: {maxReadBytesPerSecond: 4 * MIB}},
    3.5 * MIB,
    'disk reads 3.5 MiB/s are at 87.5% of the limit 4.0 MiB/s',
  ],
  [{io: {maxWriteBytesPerSecond: MIB}}, MIB, 'disk writes 1.0 MiB/s are at 100.0% of the limit 1.0 MiB/s'],
])('a warning of %j at %d names the share of the limit that is used', (limits, value, sentence) => {
  expect(violationMessage(onlyLimit(limits), value, 'warning')).toBe(sentence);
});

test('a value that reads like the limit is told by how much it is more', () => {
  const limit = onlyLimit({memory: {maxRssBytes: 256 * MIB}});
  expect(violationMessage(limit, 256 * MIB + 4096, 'critical')).toBe(
    'resident memory exceeds the limit 256.0 MiB by 4.0 KiB',
  );
  const rate = onlyLimit({io: {maxReadBytesPerSecond: 256 * MIB}});
  expect(violationMessage(rate, 256 * MIB + 4096, 'critical')).toBe(
    'disk reads exceed the limit 256.0 MiB/s by 4.0 KiB/s',
  );
});

test.each<[ResourceLimits, number, string]>([
  [{timeoutMs: 500}, 500.02, 'wall time exceeds the limit 500 ms by less than 0.1 ms'],
  [{timeoutMs: 500}, 500.2, 'wall time exceeds the limit 500 ms by 0.2 ms'],
  [{cpu: {maxPercent: 75}}, 75.01, 'CPU exceeds the limit 75.0% by less than 0.1%'],
  [{io: {maxReadBytesPerSecond: MIB}}, MIB + 0.3, 'disk reads exceed the limit 1.0 MiB/s by less than 1 B/s'],
])('a violation of %j by %d is never one by zero', (limits, value, sentence) => {
  expect(violationMessage(onlyLimit(limits), value, 'critical')).toBe(sentence);
});
