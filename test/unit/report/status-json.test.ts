import {readFileSync} from 'node:fs';
import {type ErrorObject, Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';

import {type StatusFacts, STATUS_SCHEMA, statusJson} from '../../../src/core/report/status-json.js';
import type {StoredRun} from '../../../src/core/store/run-store.js';
import {goingOn, everyKind, stored} from './stored-runs.js';
import {started} from './sample-runs.js';

const file = new URL('../../../schemas/status.v1.schema.json', import.meta.url);
const schema = JSON.parse(readFileSync(file, 'utf8')) as object;
const validate = new Ajv2020({allErrors: true, strict: true}).compile(schema);

const FACTS: StatusFacts = {
  limitrunVersion: '0.1.0',
  nowTimestampMs: Date.UTC(2026, 2, 1, 13, 5),
  full: false,
};

interface Document {
  readonly runs: readonly Readonly<Record<string, unknown>>[];
  readonly faults: readonly string[];
}

function parsed(
  runs: readonly StoredRun[],
  facts: Partial<StatusFacts> = {},
  faults: string[] = [],
): Document {
  return JSON.parse(statusJson({runs, faults}, {...FACTS, ...facts})) as Document;
}

function breaches(document: unknown): ErrorObject[] {
  validate(document);
  return validate.errors ?? [];
}

test.each([true, false])('the schema holds for every kind of run; in full: %s', (full) => {
  const document = parsed(everyKind(), {full}, ['runs/x.jsonl: damaged']);
  expect(breaches(document)).toEqual([]);
  expect(document.runs).toHaveLength(8);
});

test('the schema holds for no run and for one that has only just started', () => {
  expect(breaches(parsed([]))).toEqual([]);
  expect(breaches(parsed([stored([started()], {runId: 'r'})], {full: true}))).toEqual([]);
});

test('the schema refuses what is not documented, missing fields and null', () => {
  const document = parsed(everyKind());
  const [run] = document.runs;
  expect(breaches({...document, surprise: 1})).not.toEqual([]);
  expect(breaches({...document, schema: 'limitrun-status/2'})).not.toEqual([]);
  expect(breaches({...document, runs: [{...run, surprise: 1}]})).not.toEqual([]);
  expect(breaches({...document, runs: [{...run, fate: 'gone'}]})).not.toEqual([]);
  expect(breaches({...document, runs: [{...run, exit_code: null}]})).not.toEqual([]);
  expect(breaches({...document, runs: [{...run, started_at: undefined}]})).not.toEqual([]);
});

test('the schema describes every property', () => {
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      visit(value, `${path}/${key}`);
      if (!/\/(properties|\$defs)$/.test(path)) continue;
      if (!Object.hasOwn(value as object, 'description')) undescribed.push(`${path}/${key}`);
    }
  };
  visit(schema, '');
  expect(undescribed).toEqual([]);
});

test('the schema allows no further property in any object', () => {
  const open = JSON.stringify(schema, (_key, value: Record<string, unknown>) =>
    value['type'] === 'object' && value['additionalProperties'] !== false ? 'OPEN' : value,
  );
  expect(open).not.toContain('OPEN');
});

test('a run that goes on', () => {
  const [run] = parsed(everyKind()).runs;
  expect(run).toMatchObject({
    run_id: 'a1b2c3d4e5f6',
    name: 'nightly',
    command: ['node', 'app.js'],
    fate: 'running',
    state: 'running',
    attempt: 1,
    pid: 4242,
    started_at: '2026-03-01T12:00:00.000Z',
    elapsed_seconds: 3900,
    usage: {
      sampled_at: '2026-03-01T12:00:01.000Z',
      rss: {value: 230_686_720, unit: 'bytes', source: 'procfs'},
      cpu: {value: 98.2, unit: 'percent', source: 'procfs'},
      cpu_time: {value: 0.9, unit: 'seconds', source: 'procfs'},
    },
    violation_counts: {warning: 1, critical: 0},
  });
  for (const absent of ['ended_at', 'reason', 'exit_code', 'attempts', 'series'])
    expect(run).not.toHaveProperty(absent);
});

test('one run in full has its curves, its attempts and its processes', () => {
  const [run] = parsed([stored(goingOn(), {runId: 'r'})], {full: true}).runs;
  expect(run).toMatchObject({
    series: {step_seconds: 0.1},
    attempts: [{attempt: 1, pid: 4242}],
    violations: [{limit: 'max_rss', severity: 'warning'}],
    tree: {members: [{pid: 4242, name: 'node'}, {pid: 4243}], omitted: 1},
  });
});

test('a lost run and one that has ended use nothing now', () => {
  const runs = parsed(everyKind()).runs.filter(({fate}) => fate !== 'running');
  expect(runs.map(({fate}) => fate)).toEqual(['lost', 'ended', 'ended', 'ended', 'ended', 'ended']);
  for (const run of runs) expect(run).not.toHaveProperty('usage');
  expect(runs[0]).toMatchObject({elapsed_seconds: 1.1, last_event_at: '2026-03-01T12:00:01.100Z'});
  expect(runs[1]).toMatchObject({reason: {kind: 'violation', limit: 'max_rss'}, exit_code: 110});
});

test('the document can be printed on a terminal whatever runs are called', () => {
  const evil = '\u001b[2J\u007f\u009b\u2028\u202e\u200b\n';
  const text = statusJson(
    {runs: [stored(goingOn(), {runId: 'r', name: evil, command: [evil]})], faults: [evil]},
    FACTS,
  );
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\u200b]/);
  const document = JSON.parse(text) as Document;
  expect(document).toMatchObject({schema: STATUS_SCHEMA, faults: [evil], runs: [{name: evil}]});
});
