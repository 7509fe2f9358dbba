import {describe, expect, test} from 'vitest';
import {FiguresFolder} from '../../../src/core/record/figures-folder.js';
import {foldRun, RunFolder} from '../../../src/core/record/fold-run.js';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {
  at,
  ended,
  leakingRun,
  MIB,
  quietRun,
  restartedRun,
  rssViolation,
  rssWarning,
  sampled,
  started,
  times,
  unstartedRun,
} from '../report/sample-runs.js';

const EXITED = {kind: 'exited'} as const;

test('every figure is a peak or a total with its source', () => {
  const source = 'procfs';
  expect(foldRun(leakingRun()).figures).toEqual({
    peakRssBytes: {value: 280 * MIB, source},
    peakPssBytes: {value: 263 * MIB, source},
    peakVirtualBytes: {value: 1100 * MIB, source},
    peakSwapBytes: {value: 0, source},
    cpuTimeMs: {value: 1234, source},
    averageCpuPercent: {value: (1234 / 6300) * 100, source},
    peakCpuPercent: {value: 98.2, source},
    peakProcesses: {value: 3, source},
    peakFileDescriptors: {value: 61, source},
    readBytes: {value: 8192, source},
    writtenBytes: {value: 10 * MIB, source},
    peakReadBytesPerSecond: {value: 4096, source},
    peakWrittenBytesPerSecond: {value: 9 * MIB, source},
  });
});

test('a proportional size that was read of a smaller tree is no peak', () => {
  const read = sampled(0, {memory: {rssBytes: 80 * MIB, pssBytes: 50 * MIB}});
  const larger = (rssBytes: number) => foldRun([started(), read, sampled(100, {memory: {rssBytes}})]).figures;
  expect(larger(100 * MIB).peakPssBytes?.value).toBe(50 * MIB);
  expect(larger(101 * MIB)).not.toHaveProperty('peakPssBytes');
});

test('what was not measured is absent', () => {
  const record = foldRun(quietRun());
  expect(record.figures).toEqual({peakRssBytes: {value: 2 * MIB, source: 'procfs'}});
  expect(record.samples).toBe(1);
});

test('a peak names the source it was read from', () => {
  const record = foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    sampled(2, {memory: {rssBytes: 5}, source: 'pidusage'}),
    sampled(3, {memory: {rssBytes: 4}, source: 'procfs'}),
    sampled(4, {memory: {rssBytes: Number.NaN}, source: 'cgroup2'}),
  ]);
  expect(record.figures.peakRssBytes).toEqual({value: 5, source: 'pidusage'});
});

test('of the groups of several attempts the highest peak is told, with its source', () => {
  const ended = {attempt: 1, cause: {kind: 'exited'}, forced: false} as const;
  const peak = (value: number) => ({peakGroupBytes: {value, source: 'cgroup2'}}) as const;
  const figures = new FiguresFolder();
  figures.attemptEnded({...ended, ...peak(5)});
  figures.attemptEnded({...ended, ...peak(3)});
  expect(figures.figures(1000).peakGroupBytes).toEqual({value: 5, source: 'cgroup2'});
  figures.checkpoint(peak(7));
  expect(figures.figures(1000).peakGroupBytes).toEqual({value: 7, source: 'cgroup2'});
});

test('CPU time and disk traffic are summed over the attempts', () => {
  const {figures} = foldRun(restartedRun());
  // The first attempt told its CPU time at its end, the second one only in its last sample.
  expect(figures.cpuTimeMs?.value).toBe(800 + 650);
  expect(figures.readBytes?.value).toBe(1500);
  expect(figures.writtenBytes?.value).toBe(30);
});

test('a counter that steps back does not lower a total', () => {
  const {figures} = foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    sampled(2, {io: {readBytes: 500}, cpu: {timeMs: 40}}),
    sampled(3, {io: {readBytes: 400}, cpu: {timeMs: 30}}),
  ]);
  expect(figures.readBytes?.value).toBe(500);
  expect(figures.cpuTimeMs?.value).toBe(40);
});

test('a late sample of an attempt that is over is not counted twice', () => {
  const {figures} = foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    sampled(2, {cpu: {timeMs: 40}}),
    at(3, {kind: 'attempt_ended', attempt: 1, cause: EXITED, forced: false, nextInMs: 1}),
    sampled(4, {cpu: {timeMs: 45}}),
    at(5, {kind: 'attempt_started', attempt: 2, pid: 2}),
    sampled(6, {cpu: {timeMs: 7}}),
  ]);
  expect(figures.cpuTimeMs?.value).toBe(47);
});

test('a command too short for a sample still has the CPU time the system told', () => {
  const {figures, samples, worstGapMs} = foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    ...ended(10, EXITED, 0, {exitCode: 0, cpuTimeMs: 5}),
  ]);
  expect(figures).toEqual({
    cpuTimeMs: {value: 5, source: 'procfs'},
    averageCpuPercent: {value: 50, source: 'procfs'},
  });
  expect(samples).toBe(0);
  expect(worstGapMs).toBeUndefined();
});

test('the worst gap is the longest of all', () => {
  expect(foldRun(leakingRun()).worstGapMs).toBe(112.5);
});

test('a violation carries its peak and what was done about it, its warning does not', () => {
  const {violations} = foldRun(leakingRun());
  expect(violations).toEqual([
    {
      violation: rssWarning(900),
      attempt: 1,
      peakValue: 255 * MIB,
      endedAtMs: times(1200).atMs,
      endedTimestampMs: times(1200).timestampMs,
      actions: [],
    },
    {
      violation: rssViolation(1200),
      attempt: 1,
      // Of the sample in which the proportional size was read: that is what the limit is judged by.
      peakValue: 263 * MIB,
      actions: ['SIGTERM to 3 processes (grace period 5 s)', 'SIGKILL to 1 process'],
    },
  ]);
});

test('an action finds its violation in a copy of it', () => {
  const {violations} = foldRun([
    started(),
    at(5, {kind: 'violation_begun', violation: rssViolation(5)}),
    at(6, {
      kind: 'action_taken',
      actor: 'enforcer',
      violation: structuredClone(rssViolation(5)),
      text: 'SIGTERM',
    }),
    at(7, {kind: 'action_taken', actor: 'enforcer', violation: rssViolation(6), text: 'of another one'}),
    at(8, {kind: 'action_taken', actor: 'limitrun', text: 'of no violation'}),
  ]);
  expect(violations.map(({actions}) => actions)).toEqual([['SIGTERM']]);
});

test('a violation that subsided keeps the peak of its episode', () => {
  const violation = rssViolation(5);
  const {violations} = foldRun([
    started(),
    at(5, {kind: 'violation_begun', violation}),
    sampled(6, {memory: {rssBytes: 270 * MIB}}),
    at(7, {kind: 'violation_ended', ended: {violation, ...times(7), peakValue: 265 * MIB, how: 'subsided'}}),
    sampled(8, {memory: {rssBytes: 999 * MIB}}),
  ]);
  expect(violations[0]?.peakValue).toBe(270 * MIB);
});

test('the samples of the next attempt do not raise the peak of an old violation', () => {
  const {violations} = foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    at(5, {kind: 'violation_begun', violation: rssViolation(5)}),
    at(6, {kind: 'attempt_ended', attempt: 1, cause: EXITED, forced: false, nextInMs: 1}),
    at(7, {kind: 'attempt_started', attempt: 2, pid: 2}),
    sampled(8, {memory: {rssBytes: 999 * MIB}}),
  ]);
  expect(violations[0]?.peakValue).toBe(261 * MIB);
});

test('the end of a violation that never began is ignored', () => {
  const over = {violation: rssViolation(5), ...times(7), peakValue: 1, how: 'subsided'} as const;
  expect(foldRun([started(), at(7, {kind: 'violation_ended', ended: over})]).violations).toEqual([]);
});

test('every attempt keeps how it ended and what it used', () => {
  expect(foldRun(restartedRun()).attempts).toEqual([
    {
      attempt: 1,
      pid: 100,
      startedAtMs: times(1).atMs,
      startedTimestampMs: times(1).timestampMs,
      endedAtMs: times(1500).atMs,
      endedTimestampMs: times(1500).timestampMs,
      cause: {kind: 'violation', limitType: 'max_rss'},
      signal: 'SIGTERM',
      forced: false,
      nextInMs: 1000,
      cpuTimeMs: {value: 800, source: 'procfs'},
      peakRssBytes: {value: 300 * MIB, source: 'procfs'},
    },
    {
      attempt: 2,
      pid: 200,
      startedAtMs: times(2500).atMs,
      startedTimestampMs: times(2500).timestampMs,
      endedAtMs: times(4500).atMs,
      endedTimestampMs: times(4500).timestampMs,
      cause: {kind: 'violation', limitType: 'max_rss'},
      signal: 'SIGKILL',
      forced: true,
      cpuTimeMs: {value: 650, source: 'procfs'},
      peakRssBytes: {value: 290 * MIB, source: 'procfs'},
    },
  ]);
});

test('the first ending of a run is never overwritten', () => {
  const record = foldRun([
    ...quietRun(3),
    at(9999, {kind: 'run_ended', cause: {kind: 'signal', signal: 'SIGTERM'}, exitCode: 143, survivors: [1]}),
  ]);
  expect(record).toMatchObject({cause: EXITED, exitCode: 3, survivors: [], endedAtMs: times(1300).atMs});
});

test('a command that never started leaves a record without attempts', () => {
  expect(foldRun(unstartedRun())).toMatchObject({
    cause: {kind: 'spawn_failed', code: 'ENOENT'},
    exitCode: 127,
    figures: {},
    attempts: [],
    samples: 0,
  });
});

test('the name and the notices of a run are kept, those before its start too', () => {
  const record = foldRun([
    at(0, {kind: 'notice', level: 'info', text: 'early'}),
    at(0, {
      kind: 'run_started',
      runId: 'r',
      name: 'nightly',
      command: ['x'],
      handling: 'external',
      promises: [],
    }),
    at(1, {kind: 'notice', level: 'warning', text: 'late'}),
  ]);
  expect(record).toMatchObject({
    runId: 'r',
    name: 'nightly',
    handling: 'external',
    notices: ['early', 'late'],
  });
  expect(record.cause).toBeUndefined();
});

test('a run that has not started has no record', () => {
  expect(() => new RunFolder().record()).toThrow('before it has started');
});

test('a record does not change when more events come', () => {
  const folder = new RunFolder();
  for (const event of leakingRun().slice(0, 4)) folder.add(event);
  const before = folder.record();
  const copy = structuredClone(before);
  for (const event of leakingRun().slice(4)) folder.add(event);
  expect(before).toEqual(copy);
  expect(folder.record()).not.toEqual(copy);
});

test('a run that swings around its limit for weeks keeps the first and the last violations', () => {
  const events = Array.from({length: 5000}, (_, index): RunEvent[] => [
    at(index, {kind: 'violation_begun', violation: rssViolation(index)}),
    at(index, {kind: 'notice', level: 'info', text: `notice ${String(index)}`}),
  ]).flat();
  const record = foldRun([started(), ...events]);
  expect(record.violations).toHaveLength(1000);
  expect(record.violationsOmitted).toBe(4000);
  expect(record.violations[499]?.violation).toEqual(rssViolation(499));
  expect(record.violations[500]?.violation).toEqual(rssViolation(4500));
  expect(record.notices).toHaveLength(201);
  expect(record.notices.at(-1)).toBe('4800 notices between the first and the last are left out');
});

test('a run that is restarted for weeks keeps the first and the last attempts', () => {
  const events = Array.from({length: 1200}, (_, index): RunEvent[] => [
    at(index, {kind: 'attempt_started', attempt: index + 1, pid: 7}),
    at(index, {
      kind: 'attempt_ended',
      attempt: index + 1,
      cause: EXITED,
      exitCode: 1,
      forced: false,
      nextInMs: 0,
    }),
  ]).flat();
  const record = foldRun([started(), ...events]);
  expect(record.attempts).toHaveLength(1000);
  expect(record.attemptsOmitted).toBe(200);
  expect(record.attempts.at(-1)).toMatchObject({attempt: 1200, exitCode: 1});
});

test('what is done about one step of a limit is not told of another that begins in the same instant', () => {
  const asked = rssViolation(5, {limitValue: 100, policy: 'graceful_shutdown'});
  const killed = rssViolation(5, {limitValue: 200, policy: 'immediate_kill'});
  const {violations} = foldRun([
    started(),
    at(5, {kind: 'violation_begun', violation: asked}),
    at(5, {kind: 'violation_begun', violation: killed}),
    at(6, {kind: 'action_taken', actor: 'enforcer', violation: asked, text: 'SIGTERM to 1 process'}),
    at(7, {kind: 'action_taken', actor: 'enforcer', violation: killed, text: 'SIGKILL to 1 process'}),
  ]);
  expect(violations.map(({violation, actions}) => [violation.limitValue, actions])).toEqual([
    [100, ['SIGTERM to 1 process']],
    [200, ['SIGKILL to 1 process']],
  ]);
});

describe('a stream from which something was left out', () => {
  const isKept = ({kind}: RunEvent): boolean =>
    kind !== 'usage_sampled' && kind !== 'violation_ended' && kind !== 'action_taken';

  /** The kept events, with a checkpoint before each end. */
  function thinned(events: readonly RunEvent[]): RunEvent[] {
    const folder = new RunFolder();
    return events.flatMap((event) => {
      const ends = event.kind === 'attempt_ended' || event.kind === 'run_ended';
      const checkpoint = ends
        ? [{...folder.checkpoint(), atMs: event.atMs, timestampMs: event.timestampMs}]
        : [];
      folder.add(event);
      return [...checkpoint, ...(isKept(event) ? [event] : [])];
    });
  }

  test.each([
    ['a leak', leakingRun()],
    ['restarts', restartedRun()],
    ['a quiet run', quietRun()],
  ])('has the same figures, samples and counts by its checkpoints: %s', (_, events) => {
    const whole = foldRun(events);
    const record = foldRun(thinned(events));
    expect(record.figures).toEqual(whole.figures);
    expect(record.samples).toBe(whole.samples);
    expect(record.worstGapMs).toBe(whole.worstGapMs);
    expect(record.violationCounts).toEqual(whole.violationCounts);
    // The CPU time of an attempt is told by its end, as real runs do.
    const attempts = (of: typeof record) => of.attempts.map(({cpuTimeMs: _told, ...rest}) => rest);
    expect(attempts(record)).toEqual(attempts(whole));
    const critical = (of: typeof record) =>
      of.violations
        .filter(({violation}) => violation.severity === 'critical')
        .map(({peakValue}) => peakValue);
    expect(critical(record)).toEqual(critical(whole));
  });

  test('never lowers what was seen', () => {
    const low = new RunFolder();
    low.add(started());
    const seen = leakingRun();
    const record = foldRun([...seen, {...low.checkpoint(), ...times(9000)}]);
    expect(record).toEqual(foldRun(seen));
  });
});
