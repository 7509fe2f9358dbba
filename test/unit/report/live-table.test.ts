import {expect, test} from 'vitest';
import type {RunEvent} from '../../../src/core/record/run-event.js';
import {viewRun} from '../../../src/core/record/run-view.js';
import {liveTable, liveTableRows} from '../../../src/core/report/live-table.js';
import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {PLAIN_STYLE, type TextStyle} from '../../../src/core/report/text-style.js';
import {BUSY_MS, busyRun, promise} from './busy-run.js';
import {
  at,
  leakingRun,
  MIB,
  restartedRun,
  rssViolation,
  sampled,
  started,
  unstartedRun,
} from './sample-runs.js';
import {TAGS} from './tags.js';

const UNICODE: TextStyle = {paint: PLAIN_PAINT, unicode: true};

function frame(
  events: readonly RunEvent[],
  columns: number,
  rows: number,
  elapsedMs = BUSY_MS,
  style = UNICODE,
): string {
  return `\n${liveTable(viewRun(events), {columns, rows}, elapsedMs, style).join('\n')}\n`;
}

test('80 columns', () => {
  expect(frame(busyRun(), 80, 9)).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port 8080 · running · 1 violation ───────────────
                          now          peak      limit                  last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  ▕█████ ▏   84%  ▃▃▄▄▅▅▆▆▇▇▇
    CPU                 90.0%         99.0%                             ▄▇█▅█▃▆█▄▇█
    processes               3             3                             ███████████
    open files             90            90                             ▄▅▅▆▆▇▇████
    disk writes         0 B/s     9.0 MiB/s                             █▆█▇████▄█▁
    time             1 m 10 s                10 m 00 s  ▕▋     ▏   12%
    +1 m 06 s  warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 M…
    "
  `);
});

test('200 columns, high', () => {
  expect(frame(busyRun(), 200, 12)).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port 8080 · running · 1 violation ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
                          now          peak      limit                                                  last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  ▕████████████████████████████████      ▏   84%  ▂▂▂▂▂▃▃▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇
    CPU                 90.0%         99.0%                                                             ▇▇██▁▁▂▃▃▄▄▅▅▆▆▇██▁▁▂▂▃▄▄▅▅▆▆▇▇█▁▁▂▂▃▃▄▄▅▆▆▇▇██▁▂▂▃▃▄▄▅▅▆▇▇█
    processes               3             3                                                             ████████████████████████████████████████████████████████████
    open files             90            90                                                             ▃▃▃▄▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇████████████
    disk reads     40.0 KiB/s    40.0 KiB/s                                                             ▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█▁▁▁▁▁▁█
    disk writes         0 B/s     9.0 MiB/s                                                             ▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁▁▂▃▄▅▆▇██▁
    time             1 m 10 s                10 m 00 s  ▕████▍                                 ▏   12%
    +1 m 06 s  warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 MiB
    "
  `);
});

test('40 columns: sparkline, bar and peak have gone', () => {
  expect(frame(busyRun(), 40, 9)).toMatchInlineSnapshot(`
    "
    ── node leaky.… · running · 1 violation
                     now      limit
    RSS        216.0 MiB  256.0 MiB   84%
    CPU            90.0%
    procs              3
    files             90
    writes         0 B/s
    time        1 m 10 s  10 m 00 s   12%
    +1 m 06 s  warning: resident memory 21…
    "
  `);
  expect(frame(busyRun(), 40, 4)).toMatchInlineSnapshot(`
    "
    ── node leaky.… · running · 1 violation
    memory RSS   216.0 MiB  256.0 MiB   84%
    CPU              90.0%
    time          1 m 10 s  10 m 00 s   12%
    "
  `);
});

test('from 60 down to 20 columns one column after the other goes', () => {
  const shown = [60, 52, 45, 36, 30, 25, 20].map((columns) => frame(busyRun(), columns, 4));
  expect(shown.join('')).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port… · running · 1 violation
    memory RSS   216.0 MiB   216.0 MiB  256.0 MiB   84%
    CPU              90.0%       99.0%
    time          1 m 10 s              10 m 00 s   12%

    ── limitrun · node leaky.j… · running · 1 violation
    memory RSS   216.0 MiB   216.0 MiB  256.0 MiB   84%
    CPU              90.0%       99.0%
    time          1 m 10 s              10 m 00 s   12%

    ── node leaky.js --… · running · 1 violation
    memory RSS   216.0 MiB  256.0 MiB   84%
    CPU              90.0%
    time          1 m 10 s  10 m 00 s   12%

    ── node le… · running · 1 violation
    RSS    216.0 MiB  256.0 MiB   84%
    CPU        90.0%
    time    1 m 10 s  10 m 00 s   12%

    ── running · 1 violation ────
    RSS    216.0 MiB  256.0 MiB
    CPU        90.0%
    time    1 m 10 s  10 m 00 s

    ── running · 1 violation
    RSS    216.0 MiB
    CPU        90.0%
    time    1 m 10 s

    ── running ────────
    RSS    216.0 MiB
    CPU        90.0%
    time    1 m 10 s
    "
  `);
});

test('a single row tells the time and the memory, and what else there is room for', () => {
  const shown = [200, 80, 40, 24, 12].map((columns) => frame(busyRun(), columns, 1));
  expect(shown.join('')).toMatchInlineSnapshot(`
    "
    ── limitrun · running · 1 m 10 s · RSS 216.0 MiB 84% · CPU 90.0% · procs 3 · files 90 · reads 40.0 KiB/s · writes 0 B/s ───────────────────────────────────────────────────────────────────────────────

    ── 1 m 10 s · RSS 216.0 MiB 84% · CPU 90.0% · procs 3 · files 90 ──────────────

    ── 1 m 10 s · RSS 216.0 MiB 84% ───────

    ── RSS 216.0 MiB 84% ──

    ── RSS 216…
    "
  `);
});

test('fewer rows: what is limited stays, then memory, CPU and time', () => {
  const limits = [promise('max_file_descriptors', 64)];
  expect([5, 3, 2].map((rows) => frame(busyRun(limits), 80, rows)).join('')).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port 8080 · running · 1 m 10 s · 1 violation ────
                       now        peak  limit                       last minute
    memory RSS   216.0 MiB   216.0 MiB                              ▃▃▄▄▄▅▅▆▆▆▇▇███
    CPU              90.0%       99.0%                              █▃▅▇█▄▆█▂▄▇█▃▅█
    open files          90          90     64  ▕███████████▏  141%  ▅▅▆▆▇▇█████████

    ── limitrun · node leaky.js --port 8080 · running · 1 m 10 s · 1 violation ────
    memory RSS   216.0 MiB   216.0 MiB                              ▃▃▄▄▄▅▅▆▆▆▇▇███
    open files          90          90     64  ▕███████████▏  141%  ▅▅▆▆▇▇█████████

    ── limitrun · node leaky.js --port 8080 · running · 1 m 10 s · 1 violation ────
    open files   90   90     64  ▕██████████████████▏  141%  ▅▅▅▆▆▇▇▇██████████████
    "
  `);
});

test('no limit at all: no columns for limits', () => {
  expect(frame(busyRun([]), 80, 9)).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port 8080 · running · 1 violation ───────────────
                          now          peak  last minute
    memory RSS      216.0 MiB     216.0 MiB  ▃▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇▇▇███████
    CPU                 90.0%         99.0%  ██▁▂▃▄▅▆▆██▁▂▃▄▅▆▇▇█▁▂▃▄▅▆▇▇█▁▂▃▄▅▅▇██
    processes               3             3  ██████████████████████████████████████
    open files             90            90  ▃▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▆▆▇▇▇▇▇▇▇████████
    disk writes         0 B/s     9.0 MiB/s  ▃▄▆▇█▁▂▄▅▇██▂▃▅▆██▁▃▄▆▇█▁▂▄▅▇██▂▃▅▆██▁
    time             1 m 10 s
    +1 m 06 s  warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 M…
    "
  `);
});

test('ASCII', () => {
  expect(frame(busyRun(), 80, 9, BUSY_MS, PLAIN_STYLE)).toMatchInlineSnapshot(`
    "
    -- limitrun | node leaky.js --port 8080 | running | 1 violation ---------------
                          now          peak      limit                  last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  [#####.]   84%  ---==++****
    CPU                 90.0%         99.0%                             -*#+#-+#=*#
    processes               3             3                             ###########
    open files             90            90                             ===++**####
    disk writes         0 B/s     9.0 MiB/s                             #+#*####=#_
    time             1 m 10 s                10 m 00 s  [#.....]   12%
    +1 m 06 s  warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 M~
    "
  `);
});

test('colours', () => {
  expect(frame(leakingRun().slice(0, -2), 80, 9, 6250, {paint: TAGS, unicode: true})).toMatchInlineSnapshot(`
    "
    <dim>──</dim> <bold>limitrun</bold><dim> · </dim>node app.js<dim> · </dim><green>starting</green><dim> · </dim><red>2 violations</red> <dim>───────────────────────────</dim>
                       <dim>now</dim>        <dim>peak</dim>      <dim>limit</dim>                     <dim>last minute</dim>
    memory PSS   <bold>263.0 MiB</bold>   263.0 MiB  256.0 MiB  <dim>▕</dim><red>█████████</red><dim>▏</dim>  <red>103%</red>             ██
    CPU              <bold>98.2%</bold>       98.2%                                <dim>           ██</dim>
    processes            <bold>3</bold>           3                                <dim>           ██</dim>
    open files          <bold>61</bold>          61                                <dim>           ██</dim>
    time             <bold>6.2 s</bold>               1 m 00 s  <dim>▕</dim><green>▉</green>        <dim>▏</dim>   10%
    <dim>+1.2 s</dim>  SIGTERM to 3 processes (grace period 5 s)
    <dim>+6.2 s</dim>  SIGKILL to 1 process
    "
  `);
});

test('every metric limited, also those that have no row otherwise', () => {
  const limits = [
    promise('max_rss', 256 * MIB),
    promise('max_virtual', 1024 * MIB),
    promise('max_swap', MIB),
    promise('max_percent', 150),
    promise('max_time', 30_000),
    promise('max_processes', 2),
    promise('max_file_descriptors', 100),
    promise('max_read_bps', MIB),
    promise('max_write_bps', 1.5 * MIB, {enforcedBy: 'nobody'}),
    promise('timeout', 90_000),
  ];
  expect(frame(busyRun(limits), 80, 14)).toMatchInlineSnapshot(`
    "
    ── limitrun · node leaky.js --port 8080 · running · 1 violation ───────────────
                          now          peak      limit                  last minute
    memory RSS      216.0 MiB     216.0 MiB  256.0 MiB  ▕█████ ▏   84%  ▃▃▄▄▅▅▆▆▇▇▇
    virtual         900.0 MiB     900.0 MiB    1.0 GiB  ▕█████▎▏   88%  ███████████
    swap                  0 B           0 B    1.0 MiB  ▕      ▏    0%  ▁▁▁▁▁▁▁▁▁▁▁
    CPU                 90.0%         99.0%     150.0%  ▕███▌  ▏   60%  ▃▅▆▄▆▂▄▆▃▅▅
    processes               3             3          2  ▕██████▏  150%  ███████████
    open files             90            90        100  ▕█████▍▏   90%  ▄▄▅▅▅▆▆▇▇██
    disk reads     40.0 KiB/s    40.0 KiB/s  1.0 MiB/s  ▕▏     ▏    4%  ▁▁▁▁▁▁▁▁▁▁▁
    disk writes         0 B/s     9.0 MiB/s  1.5 MiB/s  ▕      ▏    0%  ██████████▁
    CPU time           35.0 s                   30.0 s  ▕██████▏  117%
    time             1 m 10 s                 1 m 30 s  ▕████▋ ▏   78%
    +1 m 06 s  warning: resident memory 210.3 MiB is at 82.1% of the limit 256.0 M…
    "
  `);
});

test('before the first sample, between attempts and after the end', () => {
  expect(frame(leakingRun().slice(0, 2), 80, 9, 40)).toMatchInlineSnapshot(`
    "
    ── limitrun · node app.js · starting ──────────────────────────────────────────
                       now        peak      limit                     last minute
    memory RSS           -           -  256.0 MiB  ▕         ▏
    time             39 ms               1 m 00 s  ▕▏        ▏   <1%
    "
  `);
  expect(frame(restartedRun().slice(0, 5), 80, 9, 1700)).toMatchInlineSnapshot(`
    "
    ── limitrun · node app.js · starting · 1 violation ────────────────────────────
                       now        peak      limit                     last minute
    memory RSS           -   300.0 MiB  256.0 MiB  ▕         ▏                    █
    CPU time             -                  4.0 s  ▕         ▏
    time             1.5 s               1 m 00 s  ▕▏        ▏    2%
    +1.0 s  violation: resident memory 261.0 MiB exceeds the limit 256.0 MiB; poli…
    +1.5 s  attempt 1 ended (resident memory exceeded its limit); starting attempt…
    "
  `);
  expect(frame(restartedRun(), 80, 9, 4501)).toMatchInlineSnapshot(`
    "
    ── limitrun · node app.js · ended · attempt 2 · 4.5 s · 2 violations ──────────
                       now        peak      limit                     last minute
    memory RSS           -   300.0 MiB  256.0 MiB  ▕         ▏                   ██
    CPU time             -                  4.0 s  ▕         ▏
    time             2.0 s               1 m 00 s  ▕▎        ▏    3%
    +4.5 s  the restart breaker opened: resident memory exceeded its limit; no fur…
    +4.5 s  warning: could not end processes 200, 201; still alive
    "
  `);
  expect(frame(unstartedRun(), 80, 9, 5)).toMatchInlineSnapshot(`
    "
    ── limitrun · nosuch\\x1b[31m · ended · 5 ms ───────────────────────────────────
                       now        peak      limit                     last minute
    memory RSS           -           -  256.0 MiB  ▕         ▏
    "
  `);
});

test('names, states and attempts in the title', () => {
  const first = {...started(), name: 'api\u001b[31m server'} as RunEvent;
  const events = (state: 'stopping' | 'backing-off') => [
    first,
    at(1, {kind: 'attempt_started', attempt: 3, pid: 9}),
    at(2, {kind: 'violation_begun', violation: rssViolation(2)}),
    at(3, {kind: 'state_changed', state}),
  ];
  const style = {paint: TAGS, unicode: false};
  expect(frame(events('stopping'), 80, 2, 59_999, style)).toMatchInlineSnapshot(`
    "
    <dim>--</dim> <bold>limitrun</bold><dim> | </dim>api\\x1b[31m server<dim> | </dim><yellow>stopping</yellow><dim> | </dim>attempt 3<dim> | </dim>59.9 s<dim> | </dim><red>1 violation</red>
    time   <bold>1 m 00 s</bold>
    "
  `);
  expect(frame(events('backing-off'), 80, 2, 60_001, style)).toMatchInlineSnapshot(`
    "
    <dim>--</dim> <bold>limitrun</bold><dim> | </dim>api\\x1b[~<dim> | </dim><yellow>waits to restart</yellow><dim> | </dim>attempt 3<dim> | </dim>1 m 00 s<dim> | </dim><red>1 violation</red>
    time   <bold>1 m 00 s</bold>
    "
  `);
});

test('wide characters and marks keep the table aligned', () => {
  const events = [
    started([], ['古い木', '🚀', 'e\u0301', 'x'.repeat(90)]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 9}),
    sampled(9, {memory: {rssBytes: MIB}}),
    at(10, {kind: 'notice', level: 'warning', text: `古い木${'木'.repeat(60)}`}),
  ];
  expect(frame(events, 40, 7, 20)).toMatchInlineSnapshot(`
    "
    ── limitrun · 古い木 🚀 é x… · starting
                       now        peak
    memory RSS     1.0 MiB     1.0 MiB
    time             19 ms
    +10 ms  warning: 古い木木木木木木木木…
    "
  `);
});

test('no rows, or hardly any columns: nothing', () => {
  const view = viewRun(busyRun());
  expect(liveTable(view, {columns: 80, rows: 0}, BUSY_MS, UNICODE)).toEqual([]);
  expect(liveTable(view, {columns: 11, rows: 9}, BUSY_MS, UNICODE)).toEqual([]);
});

test('the table takes at most two fifths of the terminal, and the same before and after the first sample', () => {
  const rowsOf = (events: readonly RunEvent[]) =>
    [0, 3, 4, 5, 6, 10, 24, 30, 50, 200].map((rows) => liveTableRows(viewRun(events), rows));
  expect(rowsOf(busyRun())).toEqual([0, 0, 1, 1, 2, 4, 9, 11, 12, 12]);
  expect(rowsOf(busyRun().slice(0, 1))).toEqual(rowsOf(busyRun()));
  expect(liveTableRows(viewRun(busyRun([promise('max_swap', MIB)])), 50)).toBe(13);
});
