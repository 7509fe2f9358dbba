import {Chalk} from 'chalk';
import {expect, test} from 'vitest';
import type {EndCause, RunEvent} from '../../../src/core/record/run-event.js';
import {eventLine} from '../../../src/core/report/event-line.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {
  at,
  leakingRun,
  MIB,
  quietRun,
  restartedRun,
  rssViolation,
  rssWarning,
  sampled,
  started,
  times,
} from './sample-runs.js';

function plain(event: RunEvent, verbose = false): string | undefined {
  return eventLine(event, PLAIN_PAINT, {verbose});
}

function printed(events: readonly RunEvent[], verbose = false): string[] {
  return events.map((event) => plain(event, verbose)).filter((line) => line !== undefined);
}

test('a leak is told from the warning to the kill', () => {
  expect(printed(leakingRun())).toEqual([
    'limitrun: warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 MiB',
    'limitrun: violation: resident memory 261.0 MiB exceeds the limit 256.0 MiB; policy graceful_shutdown',
    'limitrun: SIGTERM to 3 processes (grace period 5 s)',
    'limitrun: SIGKILL to 1 process',
  ]);
});

test('a command that stays within its limits is not commented on', () => {
  expect(printed(quietRun())).toEqual([]);
});

test('restarts, the breaker and the survivors are told', () => {
  expect(printed(restartedRun())).toEqual([
    'limitrun: violation: resident memory 261.0 MiB exceeds the limit 256.0 MiB; policy restart',
    'limitrun: attempt 1 ended (resident memory exceeded its limit); starting attempt 2 in 1.0 s',
    'limitrun: violation: resident memory 261.0 MiB exceeds the limit 256.0 MiB; policy restart',
    'limitrun: the restart breaker opened: resident memory exceeded its limit; no further attempt\n' +
      'limitrun: warning: could not end processes 200, 201; still alive',
  ]);
});

test('with --verbose every limit says how it is kept, one line each', () => {
  const event = started([
    {
      limitType: 'max_rss',
      limitValue: 256 * MIB,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
      everyMs: 250,
    },
    {
      limitType: 'max_processes',
      limitValue: 20,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'polling',
    },
    {
      limitType: 'timeout',
      limitValue: 90_000,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'timer',
    },
    {
      limitType: 'max_write_bps',
      limitValue: 5 * MIB,
      policy: 'graceful_shutdown',
      sustainMs: 0,
      enforcedBy: 'nobody',
    },
  ]);
  expect(plain(event, true)).toBe(
    [
      'limitrun: resident memory at most 256.0 MiB: sampled about every 250 ms',
      'limitrun: processes at most 20: sampled',
      'limitrun: wall time at most 1 m 30 s: kept by a timer',
      'limitrun: disk writes at most 5.0 MiB/s: not enforced, because it cannot be measured here',
    ].join('\n'),
  );
  expect(plain(event)).toBeUndefined();
});

test('with --verbose the start of an attempt is told, and without limits no empty line is printed', () => {
  expect(plain(at(0, {kind: 'attempt_started', attempt: 2, pid: 77}), true)).toBe(
    'limitrun: attempt 2 started (pid 77)',
  );
  expect(plain(started(), true)).toBeUndefined();
});

test('a sample prints nothing, not even with --verbose', () => {
  expect(plain(sampled(10, {memory: {rssBytes: MIB}}), true)).toBeUndefined();
});

test('policy alert prints a marked line', () => {
  const violation = rssViolation(10, {policy: 'alert'});
  expect(plain(at(10, {kind: 'violation_begun', violation}))).toBe(
    'limitrun: ALERT: resident memory 261.0 MiB exceeds the limit 256.0 MiB',
  );
});

test('policy none is recorded and never printed', () => {
  const violation = rssViolation(10, {policy: 'none'});
  const over = {violation, ...times(20), peakValue: 261 * MIB, how: 'subsided'} as const;
  expect(plain(at(10, {kind: 'violation_begun', violation}))).toBeUndefined();
  expect(plain(at(10, {kind: 'violation_begun', violation: rssWarning(10, 'none')}))).toBeUndefined();
  expect(plain(at(20, {kind: 'violation_ended', ended: over}))).toBeUndefined();
});

test('with violation handling disabled no policy is promised', () => {
  const event = at(10, {kind: 'violation_begun', violation: rssViolation(10)});
  expect(eventLine(event, PLAIN_PAINT, {handling: 'disabled'})).toBe(
    'limitrun: violation: resident memory 261.0 MiB exceeds the limit 256.0 MiB; ' +
      'not enforced (violation handling is disabled)',
  );
});

test('a violation that subsides says how high it went', () => {
  const over = {...times(20), peakValue: 261 * MIB, how: 'subsided'} as const;
  expect(plain(at(20, {kind: 'violation_ended', ended: {...over, violation: rssViolation(10)}}))).toBe(
    'limitrun: resident memory back below the limit 256.0 MiB (peak 261.0 MiB)',
  );
  expect(plain(at(20, {kind: 'violation_ended', ended: {...over, violation: rssWarning(10)}}))).toBe(
    'limitrun: resident memory back below the warning threshold (peak 261.0 MiB)',
  );
});

test('a warning that became a violation does not say that it ended', () => {
  const escalated = {
    violation: rssWarning(10),
    ...times(20),
    peakValue: 261 * MIB,
    how: 'escalated',
  } as const;
  expect(plain(at(20, {kind: 'violation_ended', ended: escalated}))).toBeUndefined();
});

test('notices are printed, warnings marked as such', () => {
  expect(plain(at(0, {kind: 'notice', level: 'info', text: 'violation handling is external'}))).toBe(
    'limitrun: violation handling is external',
  );
  expect(plain(at(0, {kind: 'notice', level: 'warning', text: 'swap cannot be measured'}))).toBe(
    'limitrun: warning: swap cannot be measured',
  );
});

const ATTEMPT_ENDS: readonly (readonly [
  EndCause,
  {exitCode?: number; signal?: string; forced?: boolean},
  string,
])[] = [
  [{kind: 'exited'}, {exitCode: 3}, 'exit code 3'],
  [{kind: 'exited'}, {signal: 'SIGSEGV'}, 'signal SIGSEGV'],
  [{kind: 'exited'}, {}, '-'],
  [{kind: 'violation', limitType: 'max_percent'}, {forced: true}, 'CPU exceeded its limit, forced'],
  [{kind: 'signal', signal: 'SIGTERM'}, {}, 'ended by signal SIGTERM'],
  [{kind: 'spawn_failed', code: 'EAGAIN', message: 'no\nprocess'}, {}, 'could not start: no\\nprocess'],
  [{kind: 'breaker_open', limitType: 'max_rss'}, {}, 'resident memory exceeded its limit'],
  [{kind: 'breaker_open'}, {}, 'the command ended by itself'],
  [{kind: 'breaker_open'}, {exitCode: 3}, 'the command ended by itself (exit code 3)'],
  [{kind: 'fault', message: 'out of files'}, {}, 'limitrun failed: out of files'],
];

test.each(ATTEMPT_ENDS)(
  'an attempt that ended by %j %j says "%s" before the next one',
  (cause, end, words) => {
    const event = at(5, {kind: 'attempt_ended', attempt: 1, cause, forced: false, nextInMs: 1000, ...end});
    expect(plain(event)).toBe(`limitrun: attempt 1 ended (${words}); starting attempt 2 in 1.0 s`);
  },
);

test('one survivor is a process and not processes', () => {
  const event = at(9, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: [31]});
  expect(plain(event)).toBe('limitrun: warning: could not end process 31; still alive');
});

test('a hostile name cannot reach the terminal through any line', () => {
  const evil = 'x\u001b]0;owned\u0007\u009b31m\u202etxt\n';
  const violation = rssViolation(1, {message: evil});
  const events: RunEvent[] = [
    at(1, {kind: 'notice', level: 'info', text: evil}),
    at(1, {kind: 'action_taken', actor: 'limitrun', text: evil}),
    at(1, {kind: 'violation_begun', violation}),
    at(1, {
      kind: 'attempt_ended',
      attempt: 1,
      cause: {kind: 'spawn_failed', code: 'ENOENT', message: evil},
      forced: false,
      nextInMs: 5,
    }),
  ];
  const lines = printed(events);
  expect(lines).toHaveLength(events.length);
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test('on a terminal warnings are yellow, violations red and the good news green', () => {
  const colours = new Chalk({level: 1});
  const over = {violation: rssViolation(1), ...times(2), peakValue: 261 * MIB, how: 'subsided'} as const;
  expect(eventLine(at(1, {kind: 'violation_begun', violation: rssWarning(1)}), colours)).toBe(
    'limitrun: \u001b[33mwarning:\u001b[39m resident memory 210.3 MiB is at 82.1% of the limit 256.0 MiB',
  );
  expect(eventLine(at(1, {kind: 'violation_begun', violation: rssViolation(1)}), colours)).toBe(
    'limitrun: \u001b[31mviolation:\u001b[39m resident memory 261.0 MiB exceeds the limit 256.0 MiB; ' +
      'policy graceful_shutdown',
  );
  expect(eventLine(at(2, {kind: 'violation_ended', ended: over}), colours)).toBe(
    'limitrun: \u001b[32mresident memory back below the limit 256.0 MiB (peak 261.0 MiB)\u001b[39m',
  );
});

test('with --verbose every step of a limit says what happens above it', () => {
  const step = {limitType: 'max_rss', enforcedBy: 'polling', everyMs: 100} as const;
  const event = started([
    {...step, limitValue: 200 * MIB, policy: 'log', sustainMs: 0},
    {...step, limitValue: 250 * MIB, policy: 'restart', sustainMs: 30_000},
  ]);
  expect(eventLine(event, PLAIN_PAINT, {verbose: true})?.split('\n')).toEqual([
    'limitrun: resident memory above 200.0 MiB: log, sampled about every 100 ms',
    'limitrun: resident memory above 250.0 MiB for 30.0 s: restart, sampled about every 100 ms',
  ]);
});
