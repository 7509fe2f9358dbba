import {expect, test} from 'vitest';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {viewRun} from '../../../src/core/record/run-view.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import type {TextStyle} from '../../../src/core/report/text-style.js';
import {mostScroll, watchScreen, type WatchScreen} from '../../../src/core/report/watch-screen.js';
import {BUSY_MS, busyRun, promise} from './busy-run.js';
import {at, leakingRun, MIB, restartedRun, sampled, started, unstartedRun} from './sample-runs.js';
import {CODES, tagged} from './tags.js';

const UNICODE: TextStyle = {paint: PLAIN_PAINT, unicode: true};

function settings(columns: number, rows: number, changes: Partial<WatchScreen> = {}): WatchScreen {
  return {
    size: {columns, rows},
    elapsedMs: BUSY_MS,
    style: UNICODE,
    fate: 'running',
    sort: 'memory',
    scroll: 0,
    ...changes,
  };
}

function screen(
  events: readonly RunEvent[],
  columns: number,
  rows: number,
  changes: Partial<WatchScreen> = {},
): string {
  const lines = watchScreen(viewRun(events), settings(columns, rows, changes));
  expect(lines).toHaveLength(rows);
  return tagged(`\n${lines.join('\n')}\n`);
}

test('80x24', () => {
  expect(screen(busyRun(), 80, 24)).toMatchInlineSnapshot(`
    "
    ── node leaky.js --port 8… · run-1 · running · 1 m 10 s · pid 4242 · 1 violation
                          now          peak      limit                   last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  ▕█████▉ ▏   84%  ▃▃▄▄▅▅▆▆▇▇▇
    CPU                 90.0%         99.0%                              ▄▇█▅█▃▆█▄▇█
    processes               3             3                              ███████████
    open files             90            90                              ▄▅▅▆▆▇▇████
    disk reads     40.0 KiB/s    40.0 KiB/s                              ▁████▁███▁█
    disk writes         0 B/s     9.0 MiB/s                              █▆█▇████▄█▁
    time             1 m 10 s                10 m 00 s  ▕▊      ▏   12%
    ── limits ──────────────────────────────────────────────────────────────────────
    limit      at most  policy             kept by
    max_rss  256.0 MiB  graceful_shutdown  sampled about every 1.0 s
    timeout  10 m 00 s  graceful_shutdown  kept by a timer
    ── violations · 1 warning ──────────────────────────────────────────────────────
         time  limit         peak         of  severity  policy             action
    +1 m 06 s  max_rss  216.0 MiB  256.0 MiB  warning   graceful_shutdown  none
    ── processes · by memory ───────────────────────────────────────────────────────
        pid         RSS  share      CPU  command
       4242   150.0 MiB    69%    70.1%  node leaky.js --port 8080
       4250     2.0 MiB     1%        -  └ sh -c w & w
       4251    60.0 MiB    28%    20.5%    ├ 古い🚀 x\\x1b[31m
       4252     4.0 MiB     2%    90.0%    └ w small

    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('200x50', () => {
  expect(screen(busyRun(), 200, 50)).toMatchInlineSnapshot(`
    "
    ── node leaky.js --port 8080 · run-1 · running · 1 m 10 s · pid 4242 · 1 violation ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

                          now          peak      limit                                                  last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  ▕████████████████████████████████      ▏   84%  ▂▂▂▂▂▃▃▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇
    CPU                 90.0%         99.0%                                                             ▇▇██▁▁▂▃▃▄▄▅▅▆▆▇██▁▁▂▂▃▄▄▅▅▆▆▇▇█▁▁▂▂▃▃▄▄▅▆▆▇▇██▁▂▂▃▃▄▄▅▅▆▇▇█
    processes               3             3                                                             ████████████████████████████████████████████████████████████
    open files             90            90                                                             ▃▃▃▄▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇████████████
    disk reads     40.0 KiB/s    40.0 KiB/s                                                             ▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█
    disk writes         0 B/s     9.0 MiB/s                                                             ▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁
    time             1 m 10 s                10 m 00 s  ▕████▍                                 ▏   12%

    ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    limit      at most  policy             kept by
    max_rss  256.0 MiB  graceful_shutdown  sampled about every 1.0 s
    timeout  10 m 00 s  graceful_shutdown  kept by a timer

    ── violations · 1 warning ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         time  limit         peak         of  severity  policy             action
    +1 m 06 s  max_rss  216.0 MiB  256.0 MiB  warning   graceful_shutdown  none

    ── processes · by memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        pid         RSS  share      CPU  command
       4242   150.0 MiB    69%    70.1%  node leaky.js --port 8080
       4250     2.0 MiB     1%        -  └ sh -c w & w
       4251    60.0 MiB    28%    20.5%    ├ 古い🚀 x\\x1b[31m
       4252     4.0 MiB     2%    90.0%    └ w small























    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('40x10', () => {
  expect(screen(busyRun(), 40, 10)).toMatchInlineSnapshot(`
    "
    ── node le… · run-1 · running · 1 m 10 s
    memory RSS   216.0 MiB  256.0 MiB   84%
    CPU              90.0%
    time          1 m 10 s  10 m 00 s   12%
    ── violations · 1 warning ──────────────
    +1 m 06 s  max_rss  216.0 MiB  warning
    ── processes · by memory · 1 of 4 ──────
        pid         RSS      CPU  command
       4242   150.0 MiB    70.1%  node leak…
    q quit  k stop  m memory  c CPU
    "
  `);
});

test('20x5, and smaller still', () => {
  expect(screen(busyRun(), 20, 5)).toMatchInlineSnapshot(`
    "
    ── running ─────────
    RSS    216.0 MiB
    CPU        90.0%
    time    1 m 10 s
    q quit  k stop
    "
  `);
  expect(screen(busyRun(), 9, 3)).toMatchInlineSnapshot(`
    "
    ── runni…

    q quit
    "
  `);
  expect(screen(busyRun(), 80, 1)).toMatchInlineSnapshot(`
    "
    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('sorted by CPU: the branch with the busiest process comes first', () => {
  expect(screen(busyRun(), 60, 18, {sort: 'cpu'})).toMatchInlineSnapshot(`
    "
    ── node leaky.js… · run-1 · running · 1 m 10 s · 1 violation
                       now        peak      limit
    memory RSS   216.0 MiB   216.0 MiB  256.0 MiB   84%
    CPU              90.0%       99.0%
    processes            3           3
    time          1 m 10 s              10 m 00 s   12%
    ── limits · 1 of 2 ─────────────────────────────────────────
    limit      at most  policy
    max_rss  256.0 MiB  graceful_shutdown
    ── violations · 1 warning ──────────────────────────────────
         time  limit         peak         of  severity
    +1 m 06 s  max_rss  216.0 MiB  256.0 MiB  warning
    ── processes · by CPU · 1-3 of 4 ───────────────────────────
        pid         RSS  share      CPU  command
       4242   150.0 MiB    69%    70.1%  node leaky.js --port 8…
       4250     2.0 MiB     1%        -  └ sh -c w & w
       4252     4.0 MiB     2%    90.0%    ├ w small
    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('scrolled, and never past the end', () => {
  const view = viewRun(busyRun());
  expect([24, 18, 9, 4].map((rows) => mostScroll(view, settings(60, rows)))).toEqual([0, 1, 3, 0]);
  expect(screen(busyRun(), 60, 9, {scroll: 1})).toMatchInlineSnapshot(`
    "
    ── node leaky.js… · run-1 · running · 1 m 10 s · 1 violation
    memory RSS   216.0 MiB   216.0 MiB  256.0 MiB   84%
    CPU              90.0%       99.0%
    processes            3           3
    time          1 m 10 s              10 m 00 s   12%
    ── processes · by memory · 2 of 4 ──────────────────────────
        pid         RSS  share      CPU  command
       4250     2.0 MiB     1%        -  └ sh -c w & w
    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
  expect(screen(busyRun(), 60, 9, {scroll: 99})).toMatchInlineSnapshot(`
    "
    ── node leaky.js… · run-1 · running · 1 m 10 s · 1 violation
    memory RSS   216.0 MiB   216.0 MiB  256.0 MiB   84%
    CPU              90.0%       99.0%
    processes            3           3
    time          1 m 10 s              10 m 00 s   12%
    ── processes · by memory · 4 of 4 ──────────────────────────
        pid         RSS  share      CPU  command
       4252     4.0 MiB     2%    90.0%    └ w small
    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
  expect(mostScroll(viewRun(busyRun().slice(0, 4)), settings(60, 9))).toBe(0);
});

test('colours, and a question in the place of the keys', () => {
  const events = leakingRun().slice(0, -2);
  expect(
    screen(events, 80, 16, {
      elapsedMs: 6250,
      style: {paint: CODES, unicode: true},
      bottom: 'Stop node app.js? y/n\u001b[2J',
    }),
  ).toMatchInlineSnapshot(`
    "
    <dim>──</> <bold>node app.js</><dim> · </><dim>run-1</><dim> · </><green>starting</><dim> · </>6.2 s<dim> · </>pid 4242<dim> · </><red>2 violations</> <dim>────────────</>
                       <dim>now</>        <dim>peak</>      <dim>limit</>                     <dim>last minute</>
    memory PSS   <bold>263.0 MiB</>   263.0 MiB  256.0 MiB  <dim>▕</><red>█████████</><dim>▏</>  <red>103%</>              ██
    CPU              <bold>98.2%</>       98.2%                                <dim>            ██</>
    processes            <bold>3</>           3                                <dim>            ██</>
    open files          <bold>61</>          61                                <dim>            ██</>
    time             <bold>6.2 s</>               1 m 00 s  <dim>▕</><green>▉</>        <dim>▏</>   10%
    <dim>──</> <bold>limits</> <dim>──────────────────────────────────────────────────────────────────────</>
    <dim>limit</>      <dim>at most</>  <dim>policy</>             <dim>kept by</>
    max_rss  256.0 MiB  graceful_shutdown  sampled about every 100 ms
    timeout   1 m 00 s  graceful_shutdown  kept by a timer
    <dim>──</> <bold>violations</><dim> · </><red>1 critical</><dim> · </><yellow>1 warning</><dim> · </><dim>latest first</> <dim>──────────────────────────</>
       <dim>time</>  <dim>limit</>         <dim>peak</>         <dim>of</>  <dim>severity</>  <dim>policy</>          <dim>action</>
     +1.2 s  max_rss  263.0 MiB  256.0 MiB  <red>critical</>  graceful_shut…  SIGTERM to 3 …
    +900 ms  max_rss  255.0 MiB  256.0 MiB  <yellow>warning</>   graceful_shut…  none
    <bold>Stop node app.js? y/n\\x1b[2J</>
    "
  `);
});

test('a run that is over: how it ended, its attempts, nothing to stop', () => {
  expect(screen(restartedRun(), 80, 24, {elapsedMs: 4501, fate: 'ended'})).toMatchInlineSnapshot(`
    "
    ── node app.js · run-1 · ended · attempt 2 · 4.5 s · pid 200 · 2 violations ────
    limitrun: ended: the restart breaker opened after 2 attempts; resident memory e…

    memory RSS           -   300.0 MiB  256.0 MiB  ▕         ▏                    ██
    CPU time             -                  4.0 s  ▕         ▏
    time             2.0 s               1 m 00 s  ▕▎        ▏    3%

    ── limits ──────────────────────────────────────────────────────────────────────
    limit       at most  policy             kept by
    max_rss   256.0 MiB  graceful_shutdown  sampled about every 100 ms
    timeout    1 m 00 s  graceful_shutdown  kept by a timer
    max_time      4.0 s  graceful_shutdown  sampled about every 100 ms

    ── violations · 2 critical · latest first ──────────────────────────────────────
      time  limit         peak         of  severity  policy   action
    +3.5 s  max_rss  261.0 MiB  256.0 MiB  critical  restart  none
    +1.0 s  max_rss  261.0 MiB  256.0 MiB  critical  restart  none

    ── attempts · latest first ─────────────────────────────────────────────────────
    attempt  pid   began   took   peak RSS  CPU time  ended
          2  200  +2.5 s  2.0 s  290.0 MiB    650 ms  resident memory exceeded its …
          1  100   +1 ms  1.5 s  300.0 MiB    800 ms  resident memory exceeded its …

    q quit  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
  expect(screen(unstartedRun(), 80, 8, {elapsedMs: 5, fate: 'ended'})).toMatchInlineSnapshot(`
    "
    ── nosuch\\x1b[31m · run-1 · ended · 5 ms ───────────────────────────────────────
    limitrun: nosuch\\x1b[31m: command not found (exit code 127)
    memory RSS           -           -  256.0 MiB  ▕         ▏
    ── limits ──────────────────────────────────────────────────────────────────────
    limit      at most  policy             kept by
    max_rss  256.0 MiB  graceful_shutdown  sampled about every 100 ms

    q quit  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('a run whose limitrun is gone is lost', () => {
  const style = {paint: CODES, unicode: false};
  expect(screen(leakingRun().slice(0, 3), 60, 4, {elapsedMs: 100, fate: 'lost', style}))
    .toMatchInlineSnapshot(`
      "
      <dim>--</> <bold>node app.js</><dim> | </><dim>run-1</><dim> | </><red>lost</><dim> | </>100 ms<dim> | </>pid 4242 <dim>----------</>
      <dim>--</> <bold>limits</><dim> | </>1 of 2 <dim>-----------------------------------------</>
      max_rss  256.0 MiB  graceful_shutdown
      <bold>q</> quit  <bold>m</> sort by memory  <bold>c</> sort by CPU  <bold>up/down</> scroll
      "
    `);
});

test('a name: the command has its own line; steps, sustain times and what nobody keeps', () => {
  const limits = [
    promise('max_rss', 128 * MIB, {policy: 'log', sustainMs: 2000}),
    promise('max_rss', 256 * MIB),
    promise('max_write_bps', MIB, {enforcedBy: 'nobody'}),
  ];
  const events = [{...started(limits), name: 'nightly'} as RunEvent, ...busyRun(limits).slice(1, 20)];
  expect(screen(events, 100, 20, {elapsedMs: 17_000})).toMatchInlineSnapshot(`
    "
    ── nightly · run-1 · running · 17.0 s · pid 4242 ───────────────────────────────────────────────────
    node app.js

                          now          peak      limit                             last minute
    memory RSS       67.6 MiB      67.6 MiB  128.0 MiB  ▕████████▉        ▏   53%                ▁▁▂▂▂▃▃
    CPU                 19.0%         98.0%                                                      ▁▃▄▆██▂
    processes               3             3                                                      ███████
    open files             37            37                                                      ▅▆▆▇███
    disk reads          0 B/s    40.0 KiB/s                                                      ▁▁█▁▁█▁
    disk writes     7.0 MiB/s     9.0 MiB/s  1.0 MiB/s  ▕█████████████████▏  700%                ███████
    time               17.0 s

    ── limits ──────────────────────────────────────────────────────────────────────────────────────────
    limit            at most    for  policy             kept by
    max_rss        128.0 MiB  2.0 s  log                sampled about every 1.0 s
    max_rss        256.0 MiB         graceful_shutdown  sampled about every 1.0 s
    max_write_bps  1.0 MiB/s         graceful_shutdown  not enforced, because it cannot be measured here


    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});

test('proportional memory where all have it; rings and strangers among the parents; more than were sampled', () => {
  const member = (pid: number, parentPid: number, pssBytes: number) => ({
    pid,
    parentPid,
    name: `p${String(pid)}`,
    rssBytes: 99 * MIB,
    pssBytes,
    cpuTimeMs: 1,
  });
  const chain = Array.from({length: 12}, (_none, index) => member(100 + index, 99 + index, MIB));
  const events = [
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 1}),
    sampled(5, {memory: {rssBytes: 5}}),
    at(9, {
      kind: 'tree_sampled',
      members: [member(1, 2, 5), member(2, 1, 6), member(3, 3, 7), ...chain],
      omitted: 4,
    }),
  ];
  expect(screen(events, 60, 24, {elapsedMs: 10})).toMatchInlineSnapshot(`
    "
    ── node app.js · run-1 · starting · 10 ms · pid 1 ──────────

    memory RSS         5 B         5 B                         █
    time              9 ms

    ── processes · by memory · 1-15 of 19 ──────────────────────
        pid         PSS  share      CPU  command
        100     1.0 MiB     8%        -  p100
        101     1.0 MiB     8%        -  └ p101
        102     1.0 MiB     8%        -    └ p102
        103     1.0 MiB     8%        -      └ p103
        104     1.0 MiB     8%        -        └ p104
        105     1.0 MiB     8%        -          └ p105
        106     1.0 MiB     8%        -  …        └ p106
        107     1.0 MiB     8%        -  …        └ p107
        108     1.0 MiB     8%        -  …        └ p108
        109     1.0 MiB     8%        -  …        └ p109
        110     1.0 MiB     8%        -  …        └ p110
        111     1.0 MiB     8%        -  …        └ p111
          3         7 B    <1%        -  p3
          1         5 B    <1%        -  p1
          2         6 B    <1%        -  └ p2
    … 4 smaller ones
    q quit  k stop  m sort by memory  c sort by CPU  ↑↓ scroll
    "
  `);
});
