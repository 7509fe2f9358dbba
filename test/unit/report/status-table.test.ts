import {Chalk} from 'chalk';
import {expect, test} from 'vitest';

import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {type StatusOptions, statusTable} from '../../../src/core/report/status-table.js';
import {textWidth} from '../../../src/core/report/text-width.js';
import {everyKind, goingOn, stored} from './stored-runs.js';
import {at, MIB, rssViolation, sampled} from './sample-runs.js';

const OPTIONS: StatusOptions = {
  style: {paint: PLAIN_PAINT, unicode: true},
  width: 80,
  nowTimestampMs: Date.UTC(2026, 2, 1, 13, 5),
  all: true,
};

function lines(options: Partial<StatusOptions> = {}, runs = everyKind()): string[] {
  return statusTable({runs, faults: []}, {...OPTIONS, ...options}).split('\n');
}

test('every kind of run, at 80 columns', () => {
  expect(lines()).toEqual([
    'id     name    command    state     att elapsed       RSS of limit CPU proc viol',
    'a1b2c3 nightly node app.… running     1   1h05m 220 of 256 MiB 85% 98%    3 0+1w',
    'a1b2c4 -       curl -s h… backing-…   1   1h05m                  -   -    -    0',
    '0f0f0f gone    node app.… lost        1    1.1s                  -   -    - 0+1w',
    '',
    'id     name   command    outcome      code elapsed  peak RSS CPU time viol   ago',
    'beef00 leak   node app.… memory limit  110    6.3s 280.0 MiB     1.2s 1+1w 1h05m',
    'beef11 -      node app.… exited 3        3    1.3s   2.0 MiB        -    0 1h05m',
    'cafe00 -      make -j8   exited 0        0    1.3s   2.0 MiB        -    0 1h05m',
    'cafe11 worker node app.… breaker open  118    4.5s 300.0 MiB     1.4s    2 1h05m',
    'cafe22 -      nosuch\\x1… not found     127     5ms         -        -    0 1h05m',
  ]);
});

test('every kind of run, at 200 columns: whole words', () => {
  expect(lines({width: 200})).toEqual([
    'id      name     command                                                            state        attempt  elapsed        RSS of limit  CPU  processes      violations',
    'a1b2c3  nightly  node app.js                                                        running            1    1h05m  220 of 256 MiB 85%  98%          3  0 (+1 warning)',
    'a1b2c4  -        curl -s https://example.org/a/very/long/address/that/does/not/fit  backing-off        1    1h05m                   -    -          -               0',
    '0f0f0f  gone     node app.js                                                        lost               1     1.1s                   -    -          -  0 (+1 warning)',
    '',
    'id      name    command         outcome       exit code  attempts  elapsed   peak RSS  CPU time      violations    started',
    'beef00  leak    node app.js     memory limit        110         1     6.3s  280.0 MiB      1.2s  1 (+1 warning)  1h05m ago',
    'beef11  -       node app.js     exited 3              3         1     1.3s    2.0 MiB         -               0  1h05m ago',
    'cafe00  -       make -j8        exited 0              0         1     1.3s    2.0 MiB         -               0  1h05m ago',
    'cafe11  worker  node app.js     breaker open        118         2     4.5s  300.0 MiB      1.4s               2  1h05m ago',
    'cafe22  -       nosuch\\x1b[31m  not found           127         -      5ms          -         -               0  1h05m ago',
  ]);
});

test('at 40 columns the least important columns are left out', () => {
  expect(lines({width: 40})).toEqual([
    'id     comma… state         RSS of limit',
    'a1b2c3 node … running 220 of 256 MiB 85%',
    'a1b2c4 curl … backin…                  -',
    '0f0f0f node … lost                     -',
    '',
    'id     command    outcome       peak RSS',
    'beef00 node app.… memory limit 280.0 MiB',
    'beef11 node app.… exited 3       2.0 MiB',
    'cafe00 make -j8   exited 0       2.0 MiB',
    'cafe11 node app.… breaker open 300.0 MiB',
    'cafe22 nosuch\\x1… not found            -',
  ]);
});

test('in colour and without Unicode', () => {
  const style = {paint: new Chalk({level: 1}), unicode: false};
  expect(lines({style})).toEqual([
    '\u001b[1mid\u001b[22m     \u001b[1mname\u001b[22m    \u001b[1mcommand\u001b[22m    \u001b[1mstate\u001b[22m     \u001b[1matt\u001b[22m \u001b[1melapsed\u001b[22m       \u001b[1mRSS of limit\u001b[22m \u001b[1mCPU\u001b[22m \u001b[1mproc\u001b[22m \u001b[1mviol\u001b[22m',
    'a1b2c3 nightly node app.~ running     1   1h05m \u001b[33m220 of 256 MiB 85%\u001b[39m 98%    3 \u001b[33m0+1w\u001b[39m',
    'a1b2c4 -       curl -s h~ \u001b[33mbacking-~\u001b[39m   1   1h05m                  -   -    -    0',
    '0f0f0f gone    node app.~ \u001b[31mlost\u001b[39m        1    1.1s                  -   -    - \u001b[33m0+1w\u001b[39m',
    '',
    '\u001b[1mid\u001b[22m     \u001b[1mname\u001b[22m   \u001b[1mcommand\u001b[22m    \u001b[1moutcome\u001b[22m      \u001b[1mcode\u001b[22m \u001b[1melapsed\u001b[22m  \u001b[1mpeak RSS\u001b[22m \u001b[1mCPU time\u001b[22m \u001b[1mviol\u001b[22m   \u001b[1mago\u001b[22m',
    'beef00 leak   node app.~ \u001b[31mmemory limit\u001b[39m  110    6.3s 280.0 MiB     1.2s \u001b[31m1+1w\u001b[39m 1h05m',
    'beef11 -      node app.~ \u001b[31mexited 3\u001b[39m        3    1.3s   2.0 MiB        -    0 1h05m',
    'cafe00 -      make -j8   exited 0        0    1.3s   2.0 MiB        -    0 1h05m',
    'cafe11 worker node app.~ \u001b[31mbreaker open\u001b[39m  118    4.5s 300.0 MiB     1.4s    \u001b[31m2\u001b[39m 1h05m',
    'cafe22 -      nosuch\\x1~ \u001b[31mnot found\u001b[39m     127     5ms         -        -    0 1h05m',
  ]);
});

test('without --all those that have ended are not shown', () => {
  const [header, ...rows] = lines({all: false});
  expect(header).toMatch(/^id +name +command +state/);
  expect(rows.map((row) => row.slice(0, 6))).toEqual(['a1b2c3', 'a1b2c4', '0f0f0f']);
});

test('without runs a sentence says so', () => {
  expect(lines({all: false}, [])).toEqual(['no runs; limitrun status --all shows those that ended']);
  expect(lines({all: true}, [])).toEqual(['no runs recorded yet']);
  const ended = everyKind().filter(({fate}) => fate === 'ended');
  expect(lines({all: false}, ended)).toEqual(['no runs; limitrun status --all shows those that ended']);
});

test('ids are as long as it takes to tell them apart, so that they can be typed back', () => {
  const ids = ['aaaaaaaa1111', 'aaaaaaaa2222', 'bbbbbbbbbbbb'];
  const rows = lines(
    {},
    ids.map((runId) => stored(goingOn(), {runId})),
  ).slice(1);
  expect(rows.map((row) => row.split(' ')[0])).toEqual(['aaaaaaaa1', 'aaaaaaaa2', 'bbbbbbbbb']);
});

test('names and commands from outside cannot break the table, nor can wide characters', () => {
  const evil = stored(goingOn(), {
    runId: 'a1b2c3d4e5f6',
    name: '漢字漢字漢字漢字漢字',
    command: ['a\nb', '\u001b[2J', '\u202e', 'x'.repeat(5000)],
  });
  for (const width of [40, 60, 80, 110, 130, 200]) {
    const rows = lines({width}, [evil, ...everyKind()]);
    for (const row of rows) {
      expect(textWidth(row)).toBeLessThanOrEqual(width);
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      expect(row).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
    expect(rows.filter((row) => row.startsWith('a1b2c3'))).toHaveLength(2);
  }
});

test('large figures and a long time fit 80 columns with every column', () => {
  const usage = sampled(1500, {
    memory: {rssBytes: 1536 * MIB},
    cpu: {percent: 1600.4},
    process: {processes: 999},
  });
  const violations = Array.from({length: 12}, (_, index) =>
    at(1600 + index, {kind: 'violation_begun', violation: rssViolation(1600 + index, {policy: 'log'})}),
  );
  const run = stored([...goingOn(), usage, ...violations], {runId: 'a1b2c3d4e5f6', name: 'a-long-name'});
  const nowTimestampMs = OPTIONS.nowTimestampMs + 40 * 3_600_000;
  expect(lines({nowTimestampMs}, [run])).toEqual([
    'id     name    command state   att elapsed         RSS of limit   CPU proc  viol',
    'a1b2c3 a-long… node a… running   1  41h05m 1536 of 256 MiB 600% 1600%  999 12+1w',
  ]);
});
