import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';
import type {ResourceViolation, ViolationMember} from '../../../src/core/limits/resource-violation.js';
import {foldRun} from '../../../src/core/record/fold-run.js';
import {hookFailure, hookName} from '../../../src/core/report/hook-text.js';
import {jsonReport} from '../../../src/core/report/json-report.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {treeTable} from '../../../src/core/report/tree-table.js';
import {hookInput} from '../../../src/core/report/violation-json.js';
import {at, ended, MIB, rssViolation, rssWarning, started} from './sample-runs.js';

function validator(file: string) {
  const url = new URL(`../../../schemas/${file}`, import.meta.url);
  const validate = new Ajv2020({allErrors: true, strict: true}).compile(
    JSON.parse(readFileSync(url, 'utf8')) as object,
  );
  return (text: string): unknown => {
    validate(JSON.parse(text));
    return validate.errors ?? [];
  };
}

const reportFaults = validator('report.v1.schema.json');
const violationFaults = validator('violation.v1.schema.json');

const LEAK: ViolationMember = {
  pid: 24_200,
  parentPid: 24_193,
  name: 'node',
  args: ['node', '/srv/app/server.js', '--token', 'x\u001b[31m\n'],
  rssBytes: 200 * MIB,
  cpuTimeMs: 1234.5678,
  cpuPercent: 98.24,
  growthBytesPerSecond: 12 * MIB,
};
const SHELL: ViolationMember = {
  pid: 24_193,
  parentPid: 1,
  name: 'sh',
  rssBytes: 2 * MIB,
  cpuTimeMs: 0,
  cpuPercent: 0,
  growthBytesPerSecond: -4096,
};
const NEW: ViolationMember = {pid: 24_300, parentPid: 24_193, name: '(x) \u202e', args: [], cpuTimeMs: 10};

function record(...violations: ResourceViolation[]) {
  return foldRun([
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 24_193}),
    ...violations.map((violation) => at(2, {kind: 'violation_begun', violation})),
    ...ended(60, {kind: 'violation', limitType: 'max_rss'}, 110, {signal: 'SIGTERM'}),
  ]);
}

function table(...violations: ResourceViolation[]): string[] | undefined {
  return treeTable(record(...violations), PLAIN_PAINT)?.split('\n');
}

test('X-01 who was there is a table of at most 80 columns without control characters', () => {
  expect(table(rssWarning(1), rssViolation(2, {tree: [LEAK, SHELL, NEW]}))).toEqual([
    '  pid  process when max_rss was exceeded                  RSS    CPU      growth',
    '24200  node /srv/app/server.js --token x\\x1b[31m\\n  200.0 MiB  98.2%  12.0 MiB/s',
    '24193  sh                                             2.0 MiB   0.0%  -4.0 KiB/s',
    '24300  (x) \\u202e',
  ]);
});

test('where the proportional size was read it is shown, and a long command line is clipped', () => {
  const long = {...LEAK, pssBytes: 190 * MIB, args: ['node', 'x'.repeat(5000)]};
  expect(table(rssViolation(2, {tree: [long]}))).toEqual([
    '  pid  process when max_rss was exceeded                  PSS    CPU      growth',
    '24200  node xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  190.0 MiB  98.2%  12.0 MiB/s',
  ]);
});

test('five members are shown, the others are counted', () => {
  const tree = Array.from({length: 8}, (_, index) => ({...SHELL, pid: index + 1}));
  const lines = table(rssViolation(2, {tree, treeOmitted: 3}));
  expect(lines).toHaveLength(7);
  expect(lines?.at(-1)).toBe('… 6 more processes');
});

test('only the first critical violation has its table', () => {
  const second = rssViolation(3, {limitType: 'max_processes', tree: [SHELL]});
  expect(table(rssViolation(2, {tree: [LEAK]}), second)).toHaveLength(2);
  expect(table(rssWarning(1), rssViolation(2))).toBeUndefined();
  expect(table()).toBeUndefined();
});

test('the report has all members and keeps to its schema', () => {
  const text = jsonReport(record(rssViolation(2, {tree: [LEAK, SHELL, NEW], treeOmitted: 2})), {
    limitrunVersion: '0',
  });
  expect(reportFaults(text)).toEqual([]);
  const {violations} = JSON.parse(text) as {violations: {tree: unknown[]; tree_omitted: number}[]};
  expect(violations[0]?.tree_omitted).toBe(2);
  expect(violations[0]?.tree[0]).toEqual({
    pid: 24_200,
    parent_pid: 24_193,
    name: 'node',
    args: ['node', '/srv/app/server.js', '--token', 'x\u001b[31m\n'],
    rss_bytes: 200 * MIB,
    cpu_time_seconds: 1.235,
    cpu_percent: 98.24,
    growth_bytes_per_second: 12 * MIB,
  });
  expect(violations[0]?.tree[2]).toEqual({
    pid: 24_300,
    parent_pid: 24_193,
    name: '(x) \u202e',
    args: [],
    cpu_time_seconds: 0.01,
  });
});

test('trees are kept for the first and the last violations only', () => {
  const many = Array.from({length: 100}, (_, index) => rssViolation(index, {tree: [SHELL]}));
  const kept = record(...many).violations.map(({violation}) => violation.tree !== undefined);
  expect(kept.filter(Boolean)).toHaveLength(40);
  expect([kept[0], kept[19], kept[20], kept[79], kept[80], kept[99]]).toEqual([
    true,
    true,
    false,
    false,
    true,
    true,
  ]);
});

test('a hook is told one line of JSON that keeps to its schema', () => {
  const facts = {runId: 'r', pid: 24_193, attempt: 2};
  for (const violation of [rssViolation(2), rssViolation(2, {tree: [LEAK, SHELL, NEW], treeOmitted: 1})]) {
    const text = hookInput(violation, facts);
    expect(violationFaults(text)).toEqual([]);
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({
      schema: 'limitrun-violation/1',
      run_id: 'r',
      pid: 24_193,
      attempt: 2,
    });
  }
  expect(violationFaults(hookInput(rssViolation(2), {...facts, name: 'nightly'}))).toEqual([]);
});

test.each([
  [{kind: 'exited', exitCode: 0} as const, undefined],
  [{kind: 'exited', exitCode: 3} as const, 'exited with 3'],
  [{kind: 'signal', signal: 'SIGSEGV'} as const, 'killed by signal SIGSEGV'],
  [{kind: 'not_started', message: 'command not found: x\u001b'} as const, 'command not found: x\\x1b'],
  [{kind: 'killed', late: true} as const, 'not done after 10.0 s, killed'],
  [{kind: 'killed', late: false} as const, 'killed, limitrun is to end'],
])('the end %j of a hook is put into words', (end, words) => {
  expect(hookFailure(end, 10_000)).toBe(words);
});

test('a hook is called by its program, made harmless', () => {
  expect(hookName('/opt/hooks/save\u001b.sh')).toBe('save\\x1b.sh');
  expect(hookName('save')).toBe('save');
  expect(hookName('/')).toBe('/');
  expect(hookName('x'.repeat(100))).toHaveLength(61);
});
