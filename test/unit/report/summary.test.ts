import {Chalk} from 'chalk';
import {expect, test} from 'vitest';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {EndCause, RunEvent} from '../../../src/core/record/run-event.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {headline, summary} from '../../../src/core/report/summary.js';
import {
  at,
  ended,
  leakingRun,
  MIB,
  quietRun,
  restartedRun,
  rssViolation,
  started,
  unstartedRun,
} from './sample-runs.js';

function summed(events: readonly RunEvent[]): string[] {
  return summary(foldRun(events), PLAIN_PAINT).split('\n');
}

test('a run ended for its memory is summed up by a headline and two tables', () => {
  expect(summed(leakingRun())).toEqual([
    'limitrun: ended: resident memory exceeded 256.0 MiB (exit code 110, forced)',
    '',
    'metric                               value      limit   share  source',
    'resident memory (RSS)   peak     280.0 MiB                     procfs',
    'shared once (PSS)       peak     263.0 MiB  256.0 MiB  102.7%  procfs',
    'virtual memory          peak       1.1 GiB                     procfs',
    'swap                    peak           0 B                     procfs',
    'processes               peak             3                     procfs',
    'open files              peak            61                     procfs',
    'CPU time                total        1.2 s                     procfs',
    'CPU (100 % = one core)  average      19.6%                     procfs',
    'CPU (100 % = one core)  peak         98.2%                     procfs',
    'disk reads              total      8.0 KiB                     procfs',
    'disk reads              peak     4.0 KiB/s                     procfs',
    'disk writes             total     10.0 MiB                     procfs',
    'disk writes             peak     9.0 MiB/s                     procfs',
    'wall time               total        6.3 s   1 m 00 s   10.5%  clock',
    '',
    '   time  limit        value  limit value  severity  policy         action',
    '+900 ms  max_rss  255.0 MiB    256.0 MiB  warning   graceful_shu…  none',
    ' +1.2 s  max_rss  263.0 MiB    256.0 MiB  critical  graceful_shu…  SIGTERM to 3…',
  ]);
});

test('a run without violations has no violations table', () => {
  expect(summed(quietRun())).toEqual([
    'limitrun: the command exited with 0 after 1.3 s',
    '',
    'metric                          value  limit  share  source',
    'resident memory (RSS)  peak   2.0 MiB                procfs',
    'wall time              total    1.3 s                clock',
  ]);
});

test('a command that was not found gets one line, made harmless, and no tables', () => {
  expect(summed(unstartedRun())).toEqual(['limitrun: nosuch\\x1b[31m: command not found (exit code 127)']);
});

const HEADLINES: readonly (readonly [string, EndCause, number, object, string])[] = [
  ['an exit code of its own', {kind: 'exited'}, 3, {exitCode: 3}, 'the command exited with 3 after 1.3 s'],
  [
    'an exit code that limitrun replaced',
    {kind: 'exited'},
    110,
    {exitCode: 0},
    'the command exited with 0 after 1.3 s (exit code 110)',
  ],
  [
    'a crash',
    {kind: 'exited'},
    139,
    {signal: 'SIGSEGV'},
    'the command was killed by signal SIGSEGV after 1.3 s (exit code 139)',
  ],
  [
    'the timeout',
    {kind: 'violation', limitType: 'timeout'},
    124,
    {signal: 'SIGTERM'},
    'ended: wall time exceeded 1.0 s (exit code 124)',
  ],
  [
    'a limit whose value is not known',
    {kind: 'violation', limitType: 'max_processes'},
    112,
    {signal: 'SIGKILL', forced: true},
    'ended: processes exceeded its limit (exit code 112, forced)',
  ],
  [
    'Ctrl-C',
    {kind: 'signal', signal: 'SIGINT'},
    130,
    {signal: 'SIGINT'},
    'ended by signal SIGINT after 1.3 s (exit code 130)',
  ],
  [
    'SIGTERM that the command handled',
    {kind: 'signal', signal: 'SIGTERM'},
    42,
    {exitCode: 42},
    'ended by signal SIGTERM after 1.3 s; the command exited with 42 (exit code 42)',
  ],
  [
    'a fault',
    {kind: 'fault', message: 'broken\u0007'},
    125,
    {},
    'ended: limitrun failed: broken\\x07 (exit code 125)',
  ],
];

test.each(HEADLINES)('a run ended by %s says so', (_name, cause, exitCode, end, words) => {
  const record = foldRun([
    started([
      {
        limitType: 'timeout',
        limitValue: 1000,
        policy: 'graceful_shutdown',
        sustainMs: 0,
        enforcedBy: 'timer',
      },
    ]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 5}),
    ...ended(1300, cause, exitCode, end),
  ]);
  expect(headline(record, PLAIN_PAINT)).toBe(`limitrun: ${words}`);
});

test('the headline of restarts counts the attempts', () => {
  expect(headline(foldRun(restartedRun()), PLAIN_PAINT)).toBe(
    'limitrun: ended: the restart breaker opened after 2 attempts; ' +
      'resident memory exceeded 256.0 MiB (exit code 118, forced)',
  );
});

test('the headline of a command that failed too often says how it ended', () => {
  const events = [
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 7}),
    at(9, {kind: 'attempt_ended', attempt: 1, cause: {kind: 'exited'}, exitCode: 3, forced: false}),
    at(9, {kind: 'run_ended', cause: {kind: 'breaker_open'}, exitCode: 118, survivors: []}),
  ];
  expect(headline(foldRun(events), PLAIN_PAINT)).toBe(
    'limitrun: ended: the restart breaker opened after 1 attempt; the command exited with 3 (exit code 118)',
  );
});

test('limits that were raised between attempts are told, and the table shows those of the last one', () => {
  const limits = (mib: number) => [{limitType: 'max_rss' as const, limitValue: mib * MIB}];
  const promise = {
    limitType: 'max_rss',
    limitValue: 100 * MIB,
    policy: 'restart_adjusted',
    sustainMs: 0,
    enforcedBy: 'polling',
  } as const;
  const events = [
    started([promise]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 7, limits: limits(100)}),
    at(9, {kind: 'attempt_ended', attempt: 1, cause: {kind: 'exited'}, forced: false, nextInMs: 1}),
    at(10, {kind: 'attempt_started', attempt: 2, pid: 8, limits: limits(150)}),
    at(19, {kind: 'attempt_ended', attempt: 2, cause: {kind: 'exited'}, exitCode: 0, forced: false}),
    at(19, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}),
  ];
  const text = summary(foldRun(events), PLAIN_PAINT);
  expect(text.split('\n')[1]).toBe(
    'limitrun: limit of resident memory raised from 100.0 MiB to 150.0 MiB over 2 attempts',
  );
  expect(text).toMatch(/not measured +150\.0 MiB/);
});

test('a run that goes on is not said to have ended', () => {
  expect(headline(foldRun([started()]), PLAIN_PAINT)).toBe('limitrun: the run has not ended');
});

test('on a terminal an ending by limitrun is red and an exit is not', () => {
  const colours = new Chalk({level: 1});
  expect(headline(foldRun(leakingRun()), colours)).toBe(
    'limitrun: \u001b[31mended: resident memory exceeded 256.0 MiB (exit code 110, forced)\u001b[39m',
  );
  expect(headline(foldRun(quietRun(3)), colours)).toBe('limitrun: the command exited with 3 after 1.3 s');
});

test('colours change nothing but the colours', () => {
  const record = foldRun(leakingRun());
  const coloured = summary(record, new Chalk({level: 3}));
  // eslint-disable-next-line no-control-regex -- colours are what is taken out
  expect(coloured.replace(/\u001b\[[0-9;]*m/g, '')).toBe(summary(record, PLAIN_PAINT));
  expect(coloured).toContain('\u001b[31m102.7%\u001b[39m');
});

test('of several steps of a limit the one that ended the command is named', () => {
  const step = {limitType: 'timeout', sustainMs: 0, enforcedBy: 'timer'} as const;
  const violation = {limitType: 'timeout', metric: 'wall.time', unit: 'ms'} as const;
  const record = foldRun([
    started([
      {...step, limitValue: 1000, policy: 'log'},
      {...step, limitValue: 2000, policy: 'graceful_shutdown'},
      {...step, limitValue: 3000, policy: 'immediate_kill'},
    ]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 5}),
    ...(['log', 'graceful_shutdown', 'immediate_kill'] as const).map((policy, index) =>
      at(index, {
        kind: 'violation_begun',
        violation: rssViolation(index, {...violation, policy, limitValue: 1000 * (index + 1)}),
      }),
    ),
    ...ended(3100, {kind: 'violation', limitType: 'timeout'}, 124, {signal: 'SIGKILL', forced: true}),
  ]);
  expect(headline(record, PLAIN_PAINT)).toBe(
    'limitrun: ended: wall time exceeded 2.0 s (exit code 124, forced)',
  );
});
