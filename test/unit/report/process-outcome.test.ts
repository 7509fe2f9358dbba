import {describe, expect, it} from 'vitest';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {EndCause, RunEvent} from '../../../src/core/record/run-event.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {processOutcome} from '../../../src/core/report/process-outcome.js';
import {at, MIB, rssViolation, sampled, started} from './sample-runs.js';

const PROMISE = {
  limitType: 'max_rss',
  limitValue: 256 * MIB,
  policy: 'graceful_shutdown',
  sustainMs: 0,
  enforcedBy: 'polling',
  everyMs: 100,
} as const;

/** The lines above the tables. */
function head(
  cause: EndCause,
  facts: {
    exitCode?: number;
    forced?: boolean;
    survivors?: number[];
    left?: number[];
    before?: RunEvent[];
  } = {},
): string {
  const record = foldRun([
    started([PROMISE]),
    at(0, {kind: 'attempt_started', attempt: 1, pid: 4711}),
    sampled(100, {memory: {rssBytes: 10 * MIB}, process: {processes: 1}}),
    ...(facts.before ?? []),
    at(3200, {kind: 'attempt_ended', attempt: 1, cause, forced: facts.forced ?? false}),
    at(3200, {kind: 'run_ended', cause, exitCode: facts.exitCode ?? 0, survivors: facts.survivors ?? []}),
  ]);
  const [first = ''] = processOutcome(record, facts.left ?? [], PLAIN_PAINT).split('\n\n');
  return first;
}

describe('the outcome of a process that limitrun has not started', () => {
  it('tells that it ended by itself', () => {
    expect(head({kind: 'exited'})).toBe(
      'limitrun: process 4711 ended by itself after 3.2 s of watching; its exit code is not known, because it is no child of limitrun',
    );
  });

  it('names what goes on', () => {
    expect(head({kind: 'exited'}, {left: [5, 6]})).toContain(
      '\nlimitrun: still running of its tree, no longer watched: 5, 6',
    );
  });

  it('tells the limit and the exit code', () => {
    const before = [at(200, {kind: 'violation_begun', violation: rssViolation(200)})];
    const cause = {kind: 'violation', limitType: 'max_rss'} as const;
    expect(head(cause, {exitCode: 110, before})).toBe(
      'limitrun: ended process 4711: resident memory exceeded 256.0 MiB (exit code 110)',
    );
    expect(head(cause, {exitCode: 110, forced: true, survivors: [7], before})).toBe(
      'limitrun: ended process 4711: resident memory exceeded 256.0 MiB (exit code 110, forced)\n' +
        'limitrun: warning: could not be ended and still alive: 7',
    );
  });

  it('tells a stop that was asked for', () => {
    expect(head({kind: 'signal', signal: 'SIGTERM'}, {forced: true})).toBe(
      'limitrun: stopped process 4711 as you asked, after 3.2 s of watching (forced)',
    );
  });

  it('tells a fault, without control characters', () => {
    expect(head({kind: 'fault', message: 'no\u001b[2Jroom'}, {exitCode: 125})).toBe(
      'limitrun: cannot watch process 4711 any more: no\\x1b[2Jroom',
    );
  });

  it('ends with the tables', () => {
    const record = foldRun([
      started([PROMISE]),
      at(0, {kind: 'attempt_started', attempt: 1, pid: 4711}),
      sampled(100, {memory: {rssBytes: 10 * MIB}}),
      at(200, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}),
    ]);
    expect(processOutcome(record, [], PLAIN_PAINT)).toMatch(/\n\nmetric +value +limit/);
  });
});
