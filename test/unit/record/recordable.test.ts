import {describe, expect, test} from 'vitest';
import {eventToJson} from '../../../src/core/record/event-json.js';
import {recordable} from '../../../src/core/record/recordable.js';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {at, rssViolation, started, times} from '../report/sample-runs.js';

const member = {pid: 1, parentPid: 0, name: 'sh', cpuTimeMs: 0, args: ['sh', '-c', 'ä'.repeat(300)]};
const violation = rssViolation(5, {tree: Array.from({length: 30}, () => member), treeOmitted: 4});

function command(event: RunEvent): readonly string[] {
  return event.kind === 'run_started' ? event.command : [];
}

describe('what goes into a record', () => {
  test('small events are as they were', () => {
    const [event] = [started([], ['node', '', 'app.js'])];
    expect(recordable(event)).toEqual(event);
    const empty = started([], []);
    expect(recordable(empty)).toEqual(empty);
  });

  test('the words of the command come to 8 KiB at most, and a clip shows', () => {
    const clipped = command(recordable(started([], ['sh', 'é'.repeat(10_000), 'x'])));
    expect(clipped).toHaveLength(2);
    expect(clipped[1]).toMatch(/^é+…$/);
    expect(Buffer.byteLength(clipped.join(''))).toBeLessThanOrEqual(8192);
    const many = command(
      recordable(
        started(
          [],
          Array.from({length: 100_000}, () => ''),
        ),
      ),
    );
    expect(many.length).toBeLessThan(3000);
    expect(many.at(-1)).toBe('…');
  });

  test('a tree has 20 members with 256 bytes of words each, and only where it begins', () => {
    const begun = recordable(at(5, {kind: 'violation_begun', violation}));
    const tree = begun.kind === 'violation_begun' ? begun.violation : undefined;
    expect(tree?.tree).toHaveLength(20);
    expect(tree?.treeOmitted).toBe(14);
    expect(Buffer.byteLength(tree?.tree?.[0]?.args?.join('') ?? '')).toBeLessThanOrEqual(256);
    const {tree: _tree, treeOmitted: _omitted, ...alone} = violation;
    const action = {kind: 'action_taken', actor: 'enforcer', text: 'x'} as const;
    expect(recordable(at(5, {...action, violation}))).toEqual(at(5, {...action, violation: alone}));
    const ended = {...times(6), peakValue: 1, how: 'subsided'} as const;
    expect(recordable(at(6, {kind: 'violation_ended', ended: {...ended, violation}}))).toEqual(
      at(6, {kind: 'violation_ended', ended: {...ended, violation: alone}}),
    );
    expect(
      recordable(at(5, {kind: 'tree_sampled', members: violation.tree ?? [], omitted: 1})),
    ).toMatchObject({
      omitted: 11,
    });
  });

  test('long texts are clipped', () => {
    const text = 'x'.repeat(100_000);
    const cause = {kind: 'fault', message: text} as const;
    for (const event of [
      at(0, {kind: 'notice', level: 'info', text}),
      at(0, {kind: 'action_taken', actor: 'limitrun', text}),
      at(0, {kind: 'run_ended', cause, exitCode: 1, survivors: []}),
      at(0, {kind: 'violation_begun', violation: rssViolation(1, {message: text})}),
    ])
      expect(eventToJson(recordable(event)).length).toBeLessThan(3000);
  });
});
