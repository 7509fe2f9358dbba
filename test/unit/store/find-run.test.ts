import {describe, expect, it} from 'vitest';

import {type Findable, findRun, notFoundText} from '../../../src/core/store/find-run.js';

const RUNS: readonly Findable[] = [
  {runId: 'a1b2c3d4e5f6', name: 'nightly', fate: 'ended', startedTimestampMs: 500},
  {runId: 'a1b2ffffffff', name: 'nightly', fate: 'running', startedTimestampMs: 300},
  {runId: 'a1b2eeeeeeee', name: 'nightly', fate: 'running', startedTimestampMs: 200},
  {runId: 'beef00000000', name: 'old', fate: 'ended', startedTimestampMs: 100},
  {runId: 'beef11111111', name: 'old', fate: 'lost', startedTimestampMs: 150},
  {runId: '123400000000', name: 'a1b2c3', fate: 'running', startedTimestampMs: 50},
  {runId: '567800000000', fate: 'running', startedTimestampMs: 40},
];

describe('a run', () => {
  it.each([
    ['a1b2c3d4e5f6', 'a1b2c3d4e5f6', 'its whole id'],
    ['5678', '567800000000', 'what its id alone begins with'],
    ['a1b2f', 'a1b2ffffffff', 'what its id alone begins with'],
    ['nightly', 'a1b2ffffffff', 'its name: the newest that runs'],
    ['old', 'beef11111111', 'its name: the newest, since none runs'],
    ['a1b2c3', '123400000000', 'its name, though the id of another begins so'],
  ])('is found by %s: %s (%s)', (word, runId) => {
    expect(findRun(word, RUNS)).toEqual({kind: 'found', runId});
  });

  it('is not chosen among several whose ids begin alike, whether they run or not', () => {
    const found = findRun('beef', RUNS);
    expect(found).toEqual({kind: 'ambiguous', candidates: ['beef00000000', 'beef11111111']});
  });

  it.each([
    ['nihgtly', 'nightly'],
    ['567800000001', '567800000000'],
    ['nothing like it', undefined],
    ['', undefined],
  ])('is not found by %j; suggested is %s', (word, suggestion) => {
    expect(findRun(word, RUNS)).toEqual({kind: 'none', ...(suggestion === undefined ? {} : {suggestion})});
  });

  it('is not found where there are none', () => {
    expect(findRun('a', [])).toEqual({kind: 'none'});
  });
});

describe('the message', () => {
  it.each([
    [
      {kind: 'none', suggestion: 'nightly'} as const,
      'no run "x"; did you mean nightly? (limitrun status --all shows them)',
    ],
    [{kind: 'none'} as const, 'no run "x" (limitrun status --all shows them)'],
    [
      {kind: 'ambiguous', candidates: ['xa', 'xb']} as const,
      'several runs begin with "x": xa, xb; say more of the id',
    ],
    [
      {kind: 'ambiguous', candidates: ['xa', 'xb', 'xc', 'xd', 'xe', 'xf']} as const,
      'several runs begin with "x": xa, xb, xc, xd and 2 more; say more of the id',
    ],
  ])('for %j', (found, text) => {
    expect(notFoundText('x', found)).toBe(text);
  });

  it('is not as long as what was typed', () => {
    expect(notFoundText('y'.repeat(5000), {kind: 'none'})).toHaveLength(107);
  });
});
