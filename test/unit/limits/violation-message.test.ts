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
  [{process: {maxProcesses: 4}}, 6, 'processes 6 exceeds the limit 4'],
  [{process: {maxFileDescriptors: 10}}, 11, 'open files 11 exceeds the limit 10'],
  [{io: {maxReadBytesPerSecond: MIB}}, 3 * MIB, 'disk reads 3.0 MiB/s exceeds the limit 1.0 MiB/s'],
  [{io: {maxWriteBytesPerSecond: MIB}}, 3 * MIB, 'disk writes 3.0 MiB/s exceeds the limit 1.0 MiB/s'],
  [{timeoutMs: 1000}, 1200, 'wall time 1.2 s exceeds the limit 1.0 s'],
])('a violation of %j by %d is one sentence', (limits, value, sentence) => {
  expect(violationMessage(onlyLimit(limits), value, 'critical')).toBe(sentence);
});

test('a warning names the share of the limit that it is over', () => {
  const limit = onlyLimit({memory: {maxRssBytes: 100 * MIB, warningThresholdPercent: 75}});
  expect(violationMessage(limit, 80 * MIB, 'warning')).toBe(
    'resident memory 80.0 MiB is over 75.0% of the limit 100.0 MiB',
  );
});

test('a value that reads like the limit is told by how much it is more', () => {
  const limit = onlyLimit({memory: {maxRssBytes: 256 * MIB}});
  expect(violationMessage(limit, 256 * MIB + 4096, 'critical')).toBe(
    'resident memory exceeds the limit 256.0 MiB by 4.0 KiB',
  );
});
