import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {setImmediate} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, onTestFinished, test, vi} from 'vitest';
import {eventFromJson} from '../../../src/core/record/event-from-json.js';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {Happening, RunEvent} from '../../../src/core/record/run-event.js';
import {type RunView, viewRun} from '../../../src/core/record/run-view.js';
import {waitFor} from '../../support/wait-for.js';
import {usageAt} from '../limits/samples.js';
import {leakingRun, MIB, restartedRun, rssViolation} from '../report/sample-runs.js';
import {here, placesHere, RecordedRun} from './places.js';

function eventsIn(path: string): RunEvent[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map(eventFromJson).filter((event) => event !== undefined);
}

const log = (id = 'run-1'): string => here('state', 'limitrun', 'runs', `${id}.jsonl`);
const live = (id = 'run-1'): string => here('runtime', 'limitrun', `${id}.live`);
const otherLive = (): string => here('state', 'limitrun', 'live', 'run-1.live');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the record of a run', () => {
  test.each([
    ['leaking', leakingRun()],
    ['restarted', restartedRun()],
  ])('folds to what the run was: %s', async (_name, events) => {
    const run = new RecordedRun().add(...events);
    await run.recorder.close();
    expect(foldRun(eventsIn(log()))).toEqual(run.folder.record());
    expect(existsSync(live())).toBe(false);
    expect(run.faults).toEqual([]);
  });

  test('the live file is there as soon as an attempt has started, and goes with the run', async () => {
    const run = new RecordedRun().start();
    await waitFor(() => existsSync(live()), {what: 'the live file'});
    expect(eventsIn(live()).map(({kind}) => kind)).toContain('attempt_started');
    const violation = rssViolation(1);
    run.sample(5 * MIB).tell({kind: 'violation_begun', violation});
    await waitFor(() => eventsIn(live()).some(({kind}) => kind === 'violation_begun'), {
      what: 'the next second',
    });
    expect(eventsIn(live()).map(({kind}) => kind)).toEqual(
      expect.arrayContaining(['run_started', 'state_changed', 'usage_sampled', 'checkpoint', 'tree_sampled']),
    );
    run.end();
    await run.recorder.close();
    expect(readdirSync(here('runtime', 'limitrun'))).toEqual([]);
    expect(eventsIn(log()).at(-1)?.kind).toBe('run_ended');
  });

  describe('before the next second', () => {
    beforeEach(() => {
      // It never comes.
      vi.useFakeTimers({toFake: ['setInterval', 'clearInterval']});
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    async function told(fits: (view: RunView) => boolean): Promise<void> {
      await waitFor(() => existsSync(live()) && fits(viewRun(eventsIn(live()))), {what: 'the live file'});
    }

    test('the live file tells the state, the first sample, violations and the end of an attempt', async () => {
      const run = new RecordedRun().start();
      await told(({state}) => state === 'running');
      run.sample(5 * MIB);
      await told(({usage}) => usage?.memory.rssBytes === 5 * MIB);
      const violation = rssViolation(1);
      run.tell({kind: 'violation_begun', violation});
      await told(({record}) => record.violationCounts.critical === 1);
      const cause = {kind: 'exited'} as const;
      run.tell({kind: 'attempt_ended', attempt: 1, cause, exitCode: 3, forced: false, nextInMs: 5});
      await told(({record}) => record.attempts[0]?.exitCode === 3);
      run.tell({kind: 'attempt_started', attempt: 2, pid: 4343}).sample(6 * MIB);
      await told(({usage}) => usage?.memory.rssBytes === 6 * MIB);
      await run.end().recorder.close();
      expect(existsSync(live())).toBe(false);
    });

    test('it grows by a sample a second, and is made anew for anything else', async () => {
      let nowMs = 0;
      const run = new RecordedRun('run-1', {
        clock: {nowMs: () => nowMs, timestampMs: () => 1_000_000 + nowMs},
      });
      const add = (happening: Happening): RecordedRun =>
        run.add({...happening, atMs: nowMs, timestampMs: 1_000_000 + nowMs});
      const sample = (rssBytes: number): RecordedRun =>
        add({kind: 'usage_sampled', usage: usageAt(nowMs, {memory: {rssBytes}}), gapMs: 100});
      add({kind: 'run_started', runId: 'run-1', command: ['node'], handling: 'internal', promises: []});
      add({kind: 'attempt_started', attempt: 1, pid: 4242});
      sample(1);
      await told(({usage}) => usage?.memory.rssBytes === 1);
      const {ino, size} = statSync(live());
      nowMs = 1000;
      sample(2);
      await told(({usage}) => usage?.memory.rssBytes === 2);
      nowMs = 1500;
      sample(9);
      nowMs = 2000;
      sample(3);
      await told(({usage}) => usage?.memory.rssBytes === 3);
      expect(viewRun(eventsIn(live())).record).toEqual(run.folder.record());
      expect(statSync(live()).ino).toBe(ino);
      expect(statSync(live()).size).toBeGreaterThan(size);
      add({kind: 'state_changed', state: 'stopping'});
      await told(({state}) => state === 'stopping');
      expect(statSync(live()).ino).not.toBe(ino);
      await run.end().recorder.close();
      expect(eventsIn(log()).filter(({kind}) => kind === 'usage_sampled')).toHaveLength(4);
      expect(run.faults).toEqual([]);
    });

    test('it is made anew now and then though there are samples only, so that it stays small', async () => {
      let nowMs = 0;
      const run = new RecordedRun('run-1', {clock: {nowMs: () => nowMs, timestampMs: () => nowMs}});
      const sizes: number[] = [];
      run.add({
        kind: 'run_started',
        runId: 'run-1',
        command: ['node'],
        handling: 'internal',
        promises: [],
        atMs: 0,
        timestampMs: 0,
      });
      for (; nowMs < 70_000; nowMs += 1000) {
        const usage = usageAt(nowMs, {memory: {rssBytes: nowMs}});
        run.add({kind: 'usage_sampled', usage, gapMs: 100, atMs: nowMs, timestampMs: nowMs});
        await told((view) => view.usage?.memory.rssBytes === nowMs);
        sizes.push(statSync(live()).size);
      }
      expect(sizes.filter((size, index) => size < (sizes[index - 1] ?? 0))).toHaveLength(2);
      await run.end().recorder.close();
    });

    test('it is not written for every sample', async () => {
      let written = 0;
      const run: RecordedRun = new RecordedRun('run-1', {
        checkpoint: () => {
          written += 1;
          return run.folder.checkpoint();
        },
      });
      run.start().sample(MIB);
      await told(({record}) => record.samples === 1);
      expect(written).toBe(1);
      for (let turn = 0; turn < 100; turn += 1) {
        run.sample(2 * MIB);
        await setImmediate();
      }
      expect(written).toBe(1);
      await run.end().recorder.close();
    });

    test('while it is written nothing queues: once more, right after', async () => {
      let written = 0;
      const run: RecordedRun = new RecordedRun('run-1', {
        checkpoint: () => {
          written += 1;
          return run.folder.checkpoint();
        },
      });
      run.start();
      await Promise.resolve();
      for (let turn = 0; turn < 50; turn += 1) {
        run.tell({kind: 'state_changed', state: turn % 2 === 0 ? 'stopping' : 'running'});
        await Promise.resolve();
      }
      run.tell({kind: 'state_changed', state: 'terminating'});
      await told(({state}) => state === 'terminating');
      expect(written).toBe(2);
      await run.end().recorder.close();
    });
  });

  test('who was in the tree last is told with its own time, once, when the tree has gone', async () => {
    const trees = ['first', 'last'].map((name) => ({
      kind: 'tree_sampled' as const,
      members: [{pid: 1, parentPid: 0, name, cpuTimeMs: 1}],
      omitted: 0,
    }));
    let tree: (typeof trees)[number] | undefined = trees[0];
    const run = new RecordedRun('run-1', {tree: () => tree}).start();
    await waitFor(() => existsSync(live()), {what: 'the live file'});
    tree = trees[1];
    run.tell({kind: 'state_changed', state: 'stopping'});
    const seen = await waitFor(
      () =>
        eventsIn(live()).find((event) => event.kind === 'tree_sampled' && event.members[0]?.name === 'last'),
      {what: 'the last tree in the live file'},
    );
    tree = undefined;
    await run.end().recorder.close();
    const events = eventsIn(log());
    expect(events.filter(({kind}) => kind === 'tree_sampled')).toEqual([seen]);
    expect(events.map(({kind}) => kind).slice(-5)).toEqual([
      'tree_sampled',
      'checkpoint',
      'attempt_ended',
      'checkpoint',
      'run_ended',
    ]);
  });

  test('16 at once in one directory do not disturb each other', async () => {
    const runs = Array.from({length: 16}, (_, index) => new RecordedRun(`run-${String(index)}`));
    for (const run of runs) run.start();
    for (let sample = 0; sample < 100; sample += 1) for (const run of runs) run.sample(sample * MIB);
    for (const run of runs) run.end();
    await Promise.all(runs.map((run) => run.recorder.close()));
    for (const run of runs) {
      const record = foldRun(eventsIn(log(run.runId)));
      expect({id: record.runId, samples: record.samples}).toEqual({id: run.runId, samples: 100});
      expect(record.figures).toEqual(run.folder.record().figures);
      expect(run.faults).toEqual([]);
    }
  });

  test('two of the same id cannot clash: the second has no record', async () => {
    const one = new RecordedRun().start();
    await waitFor(() => existsSync(log()), {what: 'the log'});
    const other = new RecordedRun('run-1', {places: {state: placesHere().state, runtime: undefined}})
      .start()
      .end();
    await other.recorder.close();
    one.end();
    await one.recorder.close();
    expect(other.faults).toEqual([
      `no record of this run is kept: cannot write to ${here('state', 'limitrun')}: there is a file already (EEXIST)`,
    ]);
    expect(eventsIn(log()).filter(({kind}) => kind === 'run_started')).toHaveLength(1);
  });
});

describe('whatever the umask', () => {
  test.each(['000', '022', '277', '777'])('directories are 0700 and files 0600 (%s)', async (umask) => {
    const before = process.umask(Number.parseInt(umask, 8));
    onTestFinished(() => {
      process.umask(before);
    });
    const run = new RecordedRun().start();
    // Until they have their mode they are empty.
    const begun = (path: string): boolean => (statSync(path, {throwIfNoEntry: false})?.size ?? 0) > 0;
    await waitFor(() => begun(live()) && begun(log()), {what: 'the files'});
    process.umask(before);
    for (const directory of ['state', 'state/limitrun', 'state/limitrun/runs', 'runtime/limitrun'])
      expect(modeOf(here(directory))).toBe(0o700);
    expect(modeOf(log())).toBe(0o600);
    expect(modeOf(live())).toBe(0o600);
    await run.end().recorder.close();
    expect(run.faults).toEqual([]);
  });

  test('directories of ours that are looser are made private', async () => {
    mkdirSync(here('state', 'limitrun', 'runs'), {recursive: true});
    for (const path of ['state', 'state/limitrun', 'state/limitrun/runs']) chmodSync(here(path), 0o755);
    await new RecordedRun().start().end().recorder.close();
    expect(modeOf(here('state'))).toBe(0o755);
    expect(modeOf(here('state', 'limitrun'))).toBe(0o700);
    expect(modeOf(here('state', 'limitrun', 'runs'))).toBe(0o700);
  });
});

describe('what stands in the way', () => {
  const CANNOT = (why: string): string =>
    `no record of this run is kept: cannot write to ${here('state', 'limitrun')}: ${why}`;

  async function faultsOf(run = new RecordedRun()): Promise<string[]> {
    run.start().sample(MIB).end();
    await run.recorder.close();
    return run.faults;
  }

  test('a link at limitrun', async () => {
    mkdirSync(here('elsewhere'));
    mkdirSync(here('state'));
    symlinkSync(here('elsewhere'), here('state', 'limitrun'));
    expect(await faultsOf()).toEqual([CANNOT('it is a link')]);
    expect(readdirSync(here('elsewhere'))).toEqual([]);
  });

  test('a link at runs', async () => {
    mkdirSync(here('elsewhere'));
    mkdirSync(here('state', 'limitrun'), {recursive: true});
    symlinkSync(here('elsewhere'), here('state', 'limitrun', 'runs'));
    expect(await faultsOf()).toEqual([CANNOT('it is a link')]);
    expect(readdirSync(here('elsewhere'))).toEqual([]);
  });

  test('a link at the log, to a file or to nothing', async () => {
    mkdirSync(here('state', 'limitrun', 'runs'), {recursive: true});
    writeFileSync(here('precious'), 'precious');
    symlinkSync(here('precious'), log());
    expect(await faultsOf()).toEqual([CANNOT('there is a file already (EEXIST)')]);
    expect(readFileSync(here('precious'), 'utf8')).toBe('precious');
    symlinkSync(here('nothing'), log('run-2'));
    expect(await faultsOf(new RecordedRun('run-2'))).toHaveLength(1);
    expect(existsSync(here('nothing'))).toBe(false);
  });

  test('a link above, at $XDG_STATE_HOME, is none of our business', async () => {
    mkdirSync(here('elsewhere'));
    symlinkSync(here('elsewhere'), here('state'));
    expect(await faultsOf()).toEqual([]);
    expect(existsSync(log())).toBe(true);
  });

  test('a file in the place of a directory', async () => {
    writeFileSync(here('state'), '');
    expect(await faultsOf()).toEqual([CANNOT('a part of the path is not a directory (ENOTDIR)')]);
  });

  test('a file at limitrun', async () => {
    mkdirSync(here('state'));
    writeFileSync(here('state', 'limitrun'), '');
    expect(await faultsOf()).toEqual([CANNOT('it is no directory')]);
  });

  test('a file system that is read-only', async () => {
    const run = new RecordedRun('run-1', {places: {state: '/proc/limitrun', runtime: undefined}});
    const [fault, ...more] = await faultsOf(run);
    expect(fault).toMatch(/^no record of this run is kept: cannot write to \/proc\/limitrun: .*\(E[A-Z]+\)$/);
    expect(more).toEqual([]);
  });

  test('no place at all', async () => {
    const run = new RecordedRun('run-1', {places: {state: undefined, runtime: undefined}});
    expect(await faultsOf(run)).toEqual([
      'no record of this run is kept: neither HOME nor XDG_STATE_HOME is an absolute path',
    ]);
  });

  test('without a runtime directory the live file is below the state', async () => {
    writeFileSync(here('runtime'), '');
    const run = new RecordedRun().start();
    await waitFor(() => existsSync(otherLive()), {what: 'the live file'});
    run.end();
    await run.recorder.close();
    expect(run.faults).toEqual([]);
    expect(existsSync(otherLive())).toBe(false);
    expect(eventsIn(log()).at(-1)?.kind).toBe('run_ended');
  });

  test('without a log the live file stays and tells the end', async () => {
    writeFileSync(here('state'), '');
    const run = new RecordedRun();
    expect(await faultsOf(run)).toHaveLength(1);
    expect(foldRun(eventsIn(live()))).toEqual(run.folder.record());
  });

  test('a checkpoint that throws is a fault and no more', async () => {
    const run = new RecordedRun('run-1', {
      checkpoint: () => {
        throw new Error('bug');
      },
    });
    expect(await faultsOf(run)).toEqual(['the record of this run is not whole: bug']);
  });
});

test('nothing is left open: the log is closed', async () => {
  await new RecordedRun().start().end().recorder.close();
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one that was open for this very listing.
      return '';
    }
  });
  expect(open).not.toContain(log());
});
