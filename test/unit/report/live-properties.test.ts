import {stripVTControlCharacters} from 'node:util';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {RESOURCE_POLICIES} from '../../../src/core/limits/resource-policy.js';
import type {LimitPromise, RunEvent} from '../../../src/core/record/run-event.js';
import {type RunView, viewRun} from '../../../src/core/record/run-view.js';
import {liveTable, liveTableRows} from '../../../src/core/report/live-table.js';
import {progressLine} from '../../../src/core/report/progress-line.js';
import {textWidth} from '../../../src/core/report/text-width.js';
import {watchScreen} from '../../../src/core/report/watch-screen.js';
import {at, rssViolation} from './sample-runs.js';
import {CODES} from './tags.js';

const SIGNS = [
  'a',
  'B',
  ' ',
  '\n',
  '\t',
  '\u001b[2J',
  '\u009b1m',
  '\u202e',
  '\u0000',
  '\ud800',
  '古',
  '🚀',
  'é',
  '\u0301',
  '👩‍👩‍👧',
];
// eslint-disable-next-line no-control-regex -- what must not be there
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;

const text = fc.string({unit: fc.constantFrom(...SIGNS), maxLength: 60});
const figure = fc.option(
  fc.oneof(fc.nat(), fc.double({min: 0, noNaN: true}), fc.constantFrom(0, 1, 1023.97 * 1024, 2 ** 53)),
  {nil: undefined},
);
const limitType = fc.constantFrom(...LIMIT_KINDS.map(({type}) => type));
const policy = fc.constantFrom(...RESOURCE_POLICIES);

const promises: fc.Arbitrary<LimitPromise[]> = fc.array(
  fc.record({
    limitType,
    limitValue: fc.oneof(fc.integer({min: 1}), fc.double({min: 0.001, max: 2 ** 53, noNaN: true})),
    policy,
    sustainMs: fc.constantFrom(0, 1500),
    enforcedBy: fc.constantFrom('polling', 'timer', 'nobody'),
  }),
  {maxLength: 12},
);

/** Leaves out what was not measured. */
function known<K extends string>(all: Readonly<Record<K, number | undefined>>): Partial<Record<K, number>> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, number>
  >;
}

const usage = fc.record({
  memory: fc.record({rssBytes: figure, pssBytes: figure, virtualBytes: figure, swapBytes: figure}).map(known),
  cpu: fc.record({timeMs: figure, percent: figure}).map(known),
  io: fc.record({readBytesPerSecond: figure, writtenBytesPerSecond: figure}).map(known),
  process: fc.record({processes: figure, fileDescriptors: figure}).map(known),
});

const member = fc
  .record({
    pid: fc.nat(9),
    parentPid: fc.nat(9),
    name: text,
    args: fc.array(text, {maxLength: 3}),
    figures: fc.record({rssBytes: figure, pssBytes: figure, cpuPercent: figure}).map(known),
  })
  .map(({figures, ...rest}) => ({...rest, cpuTimeMs: 1, ...figures}));

type Body<E> = E extends RunEvent ? Omit<E, 'atMs' | 'timestampMs'> : never;
type EventBody = Body<RunEvent>;

const violation = fc
  .record({limitType, limitValue: fc.integer({min: 1}), policy, message: text, isWarning: fc.boolean()})
  .map(({isWarning, ...parts}) => rssViolation(5, {...parts, severity: isWarning ? 'warning' : 'critical'}));

const cause = fc.oneof(
  fc.constant({kind: 'exited'} as const),
  fc.record({kind: fc.constant('violation' as const), limitType}),
  fc.record({kind: fc.constant('breaker_open' as const), limitType}),
  fc.record({kind: fc.constant('fault' as const), message: text}),
  fc.record({kind: fc.constant('spawn_failed' as const), code: text, message: text}),
);

const event: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({
    kind: fc.constant('attempt_started' as const),
    attempt: fc.integer({min: 1, max: 1e6}),
    pid: fc.integer({min: 1, max: 2 ** 22}),
    limits: fc.array(fc.record({limitType, limitValue: fc.integer({min: 1})}), {maxLength: 3}),
  }),
  fc.record({kind: fc.constant('usage_sampled' as const), parts: usage}).map(({parts}): EventBody => ({
    kind: 'usage_sampled',
    gapMs: 1,
    usage: {source: 'procfs', atMs: 0, timestampMs: 0, ...parts},
  })),
  fc.record({
    kind: fc.constant('state_changed' as const),
    state: fc.constantFrom(
      'idle',
      'starting',
      'running',
      'stopping',
      'terminating',
      'backing-off',
      'failed_start',
    ),
  }),
  fc.record({kind: fc.constant('notice' as const), level: fc.constantFrom('info', 'warning'), text}),
  fc.record({
    kind: fc.constant('tree_sampled' as const),
    members: fc.array(member, {maxLength: 12}),
    omitted: fc.nat(3),
  }),
  fc.record({kind: fc.constant('violation_begun' as const), violation}),
  violation.map((begun): EventBody => ({
    kind: 'violation_ended',
    ended: {violation: begun, atMs: 6, timestampMs: 6, peakValue: 7, how: 'subsided'},
  })),
  fc.record({kind: fc.constant('action_taken' as const), actor: fc.constant('limitrun'), violation, text}),
  fc.record({
    kind: fc.constant('attempt_ended' as const),
    attempt: fc.integer({min: 1, max: 9}),
    cause,
    signal: text,
    forced: fc.boolean(),
    nextInMs: fc.nat(9999),
  }),
  fc.record({
    kind: fc.constant('run_ended' as const),
    cause,
    exitCode: fc.nat(255),
    survivors: fc.array(fc.nat(), {maxLength: 3}),
  }),
);

const view: fc.Arbitrary<RunView> = fc
  .record({
    start: fc.record({
      name: fc.option(text, {nil: undefined}),
      command: fc.array(text, {maxLength: 4}),
      promises,
      runId: text,
    }),
    events: fc.array(fc.record({after: fc.nat(20_000), body: event}), {maxLength: 40}),
  })
  .map(({start, events}) => {
    const {name, ...rest} = start;
    const handling = 'internal';
    const first = at(0, {kind: 'run_started', handling, ...rest, ...(name !== undefined && {name})});
    let offsetMs = 0;
    const later = events.map(({after, body}) => {
      offsetMs += after;
      const timed = at(offsetMs, body);
      if (timed.kind !== 'usage_sampled') return timed;
      const {atMs, timestampMs} = timed;
      return {...timed, usage: {...timed.usage, atMs, timestampMs}};
    });
    return viewRun([first, ...later]);
  });

const elapsed = fc.oneof(fc.nat(2_000_000), fc.nat(200_000_000));

function expectLines(lines: readonly string[], cells: number): void {
  for (const line of lines) {
    const plain = stripVTControlCharacters(line);
    expect(plain).not.toMatch(UNPRINTABLE);
    expect(textWidth(plain)).toBeLessThanOrEqual(cells);
  }
}

test('the live table keeps to its rows and stays narrower than the terminal, whatever happens', () => {
  fc.assert(
    fc.property(
      view,
      fc.nat(40),
      fc.oneof(fc.integer({min: 12, max: 60}), fc.nat(500)),
      elapsed,
      fc.boolean(),
      (seen, rows, columns, elapsedMs, unicode) => {
        const lines = liveTable(seen, {columns, rows}, elapsedMs, {paint: CODES, unicode});
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(lines.length > 0).toBe(rows > 0 && columns >= 12);
        expectLines(lines, columns - 1);
      },
    ),
    {numRuns: 400},
  );
});

test('the full screen has exactly its rows, none wider than the terminal, whatever happens', () => {
  fc.assert(
    fc.property(
      view,
      fc.record({
        rows: fc.integer({min: 1, max: 70}),
        columns: fc.oneof(fc.integer({min: 1, max: 70}), fc.integer({min: 1, max: 500})),
      }),
      fc.record({
        elapsedMs: elapsed,
        fate: fc.constantFrom('running', 'ended', 'lost'),
        sort: fc.constantFrom('memory', 'cpu'),
        scroll: fc.nat(20),
      }),
      fc.boolean(),
      fc.option(text, {nil: undefined}),
      (seen, size, rest, unicode, bottom) => {
        const lines = watchScreen(seen, {
          size,
          ...rest,
          style: {paint: CODES, unicode},
          ...(bottom !== undefined && {bottom}),
        });
        expect(lines).toHaveLength(size.rows);
        expectLines(lines, size.columns);
      },
    ),
    {numRuns: 400},
  );
});

test('the rows the table takes do not depend on what was measured or told, and leave most to the command', () => {
  fc.assert(
    fc.property(view, view, fc.nat(200), (one, other, terminalRows) => {
      const rows = liveTableRows(one, terminalRows);
      expect(rows).toBeGreaterThanOrEqual(0);
      expect(rows).toBeLessThanOrEqual(terminalRows * 0.4);
      const {promises: same} = one.record;
      expect(liveTableRows({...other, record: {...other.record, promises: same}}, terminalRows)).toBe(rows);
    }),
  );
});

test('the progress line is one printable line', () => {
  fc.assert(
    fc.property(view, elapsed, (seen, elapsedMs) => {
      const line = stripVTControlCharacters(progressLine(seen, elapsedMs, CODES));
      expect(line).toMatch(/^limitrun: .+: .+/);
      expect(line).not.toMatch(UNPRINTABLE);
    }),
  );
});
