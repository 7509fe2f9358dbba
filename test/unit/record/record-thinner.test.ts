import {describe, expect, test} from 'vitest';
import {eventToJson} from '../../../src/core/record/event-json.js';
import {RunFolder} from '../../../src/core/record/fold-run.js';
import {RecordThinner} from '../../../src/core/record/record-thinner.js';
import {recordable} from '../../../src/core/record/recordable.js';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import type {RunRecord} from '../../../src/core/record/run-record.js';
import {at, MIB, rssViolation, sampled, started} from '../report/sample-runs.js';

const DAY_MS = 24 * 3600 * 1000;
const BOUND = 5 * MIB;

/** Thins a stream with checkpoints before the ends, as the recorder does, and folds both. */
class Thinned {
  readonly thinner = new RecordThinner();
  readonly all = new RunFolder();
  readonly kept = new RunFolder();
  readonly keptEvents: RunEvent[] = [];
  bytes = 0;

  add(event: RunEvent): void {
    if (event.kind === 'attempt_ended' || event.kind === 'run_ended') {
      this.#take({...this.all.checkpoint(), atMs: event.atMs, timestampMs: event.timestampMs});
    }
    this.all.add(event);
    this.#take(event);
  }

  /** The kept ones in the order of time, as a reader folds them. */
  fold(): RunRecord {
    for (const event of this.keptEvents.toSorted((one, other) => one.atMs - other.atMs)) this.kept.add(event);
    return this.kept.record();
  }

  #take(event: RunEvent): void {
    for (const kept of this.thinner.take(recordable(event))) {
      this.keptEvents.push(kept);
      this.bytes += eventToJson(kept).length + 1;
    }
  }

  count(kind: RunEvent['kind']): number {
    return this.keptEvents.filter((event) => event.kind === kind).length;
  }
}

const tree = Array.from({length: 20}, (_, index) => ({
  pid: 100_000 + index,
  parentPid: 99_999,
  name: 'a-worker-of-many',
  args: ['/usr/lib/program', 'x'.repeat(240)],
  rssBytes: 123_456_789 + index,
  pssBytes: 100_000_000,
  cpuTimeMs: 123_456.789,
  cpuPercent: 99.123,
  growthBytesPerSecond: 1_234_567,
}));

function sample(offsetMs: number, cpuMs: number): RunEvent {
  const rssBytes = 200 * MIB + Math.round(MIB * Math.sin(offsetMs / 777_777) * 100);
  return sampled(
    offsetMs,
    {
      memory: {
        rssBytes,
        peakRssBytes: rssBytes + 1,
        pssBytes: rssBytes,
        virtualBytes: 3_000_000_000,
        swapBytes: 0,
      },
      cpu: {timeMs: cpuMs, percent: 87.654},
      io: {
        readBytes: 123_456_789,
        writtenBytes: cpuMs,
        readBytesPerSecond: 123_456,
        writtenBytesPerSecond: 1.5,
      },
      process: {processes: 20, fileDescriptors: 1234},
    },
    99 + (offsetMs % 3),
  );
}

function expectSame(kept: RunRecord, all: RunRecord): void {
  expect(kept.figures).toEqual(all.figures);
  expect(kept.violationCounts).toEqual(all.violationCounts);
  expect(kept.samples).toBe(all.samples);
  expect(kept.worstGapMs).toBe(all.worstGapMs);
  expect(kept.attempts.at(-1)).toEqual(all.attempts.at(-1));
  expect({cause: kept.cause, exitCode: kept.exitCode}).toEqual({cause: all.cause, exitCode: all.exitCode});
}

describe('the record of a day', () => {
  test('of samples alone is small, and folds to the same', () => {
    const run = new Thinned();
    run.add(started());
    run.add(at(1, {kind: 'attempt_started', attempt: 1, pid: 1}));
    // Every sample of the first hour, then one a second: what is kept goes by time.
    for (let ms = 100; ms < DAY_MS; ms += ms < DAY_MS / 24 ? 100 : 1000) run.add(sample(ms, ms));
    run.add(
      at(DAY_MS, {
        kind: 'attempt_ended',
        attempt: 1,
        cause: {kind: 'exited'},
        exitCode: 0,
        forced: false,
        cpuTimeMs: DAY_MS,
      }),
    );
    run.add(at(DAY_MS, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}));
    expectSame(run.fold(), run.all.record());
    expect(run.count('usage_sampled')).toBeGreaterThan(3000);
    expect(run.bytes).toBeLessThan(BOUND / 2);
  });

  // Hours, since a restart every second keeps even a test busy; what is kept grows with the logarithm.
  test.each([2 * 3600, 1807])('stays below 5 MiB with everything at once for %i s', (seconds) => {
    const run = new Thinned();
    run.add(started());
    for (let second = 0; second < seconds; second += 1) {
      const ms = second * 1000;
      const attempt = second + 1;
      run.add(at(ms + 1, {kind: 'state_changed', state: 'starting'}));
      run.add(at(ms + 1, {kind: 'attempt_started', attempt, pid: 100_000 + second}));
      run.add(at(ms + 2, {kind: 'state_changed', state: 'running'}));
      for (let part = 100; part < 1000; part += 300) run.add(sample(ms + part, part));
      run.add(at(ms + 710, {kind: 'tree_sampled', members: tree, omitted: 0}));
      const violation = rssViolation(ms + 720, {policy: 'restart', tree});
      run.add(at(ms + 720, {kind: 'violation_begun', violation}));
      run.add(at(ms + 730, {kind: 'notice', level: 'info', text: 'x'.repeat(150)}));
      run.add(
        at(ms + 740, {
          kind: 'action_taken',
          actor: 'process_control',
          violation,
          text: 'SIGTERM to 20 processes',
        }),
      );
      const cause = {kind: 'violation', limitType: 'max_rss'} as const;
      const next = second === seconds - 1 ? {} : {nextInMs: 10};
      run.add(at(ms + 990, {kind: 'attempt_ended', attempt, cause, forced: false, cpuTimeMs: 990, ...next}));
    }
    const end = seconds * 1000;
    run.add(
      at(end, {
        kind: 'run_ended',
        cause: {kind: 'breaker_open', limitType: 'max_rss'},
        exitCode: 118,
        survivors: [],
      }),
    );
    const [kept, all] = [run.fold(), run.all.record()];
    expectSame(kept, all);
    expect(kept.violations.at(-1)).toEqual({
      ...all.violations.at(-1),
      violation: kept.violations.at(-1)?.violation,
    });
    expect(run.bytes).toBeLessThan(BOUND * 0.8);
    expect(run.count('attempt_ended')).toBeGreaterThan(350);
  });

  test('stays below 5 MiB with a violation that comes and goes every second', () => {
    const run = new Thinned();
    run.add(started());
    run.add(at(1, {kind: 'attempt_started', attempt: 1, pid: 1}));
    for (let ms = 1000; ms < DAY_MS / 4; ms += 1000) {
      run.add(sample(ms, ms));
      run.add(at(ms + 10, {kind: 'tree_sampled', members: tree, omitted: 0}));
      const violation = rssViolation(ms + 20, {tree, policy: 'log'});
      run.add(at(ms + 20, {kind: 'violation_begun', violation}));
      for (let action = 0; action < 3; action += 1)
        run.add(at(ms + 30, {kind: 'action_taken', actor: 'limitrun', violation, text: 'hook'}));
      const times = {atMs: ms + 900, timestampMs: ms + 900};
      run.add(
        at(ms + 900, {
          kind: 'violation_ended',
          ended: {...times, violation, peakValue: 300, how: 'subsided'},
        }),
      );
    }
    run.add(
      at(DAY_MS, {
        kind: 'attempt_ended',
        attempt: 1,
        cause: {kind: 'exited'},
        exitCode: 0,
        forced: false,
        cpuTimeMs: DAY_MS,
      }),
    );
    run.add(at(DAY_MS, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}));
    const kept = run.fold();
    expectSame(kept, run.all.record());
    expect(run.bytes).toBeLessThan(BOUND);
    // Every kept one is whole.
    expect(run.count('violation_ended')).toBe(run.count('violation_begun'));
    expect(run.count('action_taken')).toBe(3 * run.count('violation_begun'));
    expect(
      run.keptEvents.filter((event) => event.kind === 'violation_begun' && event.violation.tree),
    ).toHaveLength(20);
  });
});

describe('what is kept', () => {
  test('the first 150 violations whole, then fewer', () => {
    const thinner = new RecordThinner();
    const kept: number[] = [];
    for (let index = 1; index <= 1000; index += 1) {
      const violation = rssViolation(index * 10);
      if (thinner.take(at(index * 10, {kind: 'violation_begun', violation})).length > 0) kept.push(index);
    }
    expect(kept.slice(0, 150)).toEqual(Array.from({length: 150}, (_, index) => index + 1));
    expect(kept.slice(150, 154)).toEqual([154, 158, 162, 166]);
  });

  test('actions and ends of violations that are left out are left out', () => {
    const thinner = new RecordThinner();
    for (let index = 0; index < 150; index += 1)
      thinner.take(at(index, {kind: 'violation_begun', violation: rssViolation(index)}));
    const violation = rssViolation(200);
    expect(thinner.take(at(200, {kind: 'violation_begun', violation}))).toEqual([]);
    expect(thinner.take(at(201, {kind: 'action_taken', actor: 'enforcer', violation, text: 'x'}))).toEqual(
      [],
    );
    const ended = {violation, atMs: 1, timestampMs: 1, peakValue: 1, how: 'subsided'} as const;
    expect(thinner.take(at(202, {kind: 'violation_ended', ended}))).toEqual([]);
  });
});
