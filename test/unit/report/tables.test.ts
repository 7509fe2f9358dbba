import {Chalk} from 'chalk';
import {expect, test} from 'vitest';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {LimitPromise, RunEvent} from '../../../src/core/record/run-event.js';
import {fittedTable} from '../../../src/core/report/fitted-table.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {usageTable} from '../../../src/core/report/usage-table.js';
import {violationsTable} from '../../../src/core/report/violations-table.js';
import {
  at,
  ended,
  leakingRun,
  MIB,
  quietRun,
  restartedRun,
  rssViolation,
  sampled,
  started,
  times,
} from './sample-runs.js';

function usageLines(events: readonly RunEvent[]): string[] {
  return usageTable(foldRun(events), PLAIN_PAINT).split('\n');
}

function everyLimit(value: number): LimitPromise[] {
  return LIMIT_KINDS.map(({type}) => ({
    limitType: type,
    limitValue: value,
    policy: 'graceful_shutdown',
    sustainMs: 0,
    enforcedBy: 'polling',
  }));
}

function everyMetric(value: number): Pick<ResourceUsage, 'memory' | 'cpu' | 'io' | 'process'> {
  return {
    memory: {rssBytes: value, pssBytes: value, virtualBytes: value, swapBytes: value},
    cpu: {timeMs: value, percent: value},
    io: {readBytes: value, writtenBytes: value, readBytesPerSecond: value, writtenBytesPerSecond: value},
    process: {processes: value, fileDescriptors: value},
  };
}

function runOf(promises: readonly LimitPromise[], ...between: RunEvent[]): RunEvent[] {
  return [
    started(promises),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 9}),
    ...between,
    ...ended(2000, {kind: 'exited'}, 0, {exitCode: 0}),
  ];
}

test('a limit on something that could not be measured says "not measured"', () => {
  const promises = [
    {
      limitType: 'max_write_bps',
      limitValue: MIB,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'nobody',
    },
  ] as const;
  expect(usageLines(runOf(promises, sampled(9, {memory: {rssBytes: 5}, source: 'pidusage'})))).toEqual([
    'metric                               value      limit  share  source',
    'resident memory (RSS)  peak            5 B                    pidusage',
    'disk writes            peak   not measured  1.0 MiB/s',
    'wall time              total         2.0 s                    clock',
  ]);
});

test('without the proportional size the limit stands beside the resident size', () => {
  const promises = [
    {limitType: 'max_rss', limitValue: 200, policy: 'graceful_shutdown', sustainMs: 0, enforcedBy: 'polling'},
  ] as const;
  expect(usageLines(runOf(promises, sampled(9, {memory: {rssBytes: 100}})))[1]).toBe(
    'resident memory (RSS)  peak   100 B  200 B  50.0%  procfs',
  );
});

test('time limits of a run with restarts are compared with the longest attempt', () => {
  expect(usageLines(restartedRun())).toEqual([
    'metric                               value      limit   share  source',
    'resident memory (RSS)   peak     300.0 MiB  256.0 MiB  117.2%  procfs',
    'CPU time                total        1.4 s                     procfs',
    'CPU time                longest     800 ms      4.0 s   20.0%  procfs',
    'CPU (100 % = one core)  average      32.2%                     procfs',
    'disk reads              total      1.5 KiB                     procfs',
    'disk writes             total         30 B                     procfs',
    'wall time               total        4.5 s                     clock',
    'wall time               longest      2.0 s   1 m 00 s    3.3%  clock',
  ]);
});

test('the share is yellow near the limit and red above it', () => {
  const promises = [
    {limitType: 'max_rss', limitValue: 100, policy: 'graceful_shutdown', sustainMs: 0, enforcedBy: 'polling'},
    {
      limitType: 'max_virtual',
      limitValue: 100,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
    },
    {
      limitType: 'max_swap',
      limitValue: 100,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
    },
  ] as const;
  const run = runOf(promises, sampled(9, {memory: {rssBytes: 100, virtualBytes: 101, swapBytes: 80}}));
  const table = usageTable(foldRun(run), new Chalk({level: 1}));
  expect(table).toContain('\u001b[33m100.0%\u001b[39m');
  expect(table).toContain('\u001b[31m101.0%\u001b[39m');
  expect(table).toContain('   80.0%  ');
});

test.each([Number.MIN_VALUE, 0.04, 1, 1023.96, 2 ** 53, 1e21, Number.MAX_VALUE])(
  'figures of %d fit 80 columns on one line each',
  (value) => {
    const run = runOf(everyLimit(value), sampled(9, everyMetric(value)));
    const lines = usageLines(run);
    expect(lines).toHaveLength(1 + 14);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  },
);

test('the limits of another run may be tiny beside what was used', () => {
  for (const line of usageLines(runOf(everyLimit(1), sampled(9, everyMetric(1e15))))) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test('without violations there is no violations table', () => {
  expect(violationsTable(foldRun(quietRun()), PLAIN_PAINT)).toBeUndefined();
});

test('severities are coloured on a terminal', () => {
  const table = violationsTable(foldRun(leakingRun()), new Chalk({level: 1}));
  expect(table).toContain('\u001b[33mwarning\u001b[39m ');
  expect(table).toContain('\u001b[31mcritical\u001b[39m ');
});

test('long policies, limits and actions are clipped, never wrapped', () => {
  const violation = rssViolation(90_061_000, {
    limitType: 'max_file_descriptors',
    unit: 'count',
    currentValue: 1e21,
    limitValue: Number.MAX_SAFE_INTEGER,
    policy: 'restart_adjusted',
  });
  const run = runOf(
    [],
    at(90_061_000, {kind: 'violation_begun', violation}),
    at(90_061_001, {
      kind: 'action_taken',
      actor: 'limitrun',
      violation,
      text: `hook 漢字漢字漢字 ${'x'.repeat(500)}`,
    }),
  );
  const lines = (violationsTable(foldRun(run), PLAIN_PAINT) ?? '').split('\n');
  expect(lines).toEqual([
    '      time  limit         value  limit value  severity  policy       action',
    '+25 h 01 m  max_file_de…  1e+21  9007199254…  critical  restart_ad…  hook 漢字…',
  ]);
});

test('what a hook is called cannot break the table', () => {
  const violation = rssViolation(500, {policy: 'log'});
  const run = runOf(
    [],
    at(500, {kind: 'violation_begun', violation}),
    at(501, {kind: 'action_taken', actor: 'limitrun', violation, text: 'a\nb\u001b[2J'}),
  );
  expect(violationsTable(foldRun(run), PLAIN_PAINT)).toBe(
    [
      '   time  limit        value  limit value  severity  policy  action',
      '+500 ms  max_rss  261.0 MiB    256.0 MiB  critical  log     a\\nb\\x1b[2J',
    ].join('\n'),
  );
});

test('of thousands of violations ten are shown at either end and the rest is counted', () => {
  const episodes = Array.from({length: 3000}, (_, index) =>
    at(index, {kind: 'violation_begun', violation: rssViolation(index, {policy: 'log', ...times(index)})}),
  );
  const lines = (violationsTable(foldRun(runOf([], ...episodes)), PLAIN_PAINT) ?? '').split('\n');
  expect(lines).toHaveLength(22);
  expect(lines[10]).toContain('+9 ms');
  expect(lines[11]).toBe('… 2980 more violations');
  expect(lines[12]).toContain('+3.0 s');
});

test('a table clips its widest column first and keeps the others', () => {
  const columns = [
    {header: 'a', align: 'left'},
    {header: 'b', align: 'right'},
  ] as const;
  const table = fittedTable(columns, [[{text: 'x'.repeat(100)}, {text: '12345'}]], PLAIN_PAINT);
  expect(table.split('\n')).toEqual([`a${' '.repeat(78)}b`, `${'x'.repeat(72)}…  12345`]);
});

test('of several steps of a limit the usage is shown beside the last one', () => {
  const step = {limitType: 'max_rss', sustainMs: 0, enforcedBy: 'polling'} as const;
  const promises = [
    {...step, limitValue: 100, policy: 'log'},
    {...step, limitValue: 200, policy: 'immediate_kill'},
  ] as const;
  const lines = usageLines(runOf(promises, sampled(9, {memory: {rssBytes: 150}})));
  expect(lines.filter((line) => line.startsWith('resident memory'))).toHaveLength(1);
  expect(lines[1]).toMatch(/150 B +200 B +75\.0%/);
});
