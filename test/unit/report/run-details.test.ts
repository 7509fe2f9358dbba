import {expect, test} from 'vitest';

import {PLAIN_PAINT} from '../../../src/core/report/paint.js';
import {type DetailsOptions, runDetails} from '../../../src/core/report/run-details.js';
import type {StoredRun} from '../../../src/core/store/run-store.js';
import {at, MIB, quietRun, started} from './sample-runs.js';
import {everyKind, goingOn, stored} from './stored-runs.js';

const OPTIONS: DetailsOptions = {
  style: {paint: PLAIN_PAINT, unicode: true},
  width: 80,
  nowTimestampMs: Date.UTC(2026, 2, 1, 13, 5),
};
const [RUNNING, , LOST, LEAK, , , RESTARTED, UNSTARTED] = everyKind();

function lines(run: StoredRun | undefined, options: Partial<DetailsOptions> = {}): string[] {
  return run === undefined ? [] : runDetails(run, {...OPTIONS, ...options}).split('\n');
}

test('a run that goes on, at 80 columns', () => {
  expect(lines(RUNNING)).toEqual([
    'run       a1b2c3d4e5f6 (nightly)',
    'command   node app.js',
    'state     running, attempt 1, pid 4242',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'elapsed   1 h 05 m',
    'limits    violation handling internal',
    'memory    ▄▄▄▄▄▄▄▄▄█  now 220.0 MiB, peak 220.0 MiB',
    'CPU                █  now 98.2%, peak 98.2%',
    '',
    'limit              at most  policy             kept by',
    'resident memory  256.0 MiB  graceful_shutdown  sampled about every 100 ms',
    'wall time         1 m 00 s  graceful_shutdown  kept by a timer',
    '',
    'metric                               value      limit  share  source',
    'resident memory (RSS)   peak     220.0 MiB  256.0 MiB  85.9%  procfs',
    'virtual memory          peak     900.0 MiB                    procfs',
    'swap                    peak           0 B                    procfs',
    'processes               peak             3                    procfs',
    'open files              peak            20                    procfs',
    'CPU time                total       900 ms                    procfs',
    'CPU (100 % = one core)  average      81.8%                    procfs',
    'CPU (100 % = one core)  peak         98.2%                    procfs',
    'disk reads              total      4.0 KiB                    procfs',
    'disk writes             total          0 B                    procfs',
    '',
    '   time  limit        value  limit value  severity  policy             action',
    '+900 ms  max_rss  220.0 MiB    256.0 MiB  warning   graceful_shutdown  none',
    '',
    'attempt   pid  how it ended      took   peak RSS  CPU time',
    '      1  4242  goes on       1 h 05 m  220.0 MiB         -',
    '',
    ' pid  process (seen 1h05m ago)        RSS   CPU  growth',
    '4242  node app.js               200.0 MiB',
    '4243  sh                         20.0 MiB  1.5%',
    '… 1 more process',
  ]);
});

test('at 40 columns curves and the least important columns are left out', () => {
  expect(lines(RUNNING, {width: 40})).toEqual([
    'run       a1b2c3d4e5f6 (nightly)',
    'command   node app.js',
    'state     running, attempt 1, pid 4242',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'elapsed   1 h 05 m',
    'limits    violation handling internal',
    'memory    now 220.0 MiB, peak 220.0 MiB',
    'CPU       now 98.2%, peak 98.2%',
    '',
    'limit       at most  policy     kept by',
    'residen…  256.0 MiB  graceful…  sampled…',
    'wall ti…   1 m 00 s  graceful…  kept by…',
    '',
    'metric                  value      limit',
    'resident…  peak     220.0 MiB  256.0 MiB',
    'virtual …  peak     900.0 MiB',
    'swap       peak           0 B',
    'processes  peak             3',
    'open fil…  peak            20',
    'CPU time   total       900 ms',
    'CPU (100…  average      81.8%',
    'CPU (100…  peak         98.2%',
    'disk rea…  total      4.0 KiB',
    'disk wri…  total          0 B',
    '',
    '   time  limit        value  severity',
    '+900 ms  max_rss  220.0 MiB  warning',
    '',
    'attempt  how it en…      took   peak RSS',
    '      1  goes on     1 h 05 m  220.0 MiB',
    '',
    ' pid  process (seen 1h…        RSS   CPU',
    '4242  node app.js        200.0 MiB',
    '4243  sh                  20.0 MiB  1.5%',
    '… 1 more process',
  ]);
});

test('a lost run is not said to use anything now', () => {
  const text = lines(LOST);
  expect(text.slice(0, 9)).toEqual([
    'run       0f0f0f0f0f0f (gone)',
    'command   node app.js',
    'state     lost (limitrun was killed, or the machine restarted)',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'last seen 2026-03-01 12:00:01 UTC',
    'elapsed   1.1 s',
    'limits    violation handling internal',
    'memory    ▄▄▄▄▄▄▄▄▄█  peak 220.0 MiB',
    'CPU                █  peak 98.2%',
  ]);
  expect(text.join('\n')).toContain('not known');
  expect(text.join('\n')).not.toContain('now ');
});

test('a run that was ended for its memory', () => {
  expect(lines(LEAK)).toEqual([
    'run       beef00000000 (leak)',
    'command   node app.js',
    'state     ended: resident memory exceeded 256.0 MiB (exit code 110, forced)',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'elapsed   6.3 s',
    'limits    violation handling internal',
    'memory    ▃▃▃▃▃▃▃▃▃▃▃█  peak 280.0 MiB',
    'CPU                  █  peak 98.2%',
    '',
    'limit              at most  policy             kept by',
    'resident memory  256.0 MiB  graceful_shutdown  sampled about every 100 ms',
    'wall time         1 m 00 s  graceful_shutdown  kept by a timer',
    '',
    'metric                               value      limit   share  source',
    'resident memory (RSS)   peak     280.0 MiB                     procfs',
    'shared once (PSS)       peak     263.0 MiB  256.0 MiB  102.7%  procfs',
    'virtual memory          peak       1.1 GiB                     procfs',
    'swap                    peak           0 B                     procfs',
    'processes               peak             3                     procfs',
    'open files              peak            61                     procfs',
    'CPU time                total        1.2 s                     procfs',
    'CPU (100 % = one core)  average      19.6%                     procfs',
    'CPU (100 % = one core)  peak         98.2%                     procfs',
    'disk reads              total      8.0 KiB                     procfs',
    'disk reads              peak     4.0 KiB/s                     procfs',
    'disk writes             total     10.0 MiB                     procfs',
    'disk writes             peak     9.0 MiB/s                     procfs',
    'wall time               total        6.3 s   1 m 00 s   10.5%  clock',
    '',
    '   time  limit        value  limit value  severity  policy         action',
    '+900 ms  max_rss  255.0 MiB    256.0 MiB  warning   graceful_shu…  none',
    ' +1.2 s  max_rss  263.0 MiB    256.0 MiB  critical  graceful_shu…  SIGTERM to 3…',
    '',
    'attempt   pid  how it ended                            took   peak RSS  CPU time',
    '      1  4242  resident memory exceeded its limit, …  6.3 s  280.0 MiB     1.2 s',
  ]);
});

test('a run with restarts, at 200 columns', () => {
  expect(lines(RESTARTED, {width: 200})).toEqual([
    'run       cafe11111111 (worker)',
    'command   node app.js',
    'state     ended: the restart breaker opened after 2 attempts; resident memory exceeded 256.0 MiB (exit code 118, forced)',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'elapsed   4.5 s',
    'limits    violation handling internal',
    'survivors 200, 201 (could not be ended)',
    'memory    █                        █  peak 300.0 MiB',
    '',
    'limit              at most  policy             kept by',
    'resident memory  256.0 MiB  graceful_shutdown  sampled about every 100 ms',
    'wall time         1 m 00 s  graceful_shutdown  kept by a timer',
    'CPU time             4.0 s  graceful_shutdown  sampled about every 100 ms',
    '',
    'metric                               value      limit   share  source',
    'resident memory (RSS)   peak     300.0 MiB  256.0 MiB  117.2%  procfs',
    'CPU time                total        1.4 s                     procfs',
    'CPU time                longest     800 ms      4.0 s   20.0%  procfs',
    'CPU (100 % = one core)  average      32.2%                     procfs',
    'disk reads              total      1.5 KiB                     procfs',
    'disk writes             total         30 B                     procfs',
    'wall time               total        4.5 s                     clock',
    'wall time               longest      2.0 s   1 m 00 s    3.3%  clock',
    '',
    '  time  limit        value  limit value  severity  policy   action',
    '+1.0 s  max_rss  261.0 MiB    256.0 MiB  critical  restart  none',
    '+3.5 s  max_rss  261.0 MiB    256.0 MiB  critical  restart  none',
    '',
    'attempt  pid  how it ended                                 took   peak RSS  CPU time',
    '      1  100  resident memory exceeded its limit          1.5 s  300.0 MiB    800 ms',
    '      2  200  resident memory exceeded its limit, forced  2.0 s  290.0 MiB    650 ms',
  ]);
});

test('a command that was not found, made harmless', () => {
  expect(lines(UNSTARTED)).toEqual([
    'run       cafe22222222',
    'command   nosuch\\x1b[31m',
    'state     nosuch\\x1b[31m: command not found (exit code 127)',
    'started   2026-03-01 12:00:00 UTC (1h05m ago)',
    'elapsed   5 ms',
    'limits    violation handling internal',
    '',
    'limit              at most  policy             kept by',
    'resident memory  256.0 MiB  graceful_shutdown  sampled about every 100 ms',
  ]);
});

test('curves are drawn in ASCII where the terminal has no Unicode', () => {
  const text = lines(RUNNING, {style: {paint: PLAIN_PAINT, unicode: false}});
  expect(text.find((line) => line.startsWith('memory'))).toMatch(/^memory {4}[_.=+*#-]+ {2}now 220\.0 MiB/);
});

test('a curve of a long run keeps to the terminal', () => {
  const samples = Array.from({length: 3000}, (_, index) =>
    at(1000 + index * 1000, {
      kind: 'usage_sampled',
      usage: {
        ...at(1000 + index * 1000, {kind: 'state_changed', state: 'running'}),
        source: 'procfs',
        memory: {rssBytes: index * MIB},
        cpu: {},
        io: {},
        process: {},
      },
      gapMs: 1000,
    }),
  );
  const run = stored([...goingOn(), ...samples], {runId: 'a1b2c3d4e5f6'});
  for (const width of [40, 80, 200]) {
    for (const line of lines(run, {width}).slice(6, 9)) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('a run without limits, with notices', () => {
  const run = stored(
    [started(), at(1, {kind: 'notice', level: 'warning', text: 'a\u001b[2J'}), ...quietRun().slice(1)],
    {runId: 'r', fate: 'ended'},
  );
  const text = lines(run);
  expect(text).toContain('limits    none');
  expect(text.at(-1)).toBe('notice    a\\x1b[2J');
});

test('of many attempts the first and the last are shown', () => {
  const attempts = Array.from({length: 30}, (_, index) => [
    at(index * 10, {kind: 'attempt_started', attempt: index + 1, pid: 100 + index}),
    at(index * 10 + 5, {
      kind: 'attempt_ended',
      attempt: index + 1,
      cause: {kind: 'exited'},
      exitCode: 1,
      forced: false,
      nextInMs: 5,
    }),
  ]).flat();
  const end = at(400, {kind: 'run_ended', cause: {kind: 'breaker_open'}, exitCode: 118, survivors: []});
  const run = stored([started(), ...attempts, end], {
    runId: 'r',
    fate: 'ended',
  });
  const text = lines(run);
  const header = text.findIndex((line) => line.startsWith('attempt '));
  expect(text.slice(header, header + 12)).toEqual([
    'attempt  pid  how it ended  took  peak RSS  CPU time',
    '      1  100  exit code 1   5 ms         -         -',
    '      2  101  exit code 1   5 ms         -         -',
    '      3  102  exit code 1   5 ms         -         -',
    '      4  103  exit code 1   5 ms         -         -',
    '      5  104  exit code 1   5 ms         -         -',
    '… 20 more attempts',
    '     26  125  exit code 1   5 ms         -         -',
    '     27  126  exit code 1   5 ms         -         -',
    '     28  127  exit code 1   5 ms         -         -',
    '     29  128  exit code 1   5 ms         -         -',
    '     30  129  exit code 1   5 ms         -         -',
  ]);
});

test('a limit that was raised says from what, and a sustain time has a column', () => {
  const promise = {
    limitType: 'max_rss',
    policy: 'restart_adjusted',
    enforcedBy: 'polling',
    everyMs: 50,
  } as const;
  const run = stored(
    [
      started([
        {...promise, policy: 'log', limitValue: 50 * MIB, sustainMs: 1500},
        {...promise, limitValue: 64 * MIB, sustainMs: 0},
      ]),
      at(1, {
        kind: 'attempt_started',
        attempt: 2,
        pid: 9,
        limits: [{limitType: 'max_rss', limitValue: 96 * MIB}],
      }),
    ],
    {runId: 'r'},
  );
  const text = lines(run);
  const header = text.findIndex((line) => line.startsWith('limit '));
  expect(text.slice(header, header + 3)).toEqual([
    'limit                           at most    for  policy            kept by',
    'resident memo…                 50.0 MiB  1.5 s  log               sampled about…',
    'resident memo…  96.0 MiB (was 64.0 MiB)         restart_adjusted  sampled about…',
  ]);
});
