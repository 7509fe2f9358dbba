import {describe, expect, test} from 'vitest';
import {RunViewFolder, viewRun} from '../../../src/core/record/run-view.js';
import {at, leakingRun, MIB, restartedRun, sampled, started, times} from '../report/sample-runs.js';

const rss = (offsetMs: number, mib: number) => sampled(offsetMs, {memory: {rssBytes: mib * MIB}});

describe('the last minute', () => {
  test('holds the latest sample and others at least a second apart', () => {
    const events = Array.from({length: 35}, (_, index) => rss(index * 100, index));
    const {recent, usage} = viewRun([started(), ...events]);
    expect(recent.map(({atMs}) => atMs - 1000)).toEqual([0, 1000, 2000, 3000, 3400]);
    expect(recent.at(-1)).toBe(usage);
  });

  test('forgets what is older', () => {
    const events = Array.from({length: 200}, (_, index) => rss(index * 1000, index));
    const {recent} = viewRun([started(), ...events]);
    expect(recent).toHaveLength(61);
    expect((recent.at(-1)?.atMs ?? 0) - (recent[0]?.atMs ?? 0)).toBe(60_000);
  });
});

describe('a view', () => {
  test('has no usage before the first sample and between attempts', () => {
    expect(viewRun([started()]).usage).toBeUndefined();
    const attemptEnd = restartedRun().findIndex(({kind}) => kind === 'attempt_ended');
    expect(viewRun(restartedRun().slice(0, attemptEnd + 1)).usage).toBeUndefined();
  });

  test('keeps the latest of the figures that not every sample has, the proportional size not for long', () => {
    const first = sampled(0, {
      memory: {rssBytes: 2, pssBytes: 1, swapBytes: 5},
      process: {fileDescriptors: 7},
    });
    const later = (offsetMs: number) =>
      viewRun([started(), first, rss(offsetMs / 2, 1), sampled(offsetMs, {memory: {rssBytes: 3}})]);
    expect(later(1500).usage?.memory).toEqual({rssBytes: 3, pssBytes: 1, swapBytes: 5});
    const {usage, recent} = later(1600);
    expect(usage?.memory).toEqual({rssBytes: 3, swapBytes: 5});
    expect(usage?.process).toEqual({fileDescriptors: 7});
    expect(recent.at(-1)).toBe(usage);
  });

  test('a proportional size above the resident memory is of another time', () => {
    const first = sampled(0, {memory: {rssBytes: 9, pssBytes: 4}});
    const later = (rssBytes: number) => viewRun([started(), first, sampled(100, {memory: {rssBytes}})]).usage;
    expect(later(4)?.memory.pssBytes).toBe(4);
    expect(later(3)?.memory.pssBytes).toBeUndefined();
  });

  test('follows the state, and an ended run stays so', () => {
    const folder = new RunViewFolder();
    folder.add(started());
    expect(folder.view().state).toBe('starting');
    folder.add(at(1, {kind: 'state_changed', state: 'running'}));
    expect(folder.view().state).toBe('running');
    folder.add(at(2, {kind: 'run_ended', cause: {kind: 'exited'}, exitCode: 0, survivors: []}));
    folder.add(at(2, {kind: 'state_changed', state: 'idle'}));
    expect(folder.view().state).toBe('ended');
  });

  test('has the latest tree', () => {
    const member = {pid: 1, parentPid: 0, name: 'a', cpuTimeMs: 1};
    const tree = (offsetMs: number, omitted: number) =>
      at(offsetMs, {kind: 'tree_sampled', members: [member], omitted});
    expect(viewRun([started(), tree(1, 3), tree(2, 4)]).tree).toEqual({
      members: [member],
      omitted: 4,
      timestampMs: times(2).timestampMs,
    });
  });

  test('has the latest events that are told in words', () => {
    const kinds = viewRun(leakingRun()).latest.map(({kind}) => kind);
    expect(kinds).not.toContain('usage_sampled');
    expect(kinds.at(-1)).toBe('run_ended');
    const many = Array.from({length: 50}, (_, index) =>
      at(index, {kind: 'notice', level: 'info', text: String(index)}),
    );
    expect(viewRun([started(), ...many]).latest).toEqual(many.slice(-20));
  });
});
