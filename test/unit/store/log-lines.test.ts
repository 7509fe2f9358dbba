import {expect, test} from 'vitest';
import {eventFromJson} from '../../../src/core/record/event-from-json.js';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {LogLines} from '../../../src/core/store/log-lines.js';
import {at, quietRun, sampled, started} from '../report/sample-runs.js';

test('a log that is full takes only how the run ends', () => {
  const lines = new LogLines(2000);
  const kept: string[] = [];
  const take = (...events: RunEvent[]): void => {
    for (const event of events) kept.push(...lines.take(event));
  };
  const cause = {kind: 'exited'} as const;
  take(started(), at(1, {kind: 'attempt_started', attempt: 1, pid: 1}));
  for (let second = 1; second < 100; second += 1) take(sampled(second * 1000, {memory: {rssBytes: second}}));
  expect(kept.join('\n').length).toBeLessThan(2000);
  take(at(100_000, {kind: 'attempt_ended', attempt: 1, cause, exitCode: 1, forced: false, nextInMs: 1}));
  take(at(100_001, {kind: 'attempt_started', attempt: 2, pid: 2}));
  take(at(200_000, {kind: 'notice', level: 'info', text: 'x'.repeat(2000)}));
  const checkpoint = at(300_000, {
    kind: 'checkpoint',
    figures: {},
    samples: 500,
    counts: {warning: 0, critical: 0},
    openPeaks: [],
  });
  kept.push(...lines.takeLast(checkpoint));
  take(
    at(300_000, {kind: 'attempt_ended', attempt: 2, cause, exitCode: 0, forced: false}),
    ...quietRun().slice(-1),
  );
  const record = foldRun(kept.map(eventFromJson).filter((event) => event !== undefined));
  expect(record).toMatchObject({samples: 500, exitCode: 0, notices: []});
  expect(record.attempts.at(-1)).toMatchObject({attempt: 2, exitCode: 0});
});
