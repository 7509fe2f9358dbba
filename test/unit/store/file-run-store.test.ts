import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {describe, expect, test} from 'vitest';
import {eventToJson} from '../../../src/core/record/event-json.js';
import type {RunEvent, Supervisor} from '../../../src/core/record/run-event.js';
import {openRunStore} from '../../../src/core/store/file-run-store.js';
import {ownIdentity} from '../../../src/core/store/supervisor.js';
import {waitFor} from '../../support/wait-for.js';
import {at, leakingRun, MIB, quietRun, rssViolation, sampled, times} from '../report/sample-runs.js';
import {here, placesHere, RecordedRun} from './places.js';

const log = (id: string): string => here('state', 'limitrun', 'runs', `${id}.jsonl`);
const live = (id: string): string => here('runtime', 'limitrun', `${id}.live`);

function write(path: string, ...events: readonly RunEvent[]): void {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  writeFileSync(path, events.map((event) => `${eventToJson(event)}\n`).join(''), {mode: 0o600});
}

function startedBy(supervisor: Supervisor, runId = 'run-1', offsetMs = 0): RunEvent[] {
  return [
    at(offsetMs, {
      kind: 'run_started',
      runId,
      command: ['x'],
      handling: 'internal',
      promises: [],
      supervisor,
    }),
    at(offsetMs + 1, {kind: 'attempt_started', attempt: 1, pid: 7}),
  ];
}

const store = (): ReturnType<typeof openRunStore> => openRunStore(placesHere());

function inThePast(path: string): void {
  utimesSync(path, new Date(0), new Date(0));
}

describe('what has become of a run', () => {
  const own = ownIdentity();
  const rebooted = {...own, bootId: 'another'};
  const reused = {...own, startTime: (own.startTime ?? 0) - 1};
  const gone = {...own, pid: 2 ** 22 + 1};
  const elsewhere = {...own, pidNamespace: 'pid:[1]'};

  test.each([
    ['its limitrun lives', own, 'running'],
    ['another boot', rebooted, 'lost'],
    ['its pid was used again', reused, 'lost'],
    ['its limitrun was killed', gone, 'lost'],
    ['another pid namespace, a stale file', elsewhere, 'lost'],
    ['no supervisor told, a stale file', undefined, 'lost'],
  ] as const)('%s', async (_name, supervisor, fate) => {
    const [first, ...rest] = startedBy(own);
    const {supervisor: _own, ...unsupervised} = first as Extract<RunEvent, {kind: 'run_started'}>;
    const events = [{...unsupervised, ...(supervisor && {supervisor})}, ...rest];
    write(log('run-1'), ...events);
    write(live('run-1'), ...events);
    for (const path of [log('run-1'), live('run-1')]) inThePast(path);
    for (const which of ['live', 'all'] as const) {
      const {runs, faults} = await store().list(which);
      expect({fates: runs.map((run) => run.fate), faults}).toEqual({fates: [fate], faults: []});
    }
    expect((await store().open('run-1').read())?.fate).toBe(fate);
  });

  test('another pid namespace, a fresh file: it runs', async () => {
    write(live('run-1'), ...startedBy(elsewhere));
    expect((await store().list('live')).runs.map((run) => run.fate)).toEqual(['running']);
  });

  test('an end that was told is an end, whoever lives', async () => {
    write(log('run-1'), ...startedBy(own), ...leakingRun().slice(-2));
    write(live('run-1'), ...startedBy(own));
    expect((await store().open('run-1').read())?.fate).toBe('ended');
    expect((await store().list('all')).runs.map((run) => run.fate)).toEqual(['ended']);
  });

  test('lost without a live file: a reboot has cleared the runtime directory', async () => {
    write(log('run-1'), ...startedBy(rebooted));
    for (const which of ['live', 'all'] as const)
      expect((await store().list(which)).runs.map((run) => run.fate)).toEqual(['lost']);
    // After a day it is no news any more.
    const {mtimeMs} = statSync(log('run-1'));
    utimesSync(log('run-1'), 0, mtimeMs / 1000 - 24 * 3600 - 60);
    expect((await store().list('live')).runs).toEqual([]);
    expect((await store().list('all')).runs).toHaveLength(1);
  });

  test.each([
    ['its log just written', false],
    ['nothing written for ages', true],
  ])('it runs without a live file here: its runtime directory is another one (%s)', async (_name, old) => {
    const other = {...placesHere(), runtime: here('other')};
    const run = new RecordedRun('run-1', {places: other}).start().sample(5 * MIB);
    await waitFor(() => existsSync(log('run-1')), {what: 'the log'});
    await waitFor(async () => (await store().list('live')).runs.length > 0, {what: 'the run'});
    if (old) inThePast(log('run-1'));
    expect(await store().list('live')).toMatchObject({
      runs: [{fate: 'running', view: {state: 'running', record: {samples: 1}}}],
      faults: [],
    });
    run.end();
    await run.recorder.close();
    expect((await store().list('live')).runs).toEqual([]);
  });

  test.each([
    ['the log', 'log', 7],
    ['the live file', 'live', 9],
  ] as const)('of a lost run the newer one counts: %s', async (_name, newer, rss) => {
    const start = startedBy(rebooted);
    const older = newer === 'log' ? live : log;
    write(older('run-1'), ...start, sampled(100, {memory: {rssBytes: 1}}));
    write((newer === 'log' ? log : live)('run-1'), ...start, sampled(200, {memory: {rssBytes: rss}}));
    for (const which of ['live', 'all'] as const)
      expect((await store().list(which)).runs).toMatchObject([
        {fate: 'lost', view: {usage: {memory: {rssBytes: rss}}}},
      ]);
  });

  test('a log whose last line is long, cut, or no event', async () => {
    const start = startedBy(rebooted);
    const text = 'x'.repeat(9000);
    write(log('long'), ...startedBy(rebooted, 'long'), at(9, {kind: 'notice', level: 'info', text}));
    write(log('cut'), ...startedBy(rebooted, 'cut'));
    appendFileSync(log('cut'), '{"v":1,"kind":"run_en');
    write(log('ended'), ...startedBy(rebooted, 'ended'), ...quietRun().slice(-1));
    appendFileSync(log('ended'), '{"v":1,"kind":"not');
    write(log('newer'), ...start);
    writeFileSync(log('newer'), readFileSync(log('newer'), 'utf8').replaceAll('"v":1', '"v":2'));
    writeFileSync(log('half'), '{"v":1,"kind":"run_sta');
    writeFileSync(log('garbage'), 'garbage\n');
    symlinkSync(log('cut'), log('linked'));
    const {runs, faults} = await store().list('live');
    expect(runs.map(({view}) => view.record.runId).toSorted()).toEqual(['cut', 'long']);
    expect(faults).toEqual([]);
  });
});

describe('reading', () => {
  test('nothing there is no fault', async () => {
    expect(await store().list('all')).toEqual({runs: [], faults: []});
    expect(await store().open('run-1').read()).toBeUndefined();
    expect(await openRunStore({state: undefined, runtime: undefined}).list('all')).toEqual({
      runs: [],
      faults: [],
    });
  });

  test('an id is no path', async () => {
    write(here('state', 'limitrun', 'other.jsonl'), ...quietRun());
    expect(await store().open('../other').read()).toBeUndefined();
  });

  test('newest first, live and ended', async () => {
    write(log('run-1'), ...startedBy(ownIdentity(), 'run-1', 0), ...quietRun().slice(-1));
    write(live('run-2'), ...startedBy(ownIdentity(), 'run-2', 50));
    write(log('run-3'), ...startedBy(ownIdentity(), 'run-3', 10), ...quietRun().slice(-1));
    const {runs} = await store().list('all');
    expect(runs.map(({view}) => view.record.runId)).toEqual(['run-2', 'run-3', 'run-1']);
    expect((await store().list('live')).runs.map(({view}) => view.record.runId)).toEqual(['run-2']);
  });

  test('a run that goes on is read on, a line that is not whole yet waits', async () => {
    write(log('run-1'), ...startedBy(ownIdentity()));
    const reader = store().open('run-1');
    expect((await reader.read())?.view.record.samples).toBe(0);
    const line = eventToJson(sampled(100, {memory: {rssBytes: 5}}));
    appendFileSync(log('run-1'), line.slice(0, 50));
    expect((await reader.read())?.view.record.samples).toBe(0);
    appendFileSync(log('run-1'), `${line.slice(50)}\n`);
    expect((await reader.read())?.view.usage?.memory.rssBytes).toBe(5);
    appendFileSync(log('run-1'), `${quietRun().slice(-2).map(eventToJson).join('\n')}\n`);
    expect(await reader.read()).toMatchObject({fate: 'ended', view: {state: 'ended'}});
  });

  test('log and live file are merged: each event once, in order', async () => {
    const violation = rssViolation(150);
    const begun = at(150, {kind: 'violation_begun', violation});
    const leftOut = at(140, {kind: 'notice', level: 'info', text: 'left out of the log'});
    const both = sampled(100, {memory: {rssBytes: 5 * MIB}});
    const start = startedBy(ownIdentity());
    write(log('run-1'), ...start, both, begun);
    write(live('run-1'), ...start, leftOut, begun, both, sampled(200, {memory: {rssBytes: 6 * MIB}}));
    const run = await store().open('run-1').read();
    expect(run?.view.record).toMatchObject({
      samples: 2,
      violationCounts: {critical: 1},
      notices: ['left out of the log'],
    });
    expect(run?.view.latest.map(({kind}) => kind)).toEqual([
      'run_started',
      'attempt_started',
      'notice',
      'violation_begun',
    ]);
    expect(run?.view.usage?.memory.rssBytes).toBe(6 * MIB);
  });

  test('of a long log the ends are enough for everything but what lies between', async () => {
    const run = new RecordedRun();
    run.add(...startedBy(ownIdentity()));
    for (let ms = 100; ms < 3_600_000; ms += 100)
      run.add(sampled(ms, {memory: {rssBytes: ms}, cpu: {timeMs: ms}}));
    const cause = {kind: 'exited'} as const;
    run.add(
      at(3_600_000, {
        kind: 'attempt_ended',
        attempt: 1,
        cause,
        exitCode: 3,
        forced: false,
        cpuTimeMs: 3_600_000,
      }),
    );
    run.add(at(3_600_000, {kind: 'run_ended', cause, exitCode: 3, survivors: []}));
    await run.recorder.close();
    expect(readFileSync(log('run-1')).length).toBeGreaterThan(3 * 64 * 1024);
    const [listed] = (await store().list('all')).runs;
    const {figures, samples, exitCode, attempts} = run.folder.record();
    expect(listed?.view.record).toMatchObject({figures, samples, exitCode, attempts});
    expect((await store().open('run-1').read())?.view.record).toEqual(run.folder.record());
  });

  test('what the recorder writes is read while it runs, and after it', async () => {
    const run = new RecordedRun('run-9').start().sample(5 * MIB);
    const seen = await waitFor(
      async () => {
        const [first] = (await store().list('live')).runs;
        return first?.view.usage === undefined ? undefined : first;
      },
      {what: 'a sample'},
    );
    expect(seen).toMatchObject({
      fate: 'running',
      view: {state: 'running', record: {runId: 'run-9', samples: 1}},
    });
    expect(seen.view.tree?.members).toHaveLength(1);
    run.end();
    await run.recorder.close();
    expect((await store().list('live')).runs).toEqual([]);
    expect((await store().list('all')).runs[0]).toMatchObject({fate: 'ended'});
  });
});

describe('what cannot be read', () => {
  test('is told, one line each, and the others are read', async () => {
    const start = startedBy(ownIdentity());
    const ended = quietRun().slice(-2);
    write(log('good'), ...startedBy(ownIdentity(), 'good'), ...ended);
    write(log('empty'));
    writeFileSync(log('garbage'), '\u0000\u001b[2Jgarbage\n{"v":1}\n');
    writeFileSync(
      log('newer'),
      [...start, ...ended].map(eventToJson).join('\n').replaceAll('"v":1', '"v":2') + '\n',
    );
    write(log('damaged'), ...startedBy(ownIdentity(), 'damaged'), ...ended);
    appendFileSync(log('damaged'), '{"v":1,"kind":\n');
    symlinkSync(log('good'), log('linked'));
    mkdirSync(log('directory'));
    write(log('huge'), ...start);
    truncateSync(log('huge'), 65 * MIB);
    writeFileSync(here('state', 'limitrun', 'runs', 'README.md'), 'not ours');
    const {runs, faults} = await store().list('all');
    expect(runs.map(({view}) => view.record.runId).toSorted()).toEqual(['damaged', 'good']);
    expect(faults.toSorted()).toEqual([
      `${log('damaged')}: 1 line of it cannot be read`,
      `${log('directory')}: no record of a run`,
      `${log('garbage')}: no record of a run`,
      `${log('huge')}: too large for the record of a run`,
      `${log('linked')}: a link, and no record of a run`,
      `${log('newer')}: written by a newer limitrun`,
    ]);
    expect(await store().open('linked').read()).toBeUndefined();
    expect(await store().open('newer').read()).toBeUndefined();
  });

  test('a file that has no line yet, or never got one, is no run and no fault', async () => {
    write(log('empty'));
    writeFileSync(log('empty'), '');
    writeFileSync(log('cut'), '{"v":1,"kind":"run_st');
    expect(await store().list('all')).toEqual({runs: [], faults: []});
    expect(await store().open('empty').read()).toBeUndefined();
  });

  test('a last line that was cut when its limitrun was killed is no fault', async () => {
    write(log('run-1'), ...startedBy({...ownIdentity(), bootId: 'another'}));
    appendFileSync(log('run-1'), '{"v":1,"kind":"usage_sam');
    const {runs, faults} = await store().list('all');
    expect({fates: runs.map(({fate}) => fate), faults}).toEqual({fates: ['lost'], faults: []});
  });

  test('a directory that is a link is not read', async () => {
    write(here('elsewhere', 'run-1.live'), ...startedBy(ownIdentity()));
    mkdirSync(here('runtime'));
    symlinkSync(here('elsewhere'), here('runtime', 'limitrun'));
    expect(await store().list('live')).toEqual({
      runs: [],
      faults: [`${here('runtime', 'limitrun')}: it is a link`],
    });
  });
});

test('a record of 10,000 samples is read and folded fast', async () => {
  const samples = Array.from({length: 10_000}, (_, index) =>
    sampled(10 + index * 100, {
      memory: {rssBytes: index, peakRssBytes: index, virtualBytes: 3_000_000_000, swapBytes: 0},
      cpu: {timeMs: index, percent: 87.654},
      io: {readBytes: index, writtenBytes: index, readBytesPerSecond: 123.25, writtenBytesPerSecond: 1.5},
      process: {processes: 20, fileDescriptors: 1234},
    }),
  );
  const end = {...quietRun().at(-1), ...times(1_100_000)} as RunEvent;
  write(log('run-1'), ...startedBy(ownIdentity()), ...samples, end);
  const warm = await store().open('run-1').read();
  expect(warm?.view.record.samples).toBe(10_000);
  // CPU time and not time on the clock: the machine may be busy with something else.
  const before = process.cpuUsage();
  const run = await store().open('run-1').read();
  const {user, system} = process.cpuUsage(before);
  expect(run?.fate).toBe('ended');
  expect((user + system) / 1000).toBeLessThan(400);
});
