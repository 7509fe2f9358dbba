import {expect, test} from 'vitest';
import {checkLimits} from '../../../src/core/limits/check-options.js';
import type {ResourceLimits} from '../../../src/core/limits/resource-limits.js';

test.each([
  [{}],
  [{timeoutMs: 0.5}],
  [{memory: {maxRssBytes: 1, policy: 'log', warningThresholdPercent: 100, sustainedViolationTimeMs: 0}}],
  [{cpu: {maxPercent: [{value: 50, policy: 'log'}, {value: 75}]}}],
] as const satisfies ResourceLimits[][])('%j is a set of limits', (limits) => {
  expect(() => {
    checkLimits(limits, 'external');
  }).not.toThrow();
});

test.each([
  [{memory: {maxRssByte: 5}}, 'memory has no field maxRssByte; did you mean maxRssBytes?'],
  [{memori: {}}, 'limits has no field memori; did you mean memory?'],
  [{memory: {maxRssBytes: Number.NaN}}, 'memory.maxRssBytes must be a positive number'],
  [{memory: {maxRssBytes: '50MB'}}, 'memory.maxRssBytes must be a positive number'],
  [{process: {maxProcesses: -1}}, 'process.maxProcesses must be a positive number'],
  [{io: {maxReadBytesPerSecond: []}}, 'a limit needs at least one step'],
  [{cpu: {maxPercent: [{value: 50, policy: 'kill'}]}}, 'cpu.maxPercent: policy must be one of none, log'],
  [{timeoutMs: 0}, 'timeoutMs must be a positive number'],
  [{cpu: {policy: '__proto__'}}, 'cpu.policy must be one of none, log'],
  [
    {memory: {warningThresholdPercent: 500}},
    'memory.warningThresholdPercent must be more than 0 and at most 100',
  ],
  [
    {memory: {sustainedViolationTimeMs: -1}},
    'memory.sustainedViolationTimeMs must be a number of milliseconds',
  ],
])('%j would limit nothing and is refused', (limits, message) => {
  expect(() => {
    checkLimits(limits as ResourceLimits, undefined);
  }).toThrow(message);
});

test('a handling mode that does not exist is refused', () => {
  expect(() => {
    checkLimits({}, 'bogus');
  }).toThrow('violationHandling must be one of internal, external, disabled, not "bogus"');
});
