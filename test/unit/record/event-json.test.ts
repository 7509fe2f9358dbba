import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {eventFromJson, isFromNewerVersion} from '../../../src/core/record/event-from-json.js';
import {eventToJson} from '../../../src/core/record/event-json.js';
import {foldRun, RunFolder} from '../../../src/core/record/fold-run.js';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {at, leakingRun, quietRun, restartedRun, sampled, unstartedRun} from '../report/sample-runs.js';
import {EVENT_KINDS, EVERY_EVENT} from './every-event.js';

const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/event.v1.schema.json', import.meta.url), 'utf8'),
) as {oneOf: {$ref: string}[]; $defs: Record<string, {properties?: {kind?: {const: string}}}>};
const validate = new Ajv2020({allErrors: true, strict: true, allowUnionTypes: true}).compile(schema);

const ALL = [...EVERY_EVENT, ...leakingRun(), ...quietRun(), ...restartedRun(), ...unstartedRun()];

/** The shape of JSON only: what an event is after its numbers have been rounded. */
function decoded(event: RunEvent): RunEvent | undefined {
  return eventFromJson(eventToJson(event));
}

describe('the line of an event', () => {
  test('is described by the schema, every kind of it', () => {
    for (const event of ALL) {
      validate(JSON.parse(eventToJson(event)));
      expect({event, errors: validate.errors}).toEqual({event, errors: null});
    }
  });

  test('the schema knows exactly the kinds there are', () => {
    const kinds = schema.oneOf.map(
      ({$ref}) => schema.$defs[$ref.replace('#/$defs/', '')]?.properties?.kind?.const,
    );
    expect(kinds.toSorted()).toEqual(EVENT_KINDS.toSorted());
  });

  test('the schema is closed', () => {
    const line = JSON.parse(eventToJson(at(0, {kind: 'state_changed', state: 'running'}))) as object;
    expect(validate(line)).toBe(true);
    expect(validate({...line, more: 1})).toBe(false);
    expect(validate({...line, kind: 'other'})).toBe(false);
  });

  test('has the version first and names in snake_case', () => {
    expect(eventToJson(at(0.25, {kind: 'attempt_started', attempt: 2, pid: 7}))).toBe(
      '{"v":1,"kind":"attempt_started","attempt":2,"pid":7,"at_ms":1000.25,"timestamp_ms":1772366400000.25}',
    );
    expect(eventToJson(sampled(0, {memory: {rssBytes: 5}}, 1.23456))).toContain(
      '"memory":{"rss_bytes":5},"cpu":{},"io":{},"process":{}',
    );
  });

  test('is one line of characters that no terminal obeys', () => {
    for (const event of ALL) expect(eventToJson(event)).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u);
  });

  test('leaves out what JSON cannot hold, and keeps numbers beyond thousandths of the exact range', () => {
    const line = eventToJson(sampled(0, {memory: {rssBytes: NaN, virtualBytes: 1e300, swapBytes: Infinity}}));
    expect(line).toContain('"memory":{"virtual_bytes":1e+300}');
  });
});

describe('reading a line', () => {
  test('gives the event back', () => {
    for (const event of ALL) {
      // What JSON.stringify makes of an unpaired surrogate comes back as it was; the numbers here have three digits.
      expect(decoded(event)).toEqual(event);
    }
  });

  test('folds of what was read are the folds of what was written', () => {
    for (const run of [leakingRun(), quietRun(), restartedRun(), unstartedRun()]) {
      const read = run
        .map((event) => eventFromJson(eventToJson(event)))
        .filter((event) => event !== undefined);
      expect(foldRun(read)).toEqual(foldRun(run));
    }
  });

  test('takes no broken, cut or foreign line', () => {
    const line = eventToJson(at(0, {kind: 'attempt_started', attempt: 2, pid: 7}));
    for (let length = 0; length < line.length; length += 1)
      expect(eventFromJson(line.slice(0, length))).toBeUndefined();
    for (const bad of ['null', '[]', '1', '"v"', '{}', '{"v":1}', '[{"v":1}]', '['.repeat(500_000)])
      expect(eventFromJson(bad)).toBeUndefined();
    expect(eventFromJson(line.replace('attempt_started', 'other'))).toBeUndefined();
    expect(eventFromJson(line.replace('"attempt":2', '"attempt":"2"'))).toBeUndefined();
    expect(eventFromJson(line.replace('1000', '1e999'))).toBeUndefined();
    expect(eventFromJson(line.replace('1772366400000', '8.65e15'))).toBeUndefined();
    expect(eventFromJson(line.replace('"attempt":2,', ''))).toBeUndefined();
  });

  test('a newer version is none, and is told from a broken line', () => {
    const newer = eventToJson(at(0, {kind: 'state_changed', state: 'idle'})).replace('"v":1', '"v":2');
    expect(eventFromJson(newer)).toBeUndefined();
    expect(isFromNewerVersion(newer)).toBe(true);
    expect(isFromNewerVersion(newer.replace('"v":2', '"v":1'))).toBe(false);
    expect(isFromNewerVersion('{"v":')).toBe(false);
  });

  test('keys that mean something to JavaScript do nothing', () => {
    const line =
      '{"v":1,"kind":"state_changed","state":"idle","at_ms":1,"timestamp_ms":2,"__proto__":{"forced":true}}';
    expect(Object.keys(eventFromJson(line) ?? {})).toEqual(['kind', 'atMs', 'timestampMs', 'state']);
    expect(eventFromJson(line.replace('state_changed', 'constructor'))).toBeUndefined();
  });

  test('whatever a value is replaced by, no fold throws', () => {
    const lines = EVERY_EVENT.map((event) => JSON.parse(eventToJson(event)) as Record<string, unknown>);
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(), fc.jsonValue(), (line, seed, value) => {
        const changed = JSON.stringify(replaced(line, seed, value));
        const event = eventFromJson(changed);
        if (event === undefined) return;
        const folder = new RunFolder();
        for (const start of leakingRun().slice(0, 5)) folder.add(start);
        folder.add(event);
        folder.record();
        folder.checkpoint();
        expect(new Date(event.timestampMs).toISOString()).not.toBe('');
      }),
    );
  });

  test('is fast: 10,000 samples', () => {
    const line = EVERY_EVENT.filter(({kind}) => kind === 'usage_sampled').map(eventToJson)[0] ?? '';
    const lines = Array.from({length: 10_000}, (_, index) => line.replace('1100.123', String(1000 + index)));
    const before = process.cpuUsage();
    const read = lines.filter((one) => eventFromJson(one) !== undefined);
    const {user} = process.cpuUsage(before);
    expect(read).toHaveLength(10_000);
    expect(user / 1000).toBeLessThan(300);
  });
});

/** A copy with the value at one of its paths replaced. */
function replaced(json: unknown, seed: number, value: unknown): unknown {
  if (typeof json !== 'object' || json === null) return value;
  const keys = Object.keys(json);
  const key = keys[seed % Math.max(keys.length, 1)];
  if (key === undefined) return value;
  const copy = (Array.isArray(json) ? [...(json as unknown[])] : {...json}) as Record<string, unknown>;
  copy[key] = replaced(copy[key], Math.floor(seed / keys.length), value);
  return copy;
}
