import {existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {expect, test} from 'vitest';
import {eventToJson} from '../../../src/core/record/event-json.js';
import type {RunEvent, Supervisor} from '../../../src/core/record/run-event.js';
import {pruneNowAndThen} from '../../../src/core/store/prune.js';
import {pruneRecords} from '../../../src/core/store/prune-records.js';
import {ownIdentity} from '../../../src/core/store/supervisor.js';
import {waitFor} from '../../support/wait-for.js';
import {at, quietRun} from '../report/sample-runs.js';
import {here, placesHere, RecordedRun} from './places.js';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const dead = {...ownIdentity(), bootId: 'another'};
const end = quietRun().slice(-1);

function write(path: string, ageMs: number, ...events: readonly RunEvent[]): string {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  writeFileSync(path, events.map((event) => `${eventToJson(event)}\n`).join(''));
  const when = new Date(Date.now() - ageMs);
  utimesSync(path, when, when);
  return path;
}

function start(supervisor: Supervisor = dead): RunEvent {
  return at(0, {
    kind: 'run_started',
    runId: 'x',
    command: ['x'],
    handling: 'internal',
    promises: [],
    supervisor,
  });
}

const log = (id: string, ageMs: number, ...events: readonly RunEvent[]): string =>
  write(here('state', 'limitrun', 'runs', `${id}.jsonl`), ageMs, ...events);
const live = (id: string, ageMs: number, ...events: readonly RunEvent[]): string =>
  write(here('runtime', 'limitrun', `${id}.live`), ageMs, ...events);
const logs = (): string[] => readdirSync(here('state', 'limitrun', 'runs')).toSorted();

test('what is too old goes, and of too many the oldest', async () => {
  for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) log(id, index * HOUR_MS, start(), ...end);
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: 3.5 * HOUR_MS, maxCount: 100}, 'own');
  expect(logs()).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl', 'd.jsonl']);
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: DAY_MS, maxCount: 3}, 'own');
  // The own one, not there yet, is the third.
  expect(logs()).toEqual(['a.jsonl', 'b.jsonl']);
});

test('a short run looks for what is too old now and then, and for too many always', async () => {
  const plan = {enabled: true, maxAgeMs: HOUR_MS, maxCount: 2} as const;
  log('old', 2 * HOUR_MS, start(), ...end);
  await pruneNowAndThen(placesHere(), plan, 'own', 0.9);
  expect(logs()).toEqual(['old.jsonl']);
  await pruneNowAndThen(placesHere(), plan, 'own', 0.01);
  expect(logs()).toEqual([]);
  for (const [index, id] of ['a', 'b'].entries()) log(id, index, start(), ...end);
  await pruneNowAndThen(placesHere(), plan, 'own', 0.9);
  expect(logs()).toEqual(['a.jsonl']);
});

test('the id of a short run tells whether it looks', async () => {
  const plan = {enabled: true, maxAgeMs: HOUR_MS, maxCount: 9} as const;
  log('old', 2 * HOUR_MS, start(), ...end);
  await pruneNowAndThen(placesHere(), plan, 'a00000001000');
  expect(logs()).toEqual(['old.jsonl']);
  await pruneNowAndThen(placesHere(), plan, 'afffffff0fff');
  expect(logs()).toEqual([]);
});

test('the log of a run that goes on stays, however old and many', async () => {
  log('running', 100 * DAY_MS, start(ownIdentity()));
  log('own', 100 * DAY_MS);
  log('lost', 100 * DAY_MS, start());
  log('damaged', 100 * DAY_MS);
  log('just-begun', 0);
  log('newest', 0, start(), ...end);
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: DAY_MS, maxCount: 0}, 'own');
  expect(logs()).toEqual(['just-begun.jsonl', 'own.jsonl', 'running.jsonl']);
});

test('what killed runs have left goes after a day', async () => {
  const lost = live('lost', 25 * HOUR_MS, start());
  const half = write(here('runtime', 'limitrun', 'half.tmp'), 25 * HOUR_MS);
  const recent = live('recent', 23 * HOUR_MS, start());
  const running = live('running', 25 * HOUR_MS, start(ownIdentity()));
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: DAY_MS, maxCount: 1}, 'own');
  expect([lost, half, recent, running].map((path) => existsSync(path))).toEqual([false, false, true, true]);
});

test('what is not ours stays', async () => {
  log('old', 100 * DAY_MS, start(), ...end);
  const directory = here('state', 'limitrun', 'runs');
  write(`${directory}/notes.txt`, 100 * DAY_MS);
  write(`${directory}/Upper.jsonl`, 100 * DAY_MS);
  mkdirSync(`${directory}/directory.jsonl`);
  symlinkSync(here('state'), `${directory}/link.jsonl`);
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: 1, maxCount: 0}, 'own');
  expect(logs()).toEqual(['Upper.jsonl', 'directory.jsonl', 'link.jsonl', 'notes.txt']);
});

test('a directory that is a link is not pruned', async () => {
  write(here('elsewhere', 'old.jsonl'), 100 * DAY_MS, start(), ...end);
  mkdirSync(here('state', 'limitrun'), {recursive: true});
  symlinkSync(here('elsewhere'), here('state', 'limitrun', 'runs'));
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: 1, maxCount: 0}, 'own');
  expect(readdirSync(here('elsewhere'))).toEqual(['old.jsonl']);
});

test('a run that starts prunes, and nothing there is no fault', async () => {
  await pruneRecords(placesHere(), {enabled: true, maxAgeMs: 1, maxCount: 0}, 'own');
  log('old', 100 * DAY_MS, start(), ...end);
  const run = new RecordedRun('run-1', {plan: {enabled: true, maxAgeMs: DAY_MS, maxCount: 100}}).start();
  await waitFor(() => !logs().includes('old.jsonl'), {what: 'the old log to go'});
  run.end();
  await run.recorder.close();
  expect(logs()).toEqual(['run-1.jsonl']);
});
