import {readFileSync} from 'node:fs';
import {type ErrorObject, Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';
import {foldRun} from '../../../src/core/record/fold-run.js';
import type {EndCause, RunEvent} from '../../../src/core/record/run-event.js';
import {jsonReport, REPORT_SCHEMA} from '../../../src/core/report/json-report.js';
import {
  at,
  ended,
  leakingRun,
  quietRun,
  restartedRun,
  rssViolation,
  sampled,
  started,
  unstartedRun,
} from './sample-runs.js';

const root = new URL('../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('schemas/report.v1.schema.json', root), 'utf8')) as object;
const validate = new Ajv2020({allErrors: true, strict: true}).compile(schema);

function text(events: readonly RunEvent[]): string {
  return jsonReport(foldRun(events), {limitrunVersion: '0.1.0'});
}

function parsed(events: readonly RunEvent[]): Record<string, unknown> {
  return JSON.parse(text(events)) as Record<string, unknown>;
}

function faults(document: unknown): ErrorObject[] {
  validate(document);
  return validate.errors ?? [];
}

/** A run in which everything was measured and limited. */
function fullRun(): RunEvent[] {
  const violation = rssViolation(50, {
    limitType: 'timeout',
    metric: 'wall.time',
    unit: 'ms',
    currentValue: 60_001.5,
    limitValue: 60_000,
  });
  return [
    at(0, {
      kind: 'run_started',
      runId: 'r',
      name: 'nightly',
      command: ['a', ''],
      handling: 'external',
      promises: [
        {
          limitType: 'timeout',
          limitValue: 60_000,
          policy: 'graceful_shutdown',
          sustainMs: 0,
          enforcedBy: 'timer',
        },
        {
          limitType: 'max_write_bps',
          limitValue: 5,
          policy: 'graceful_shutdown',
          sustainMs: 0,
          enforcedBy: 'nobody',
        },
      ],
    }),
    at(0, {kind: 'notice', level: 'warning', text: 'disk writes cannot be measured here'}),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 3}),
    at(50, {kind: 'violation_begun', violation}),
    ...ended(60, {kind: 'violation', limitType: 'timeout'}, 124, {signal: 'SIGTERM'}),
  ];
}

const CAUSES: readonly EndCause[] = [
  {kind: 'exited'},
  {kind: 'violation', limitType: 'max_read_bps'},
  {kind: 'signal', signal: 'SIGHUP'},
  {kind: 'spawn_failed', code: 'EACCES', message: 'not executable'},
  {kind: 'breaker_open', limitType: 'max_percent'},
  {kind: 'breaker_open'},
  {kind: 'fault', message: 'broken'},
];

test.each([
  ['a leak', leakingRun()],
  ['a clean exit', quietRun()],
  ['a command that was not found', unstartedRun()],
  ['restarts', restartedRun()],
  ['a timeout', fullRun()],
])('the schema holds for the report of %s', (_name, events) => {
  expect(faults(parsed(events))).toEqual([]);
});

test.each(CAUSES)('the schema holds for an ending by $kind', (cause) => {
  const document = parsed([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 3}),
    ...ended(2, cause, 1),
  ]);
  expect(faults(document)).toEqual([]);
  expect(document['reason']).toMatchObject({kind: cause.kind});
});

test('the schema refuses what is not documented, missing fields and null', () => {
  const document = parsed(leakingRun());
  expect(faults({...document, surprise: 1})).not.toEqual([]);
  expect(faults({...document, exit_code: undefined})).not.toEqual([]);
  expect(faults({...document, wall_time_seconds: null})).not.toEqual([]);
  expect(faults({...document, schema: 'limitrun-report/2'})).not.toEqual([]);
  expect(faults({...document, reason: {kind: 'violation'}})).not.toEqual([]);
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

test('a report tells why and how the run ended', () => {
  expect(parsed(leakingRun())).toMatchObject({
    schema: REPORT_SCHEMA,
    reason: {kind: 'violation', limit: 'max_rss'},
    exit_code: 110,
    child: {signal: 'SIGKILL'},
    forced: true,
    started_at: '2026-03-01T12:00:00.000Z',
    ended_at: '2026-03-01T12:00:06.300Z',
    wall_time_seconds: 6.3,
    cpu_time_seconds: 1.234,
    samples: 2,
    worst_gap_ms: 112.5,
  });
});

test('times are in seconds whatever limit they belong to', () => {
  const {limits, violations} = parsed(fullRun());
  expect(limits).toEqual([
    {
      limit: 'timeout',
      metric: 'wall.time',
      value: 60,
      unit: 'seconds',
      policy: 'graceful_shutdown',
      sustain_seconds: 0,
      enforced_by: 'timer',
    },
    {
      limit: 'max_write_bps',
      metric: 'io.write_bps',
      value: 5,
      unit: 'bytes_per_second',
      policy: 'graceful_shutdown',
      sustain_seconds: 0,
      enforced_by: 'nobody',
    },
  ]);
  expect(violations).toMatchObject([{value: 60.002, peak: 60.002, limit_value: 60, unit: 'seconds'}]);
});

test('a command that was not found has neither figures nor attempts, and no field is null', () => {
  const document = parsed(unstartedRun());
  expect(document).toMatchObject({
    child: {},
    figures: {},
    attempts: [],
    violations: [],
    samples: 0,
    exit_code: 127,
  });
  expect(document).not.toHaveProperty('cpu_time_seconds');
  expect(document).not.toHaveProperty('worst_gap_ms');
  expect(text(unstartedRun())).not.toContain('null');
});

test('restarts are listed with the delay before the next', () => {
  expect(parsed(restartedRun())).toMatchObject({
    reason: {kind: 'breaker_open', limit: 'max_rss'},
    attempts: [
      {
        attempt: 1,
        signal: 'SIGTERM',
        forced: false,
        next_in_ms: 1000,
        cpu_time: {value: 0.8, unit: 'seconds'},
      },
      {attempt: 2, signal: 'SIGKILL', forced: true, ended_at: '2026-03-01T12:00:04.500Z'},
    ],
    survivors: [200, 201],
  });
});

test('a figure that is no number is left out', () => {
  const violation = rssViolation(5, {currentValue: Number.NaN});
  const events = [
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 3}),
    sampled(3, {memory: {rssBytes: Number.POSITIVE_INFINITY}, cpu: {percent: Number.NaN}}, Number.NaN),
    at(5, {kind: 'violation_begun', violation}),
    ...ended(9, {kind: 'exited'}, 0),
  ] as const;
  expect(text(events)).not.toMatch(/null|NaN|Infinity/);
  expect(parsed(events)).toMatchObject({figures: {}});
});

test('the report can be printed on a terminal whatever the command is called', () => {
  const evil = '\u001b[2J\u007f\u009b\u2028\u2029\u202e\u2066\u200b\u{e0041}\ud800"\\\n';
  const events = [
    started([], [evil]),
    at(5, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}),
  ] as const;
  expect(text(events)).toContain(
    '"\\u001b[2J\\u007f\\u009b\\u2028\\u2029\\u202e\\u2066\\u200b\\udb40\\udc41\\ud800\\"\\\\\\n"',
  );
  expect(parsed(events)['command']).toEqual([evil]);
});

test('a run that goes on has no report', () => {
  expect(() => text([started()])).toThrow('before it has ended');
});

test('the example of docs/report.md is what the code writes', () => {
  const page = readFileSync(new URL('docs/report.md', root), 'utf8');
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1];
  expect(JSON.parse(example ?? '')).toEqual(parsed(leakingRun()));
});

test('docs/report.md names every field of the schema', () => {
  const page = readFileSync(new URL('docs/report.md', root), 'utf8');
  const names = new Set<string>();
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'properties') for (const name of Object.keys(value as object)) names.add(name);
    return value;
  });
  expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
