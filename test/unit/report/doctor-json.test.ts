import {readFileSync} from 'node:fs';
import {type ErrorObject, Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';

import {examine} from '../../../src/core/doctor/examine.js';
import type {MachineFacts} from '../../../src/core/doctor/machine-facts.js';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {DOCTOR_SCHEMA, doctorJson} from '../../../src/core/report/doctor-json.js';
import {CONTAINER, LAPTOP, MACOS, ROOT_V1} from '../doctor/machines.js';

const file = new URL('../../../schemas/doctor.v1.schema.json', import.meta.url);
const schema = JSON.parse(readFileSync(file, 'utf8')) as object;
const validate = new Ajv2020({allErrors: true, strict: true}).compile(schema);

interface Document {
  readonly schema: string;
  readonly findings: readonly Readonly<Record<string, string>>[];
  readonly limits: readonly Readonly<Record<string, unknown>>[];
}

const textOf = (facts: MachineFacts): string => doctorJson(examine(facts, 100), '0.1.0');
const parsed = (facts: MachineFacts): Document => JSON.parse(textOf(facts)) as Document;

function breaches(document: unknown): ErrorObject[] {
  validate(document);
  return validate.errors ?? [];
}

test.each([
  ['laptop', LAPTOP],
  ['container', CONTAINER],
  ['root with v1', ROOT_V1],
  ['macOS', MACOS],
])('the schema holds for %s, and every kind of limit is there twice', (_name, facts) => {
  const document = parsed(facts);
  expect(breaches(document)).toEqual([]);
  expect(document.schema).toBe(DOCTOR_SCHEMA);
  const kinds = LIMIT_KINDS.flatMap(({type}) => [type, type]);
  expect(document.limits.map(({limit}) => limit)).toEqual(kinds);
  const ids = document.findings.map(({id}) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('says who keeps a limit', () => {
  const [kill, graceful] = parsed(LAPTOP).limits;
  expect(kill).toMatchObject({
    limit: 'max_rss',
    policy: 'immediate_kill',
    enforced_by: 'kernel',
    every_ms: 100,
    cap: {source: 'cgroup2', role: 'limit'},
  });
  expect(graceful).toMatchObject({
    policy: 'graceful_shutdown',
    enforced_by: 'polling',
    cap: {source: 'cgroup2', role: 'backstop'},
    overshoot: 'up to the backstop',
  });
  expect(parsed(MACOS).limits).toContainEqual({
    limit: 'max_swap',
    policy: 'immediate_kill',
    enforced_by: 'nobody',
  });
});

test('the schema refuses what is not documented, missing fields and null', () => {
  const document = parsed(LAPTOP);
  const [finding] = document.findings;
  expect(breaches({...document, surprise: 1})).not.toEqual([]);
  expect(breaches({...document, schema: 'limitrun-doctor/2'})).not.toEqual([]);
  expect(breaches({...document, findings: [{...finding, state: 'maybe'}]})).not.toEqual([]);
  expect(breaches({...document, findings: [{...finding, remedy: null}]})).not.toEqual([]);
  expect(breaches({...document, limits: undefined})).not.toEqual([]);
});

test('the schema describes every property and allows no other', () => {
  const faults: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const {type, additionalProperties} = node as {type?: unknown; additionalProperties?: unknown};
    if (type === 'object' && additionalProperties !== false) faults.push(`${path} is open`);
    for (const [key, value] of Object.entries(node)) {
      visit(value, `${path}/${key}`);
      if (path.endsWith('/properties') && !Object.hasOwn(value as object, 'description')) faults.push(key);
    }
  };
  visit(schema, '');
  expect(faults).toEqual([]);
});

test('nothing in it could be obeyed by a terminal', () => {
  const text = textOf({...LAPTOP, state: {kind: 'usable', path: '/home/\u001b[31m\u202e'}});
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(text).toContain('/home/\\u001b[31m\\u202e');
});
