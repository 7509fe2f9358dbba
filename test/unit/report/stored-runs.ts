import type {RunEvent} from '../../../src/core/record/run-event.js';
import {viewRun} from '../../../src/core/record/run-view.js';
import type {Fate, StoredRun} from '../../../src/core/store/run-store.js';
import {at, leakingRun, MIB, quietRun, restartedRun, sampled, started, unstartedRun} from './sample-runs.js';

interface Changes {
  readonly runId: string;
  readonly name?: string;
  readonly command?: readonly string[];
  readonly fate?: Fate;
}

/** A run as a store tells it, from its events with another id, name and command. */
export function stored(events: readonly RunEvent[], {fate = 'running', ...changes}: Changes): StoredRun {
  const renamed = events.map((event) => (event.kind === 'run_started' ? {...event, ...changes} : event));
  return {view: viewRun(renamed), fate};
}

/** A leak that has not been noticed yet: one warning, 220 of 256 MiB. */
export function goingOn(): RunEvent[] {
  const events = leakingRun().slice(0, 4);
  return [
    ...events,
    at(950, {kind: 'state_changed', state: 'running'}),
    sampled(1000, {
      memory: {rssBytes: 220 * MIB},
      cpu: {timeMs: 900, percent: 98.2},
      process: {processes: 3, fileDescriptors: 20},
    }),
    at(1100, {
      kind: 'tree_sampled',
      members: [
        {
          pid: 4242,
          parentPid: 4000,
          name: 'node',
          args: ['node', 'app.js'],
          rssBytes: 200 * MIB,
          cpuTimeMs: 800,
        },
        {pid: 4243, parentPid: 4242, name: 'sh', rssBytes: 20 * MIB, cpuTimeMs: 100, cpuPercent: 1.5},
      ],
      omitted: 1,
    }),
  ];
}

/** Without limits, between two attempts. */
export function waiting(): RunEvent[] {
  return [
    started([], ['curl', '-s', 'https://example.org/a/very/long/address/that/does/not/fit']),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 77}),
    at(50, {
      kind: 'attempt_ended',
      attempt: 1,
      cause: {kind: 'exited'},
      exitCode: 7,
      forced: false,
      nextInMs: 900,
    }),
    at(50, {kind: 'state_changed', state: 'backing-off'}),
  ];
}

/** A list with a run of every kind. */
export function everyKind(): StoredRun[] {
  return [
    stored(goingOn(), {runId: 'a1b2c3d4e5f6', name: 'nightly'}),
    stored(waiting(), {runId: 'a1b2c4000000'}),
    stored(goingOn(), {runId: '0f0f0f0f0f0f', name: 'gone', fate: 'lost'}),
    stored(leakingRun(), {runId: 'beef00000000', name: 'leak', fate: 'ended'}),
    stored(quietRun(3), {runId: 'beef11111111', fate: 'ended'}),
    stored(quietRun(), {runId: 'cafe00000000', command: ['make', '-j8'], fate: 'ended'}),
    stored(restartedRun(), {runId: 'cafe11111111', name: 'worker', fate: 'ended'}),
    stored(unstartedRun(), {runId: 'cafe22222222', command: ['nosuch\u001b[31m'], fate: 'ended'}),
  ];
}
