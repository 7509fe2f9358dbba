import {expect, test} from 'vitest';
import {viewRun} from '../../../src/core/record/run-view.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {progressLine} from '../../../src/core/report/progress-line.js';
import {BUSY_MS, busyRun, promise} from './busy-run.js';
import {at, leakingRun, MIB, sampled, started} from './sample-runs.js';
import {TAGS} from './tags.js';

test('what was measured, beside its limits', () => {
  expect(progressLine(viewRun(busyRun()), BUSY_MS, PLAIN_PAINT)).toBe(
    'limitrun: 1 m 10 s: memory RSS 216.0 MiB of 256.0 MiB (84%), CPU 90.0%, 3 processes, 90 open files, disk reads 40.0 KiB/s, disk writes 0 B/s, time 1 m 10 s of 10 m 00 s (12%), 1 violation',
  );
});

test('only what was measured; one is singular', () => {
  const events = [
    started([promise('max_file_descriptors', 10), promise('max_percent', 50)]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 9}),
    sampled(9, {memory: {rssBytes: MIB}, process: {processes: 1, fileDescriptors: 1}}),
  ];
  expect(progressLine(viewRun(events), 2000, PLAIN_PAINT)).toBe(
    'limitrun: 2.0 s: memory RSS 1.0 MiB, 1 process, 1 of 10 open files (10%)',
  );
});

test('before the first sample', () => {
  expect(progressLine(viewRun([started()]), 12, PLAIN_PAINT)).toBe('limitrun: 12 ms: nothing measured yet');
});

test('colours point out what is near its limit or above it', () => {
  expect(progressLine(viewRun(leakingRun().slice(0, -2)), 6250, TAGS)).toBe(
    'limitrun: 6.2 s: <red>memory PSS 263.0 MiB of 256.0 MiB (103%)</red>, CPU 98.2%, 3 processes, 61 open files, disk reads 4.0 KiB/s, disk writes 9.0 MiB/s, time 6.2 s of 1 m 00 s (10%), <red>2 violations</red>',
  );
});
