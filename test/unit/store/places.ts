import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import {RunFolder} from '../../../src/core/record/fold-run.js';
import type {Happening, RunEvent} from '../../../src/core/record/run-event.js';
import {RunRecorder, type RecorderOptions} from '../../../src/core/store/run-recorder.js';
import type {StatePlaces} from '../../../src/core/store/state-places.js';
import {ownIdentity} from '../../../src/core/store/supervisor.js';
import {sampled} from '../report/sample-runs.js';

let directory = '';
let undo: (() => void) | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-store-'));
});

afterEach(() => {
  undo?.();
  undo = undefined;
  rmSync(directory, {recursive: true, force: true});
});

/** What must be undone before this test's directory can be removed. */
export function beforeRemoval(work: () => void): void {
  undo = work;
}

/** A path in this test's own directory. */
export function here(...names: string[]): string {
  return join(directory, ...names);
}

export function placesHere(): StatePlaces & {state: string; runtime: string} {
  return {state: here('state', 'limitrun'), runtime: here('runtime', 'limitrun')};
}

/** A recorder as the command line wires it: every event reaches the recorder, then the folder. */
export class RecordedRun {
  readonly faults: string[] = [];
  readonly folder = new RunFolder();
  readonly recorder: RunRecorder;

  constructor(
    readonly runId = 'run-1',
    changes: Partial<RecorderOptions> = {},
  ) {
    this.recorder = new RunRecorder({
      places: placesHere(),
      runId,
      plan: {enabled: true, maxAgeMs: 1e12, maxCount: 200},
      checkpoint: () => this.folder.checkpoint(),
      tree: () => ({
        kind: 'tree_sampled',
        members: [{pid: 1, parentPid: 0, name: 'node', cpuTimeMs: 1}],
        omitted: 0,
      }),
      clock: systemClock,
      onFault: (text) => this.faults.push(text),
      ...changes,
    });
    this.recorder.begin(false);
  }

  add(...events: RunEvent[]): this {
    for (const event of events) {
      this.recorder.add(event);
      this.folder.add(event);
    }
    return this;
  }

  /** Events with the times of now, as a run that goes on tells them. */
  tell(...happenings: Happening[]): this {
    for (const happening of happenings) this.add({...happening, ...now()});
    return this;
  }

  /** The beginning of a run that is supervised by this process, unless told otherwise. */
  start(supervisor = ownIdentity()): this {
    return this.tell(
      {
        kind: 'run_started',
        runId: this.runId,
        command: ['node', 'app.js'],
        handling: 'internal',
        promises: [],
        supervisor,
      },
      {kind: 'attempt_started', attempt: 1, pid: 4242},
      {kind: 'state_changed', state: 'running'},
    );
  }

  sample(rssBytes: number): this {
    const event = sampled(0, {memory: {rssBytes}});
    if (event.kind !== 'usage_sampled') return this;
    return this.tell({kind: 'usage_sampled', usage: {...event.usage, ...now()}, gapMs: 100});
  }

  end(): this {
    const cause = {kind: 'exited'} as const;
    return this.tell(
      {kind: 'attempt_ended', attempt: 1, cause, exitCode: 0, forced: false},
      {kind: 'run_ended', cause, exitCode: 0, survivors: []},
    );
  }
}

/** To the thousandth, as records have it. */
function now(): {atMs: number; timestampMs: number} {
  return {atMs: Math.round(systemClock.nowMs() * 1000) / 1000, timestampMs: systemClock.timestampMs()};
}
