import {existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {ResourcePolicy} from '../../../src/core/limits/resource-policy.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {violationOf} from '../../../src/core/limits/resource-violation-checker.js';
import type {Attempt} from '../../../src/core/process/attempt.js';
import {
  ProcessControl,
  type AttemptEnd,
  type ProcessControlOptions,
} from '../../../src/core/process/process-control.js';
import type {EndCause} from '../../../src/core/record/run-event.js';
import {isAlive, MARK_VARIABLE} from '../../support/survivors.js';
import {waitFor} from '../../support/wait-for.js';
import {onlyLimit, usageAt} from '../limits/samples.js';
import {gone, markForThisTest} from './real-children.js';

const STOP: EndCause = {kind: 'signal', signal: 'SIGTERM'};
/** Never waited for. */
const LONG_MS = 60_000;

let directory: string;

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  directory = mkdtempSync(join(tmpdir(), 'limitrun-control-'));
});

afterEach(() => {
  rmSync(directory, {recursive: true});
});

interface Run {
  readonly control: ProcessControl;
  readonly attempts: Attempt[];
  readonly ends: AttemptEnd[];
  readonly actions: string[];
  readonly notices: string[];
  readonly exited: number[];
}

/** A run of a shell script in the test's directory; nothing is started yet. */
function runOf(script: string, options: Partial<ProcessControlOptions> = {}): Run {
  const mark = markForThisTest();
  const run: Omit<Run, 'control'> = {attempts: [], ends: [], actions: [], notices: [], exited: []};
  const control = new ProcessControl({
    command: {
      file: '/bin/sh',
      args: ['-c', script],
      workingDirectory: directory,
      environment: {...process.env, [MARK_VARIABLE]: mark},
    },
    marker: `${MARK_VARIABLE}=${mark}`,
    gracePeriodMs: LONG_MS,
    onAttemptStarted: (attempt) => run.attempts.push(attempt),
    onChildExited: (attempt) => run.exited.push(attempt.number),
    onAttemptEnded: (end) => {
      run.ends.push(end);
    },
    onAction: (text) => run.actions.push(text),
    onNotice: (text) => run.notices.push(text),
    ...options,
  });
  return {...run, control};
}

/** What the child has written into a file of the test's directory. */
async function written(name: string): Promise<string> {
  const path = join(directory, name);
  return waitFor(() => existsSync(path) && readFileSync(path, 'utf8').trim(), {what: `the file ${name}`});
}

function violation(policy: ResourcePolicy, severity: 'warning' | 'critical' = 'critical'): ResourceViolation {
  return violationOf(onlyLimit({process: {maxProcesses: 1, policy}}), 2, usageAt(0), severity);
}

const BROKEN: EndCause = {kind: 'violation', limitType: 'max_processes'};
const READY = 'echo ready > ready; ';
const ENDLESS = `${READY}while :; do sleep 1000; done`;
const STUBBORN = `trap "" TERM; ${ENDLESS}`;

test('a child that ends by itself ends the run with its code', async () => {
  const {control, attempts, ends, exited} = runOf('exit 3');
  expect(control.state).toBe('idle');
  expect(control.pid).toBeUndefined();
  control.start();
  expect(control.state).toBe('running');
  expect(await control.ended).toEqual({
    cause: {kind: 'exited'},
    child: {exitCode: 3},
    forced: false,
    survivors: [],
  });
  expect(control.state).toBe('idle');
  expect(attempts.map(({number}) => number)).toEqual([1]);
  expect(exited).toEqual([1]);
  expect(ends).toMatchObject([{cause: {kind: 'exited'}, child: {exitCode: 3}}]);
  expect(ends[0]).not.toHaveProperty('nextInMs');
});

test('a child that dies of a signal of somebody else is told with it', async () => {
  const {control} = runOf('kill -USR1 $$');
  control.start();
  expect(await control.ended).toMatchObject({
    cause: {kind: 'exited'},
    child: {signal: 'SIGUSR1'},
    forced: false,
  });
});

test('a run is started once', async () => {
  const {control, attempts} = runOf('exit 0');
  control.start();
  control.start();
  await control.ended;
  control.start();
  expect(control.state).toBe('idle');
  expect(attempts).toHaveLength(1);
});

test('while the child runs its pid is known', async () => {
  const {control, attempts} = runOf(`echo $$ > pid; ${ENDLESS}`);
  control.start();
  await written('ready');
  expect(control.state).toBe('running');
  expect(control.pid).toBe(Number(await written('pid')));
  expect(attempts[0]?.pid).toBe(control.pid);
  control.kill(STOP);
  await control.ended;
  expect(control.pid).toBeUndefined();
});

test('a graceful stop asks the tree to end', async () => {
  const {control, actions} = runOf(ENDLESS);
  control.start();
  await written('ready');
  control.stop(STOP);
  expect(control.state).toBe('stopping');
  expect(await control.ended).toMatchObject({cause: STOP, child: {signal: 'SIGTERM'}, forced: false});
  expect(actions[0]).toMatch(/^SIGTERM to/);
});

test('who ignores the stop is killed after the grace period', async () => {
  const {control} = runOf(STUBBORN, {gracePeriodMs: 100});
  control.start();
  await written('ready');
  control.stop(STOP);
  expect(await control.ended).toMatchObject({
    cause: STOP,
    child: {signal: 'SIGKILL'},
    forced: true,
    survivors: [],
  });
});

test('a kill asks nobody', async () => {
  const {control, actions} = runOf(STUBBORN);
  control.start();
  await written('ready');
  control.kill(STOP);
  expect(control.state).toBe('terminating');
  expect(await control.ended).toMatchObject({child: {signal: 'SIGKILL'}, forced: true});
  expect(actions).toHaveLength(1);
});

test('the child runs as soon as the start returns, so a stop right after it reaches it', async () => {
  const {control, attempts} = runOf(ENDLESS);
  control.start();
  expect(control.state).toBe('running');
  expect(attempts.map(({pid}) => pid)).toEqual([control.pid]);
  control.stop(STOP);
  expect(control.state).toBe('stopping');
  expect(await control.ended).toMatchObject({cause: STOP, child: {signal: 'SIGTERM'}});
});

test('a signal is passed on, and the child answers for itself', async () => {
  const {control} = runOf(`trap 'exit 7' USR1; ${READY}while :; do sleep 0.01; done`);
  control.start();
  await written('ready');
  control.signal('SIGUSR1', false);
  expect(await control.ended).toMatchObject({cause: {kind: 'exited'}, child: {exitCode: 7}});
});

test('a signal that the child has got from the terminal already is not passed on', async () => {
  const {control} = runOf(`trap 'exit 7' INT; ${READY}while :; do sleep 0.01; done`);
  control.start();
  await written('ready');
  control.signal('SIGINT', true);
  expect(control.state).toBe('running');
  control.signal('SIGINT', false);
  expect(await control.ended).toMatchObject({child: {exitCode: 7}});
});

test('after SIGTERM a child that does not end is killed when its grace period is over', async () => {
  const {control} = runOf(STUBBORN, {gracePeriodMs: 100});
  control.start();
  await written('ready');
  control.signal('SIGTERM', false);
  expect(await control.ended).toMatchObject({cause: STOP, child: {signal: 'SIGKILL'}, forced: true});
});

test('a second signal cuts the grace period short', async () => {
  const {control} = runOf(STUBBORN);
  control.start();
  await written('ready');
  control.signal('SIGTERM', false);
  expect(control.state).toBe('stopping');
  control.signal('SIGINT', false);
  expect(await control.ended).toMatchObject({cause: STOP, child: {signal: 'SIGKILL'}, forced: true});
});

test('what the child leaves in the background is ended with it', async () => {
  const {control, actions} = runOf('sleep 1000 & echo $! > background');
  control.start();
  const end = await control.ended;
  expect(end).toMatchObject({cause: {kind: 'exited'}, child: {exitCode: 0}, forced: false});
  expect(isAlive(Number(await written('background')))).toBe(false);
  expect(actions).toEqual(['SIGTERM to 1 process']);
});

test('what the child leaves in the background may be kept, and is told', async () => {
  const {control, notices, actions} = runOf('sleep 1000 & echo $! > background', {keepBackground: true});
  control.start();
  await control.ended;
  const background = Number(await written('background'));
  expect(isAlive(background)).toBe(true);
  expect(notices).toEqual([expect.stringContaining(String(background))]);
  expect(actions).toEqual([]);
});

test.each([
  ['a command that does not exist', 'nothing-like-it', 'ENOENT'],
  ['a file that may not be executed', '/etc/passwd', 'EACCES'],
])('%s ends the run before it began', async (_, file, code) => {
  const {control, attempts} = runOf('', {command: {file}});
  control.start();
  expect(control.state).toBe('starting');
  expect(await control.ended).toMatchObject({cause: {kind: 'spawn_failed', code}, child: undefined});
  expect(control.state).toBe('failed_start');
  expect(attempts).toEqual([]);
});

test('a violation with the policy graceful_shutdown stops, one with immediate_kill kills', async () => {
  for (const [policy, signal] of [
    ['graceful_shutdown', 'SIGTERM'],
    ['immediate_kill', 'SIGKILL'],
  ] as const) {
    const {control} = runOf(ENDLESS);
    control.start();
    await written('ready');
    unlinkSync(join(directory, 'ready'));
    control.handleViolation(violation(policy));
    expect(await control.ended).toMatchObject({cause: BROKEN, child: {signal}});
  }
});

test('a warning and a policy that ends nothing leave the child alone', async () => {
  const {control, actions} = runOf(ENDLESS);
  control.start();
  await written('ready');
  control.handleViolation(violation('immediate_kill', 'warning'));
  for (const policy of ['none', 'log', 'alert', 'throttle'] as const)
    control.handleViolation(violation(policy));
  expect(control.state).toBe('running');
  expect(actions).toEqual([]);
  control.kill(STOP);
  await control.ended;
});

test('a violation after the child has ended by itself does not change its code', async () => {
  const {control} = runOf('exit 4');
  control.start();
  await control.ended;
  control.handleViolation(violation('immediate_kill'));
  expect(await control.ended).toMatchObject({cause: {kind: 'exited'}, child: {exitCode: 4}});
});

test('a violation that asks to kill cuts a graceful stop short, and the first cause stays', async () => {
  const {control} = runOf(STUBBORN);
  control.start();
  await written('ready');
  control.stop(STOP);
  control.handleViolation(violation('immediate_kill'));
  expect(await control.ended).toMatchObject({cause: STOP, child: {signal: 'SIGKILL'}, forced: true});
});

test('when somebody else ends the tree the run ends with that cause', async () => {
  const {control, attempts} = runOf(ENDLESS);
  control.start();
  await written('ready');
  attempts[0]?.terminator.graceful(LONG_MS, {actor: 'enforcer'});
  control.isEnding(BROKEN);
  expect(await control.ended).toMatchObject({cause: BROKEN, child: {signal: 'SIGTERM'}});
});

const LONG_DELAY = {maxRestarts: 5, delayMs: LONG_MS, backoffRate: 1};
const TWICE = {maxRestarts: 2, delayMs: 1, backoffRate: 2};

test('a restart begins another attempt until the breaker opens', async () => {
  const {control, attempts, ends} = runOf(ENDLESS, {
    restart: TWICE,
    onAttemptStarted: (attempt) => {
      attempts.push(attempt);
      setImmediate(() => {
        control.handleViolation(violation('restart'));
      });
    },
  });
  control.start();
  expect(await control.ended).toMatchObject({
    cause: {kind: 'breaker_open', limitType: 'max_processes'},
    child: {signal: 'SIGTERM'},
  });
  expect(attempts.map(({number}) => number)).toEqual([1, 2, 3]);
  expect(new Set(attempts.map(({pid}) => pid)).size).toBe(3);
  expect(ends.map(({cause, nextInMs}) => [cause.kind, nextInMs])).toEqual([
    ['violation', 1],
    ['violation', 2],
    // The breaker was asked and is open: there is no next one.
    ['violation', undefined],
  ]);
});

test('the next attempt starts only when nothing of the last one is left', async () => {
  let leftAtStart: boolean | undefined;
  const {control, attempts} = runOf(`sleep 1000 & echo $! > background; ${ENDLESS}`, {
    restart: {...TWICE, maxRestarts: 1},
    onAttemptStarted: (attempt) => {
      attempts.push(attempt);
      if (attempt.number === 2) leftAtStart = isAlive(first) || isAlive(background);
    },
  });
  control.start();
  await written('ready');
  const background = Number(await written('background'));
  const first = control.pid ?? 0;
  control.handleViolation(violation('restart'));
  await waitFor(() => attempts.length === 2, {what: 'the second attempt'});
  expect(leftAtStart).toBe(false);
  control.kill(STOP);
  expect(await control.ended).toMatchObject({cause: STOP});
});

test('the end of an attempt is waited for before the next one starts', async () => {
  const order: string[] = [];
  let release: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    release = resolve;
  });
  const {control} = runOf(ENDLESS, {
    restart: {...TWICE, maxRestarts: 1},
    onAttemptStarted: ({number}) => order.push(`start ${String(number)}`),
    onAttemptEnded: async ({attempt}) => {
      order.push(`end ${String(attempt.number)}`);
      await told;
      order.push(`told ${String(attempt.number)}`);
    },
  });
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  await waitFor(() => order.includes('end 1'), {what: 'the end of the first attempt'});
  expect(control.state).toBe('backing-off');
  release();
  await waitFor(() => order.includes('start 2'), {what: 'the second attempt'});
  control.kill(STOP);
  await control.ended;
  expect(order).toEqual(['start 1', 'end 1', 'told 1', 'start 2', 'end 2', 'told 2']);
});

test('without restarts allowed the first one opens the breaker', async () => {
  const {control, attempts} = runOf(ENDLESS);
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  expect(await control.ended).toMatchObject({cause: {kind: 'breaker_open', limitType: 'max_processes'}});
  expect(attempts).toHaveLength(1);
});

test('a command that cannot be started again ends the run as not started', async () => {
  const script = join(directory, 'program');
  writeFileSync(script, `#!/bin/sh\n${ENDLESS}\n`, {mode: 0o755});
  const environment = {...process.env, [MARK_VARIABLE]: markForThisTest()};
  const {control, ends} = runOf('', {
    command: {file: script, workingDirectory: directory, environment},
    restart: TWICE,
  });
  control.start();
  await written('ready');
  unlinkSync(script);
  control.handleViolation(violation('restart'));
  expect(await control.ended).toMatchObject({
    cause: {kind: 'spawn_failed', code: 'ENOENT'},
    child: undefined,
  });
  expect(control.state).toBe('failed_start');
  expect(ends).toHaveLength(1);
});

test('a child that ends by itself is started again as the policy says, by rules of its own', async () => {
  const {control, attempts, ends} = runOf('exit 3', {
    restart: LONG_DELAY,
    restartPolicy: 'on-failure',
    exitRestart: {maxRestarts: 2, delayMs: 10, backoffRate: 1, jitter: 1},
    random: () => 0.75,
  });
  control.start();
  expect(await control.ended).toMatchObject({cause: {kind: 'breaker_open'}, child: {exitCode: 3}});
  expect(attempts.map(({number}) => number)).toEqual([1, 2, 3]);
  expect(ends.map(({cause, nextInMs}) => [cause.kind, nextInMs])).toEqual([
    ['exited', 15],
    ['exited', 15],
    ['exited', undefined],
  ]);
});

test('restarts after an exit and after a violation count together', async () => {
  const rules = {maxRestarts: 1, delayMs: 1, backoffRate: 1};
  const {control, attempts} = runOf(`[ -e again ] && { ${ENDLESS}; }; touch again; exit 1`, {
    restart: rules,
    restartPolicy: 'always',
  });
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  expect(await control.ended).toMatchObject({cause: {kind: 'breaker_open', limitType: 'max_processes'}});
  expect(attempts).toHaveLength(2);
});

test('an attempt that was up for the stable time counts as a success, the time to end it not included', async () => {
  const rules = {maxRestarts: 1, delayMs: 1, backoffRate: 1, stableMs: LONG_MS};
  let laterMs = 0;
  const clock = {nowMs: () => performance.now() + laterMs, timestampMs: () => 0};
  const {control, attempts} = runOf(ENDLESS, {
    restart: rules,
    clock,
    onAttemptStarted: (attempt) => {
      attempts.push(attempt);
      laterMs += attempt.number < 3 ? LONG_MS : 0;
      setImmediate(() => {
        control.handleViolation(violation('restart'));
        laterMs += LONG_MS;
      });
    },
  });
  control.start();
  expect(await control.ended).toMatchObject({cause: {kind: 'breaker_open'}});
  // Two stable attempts and the one restart after them.
  expect(attempts.map(({number}) => number)).toEqual([1, 2, 3]);
});

test('a child that ends after an interrupt is not started again under any policy', async () => {
  const {control, attempts} = runOf(`trap 'exit 1' INT; ${READY}while :; do sleep 0.01; done`, {
    restart: TWICE,
    restartPolicy: 'always',
  });
  control.start();
  await written('ready');
  control.signal('SIGINT', false);
  expect(await control.ended).toMatchObject({cause: {kind: 'exited'}, child: {exitCode: 1}});
  expect(attempts).toHaveLength(1);
});

test.each([
  [
    'a signal',
    (control: ProcessControl): void => {
      control.signal('SIGINT', true);
    },
    {kind: 'signal', signal: 'SIGINT'},
  ],
  [
    'a stop',
    (control: ProcessControl): void => {
      control.stop(BROKEN);
    },
    BROKEN,
  ],
  [
    'a kill',
    (control: ProcessControl): void => {
      control.kill(BROKEN);
    },
    BROKEN,
  ],
] as const)('%s during the back-off ends the run at once', async (_, act, cause) => {
  const {control, ends, attempts} = runOf(ENDLESS, {restart: LONG_DELAY});
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  await waitFor(() => ends.length === 1, {what: 'the end of the first attempt'});
  expect(control.state).toBe('backing-off');
  expect(ends[0]?.nextInMs).toBe(LONG_MS);
  act(control);
  expect(await control.ended).toMatchObject({cause, child: undefined});
  expect(attempts).toHaveLength(1);
});

test('a signal that asks for nothing does not end the back-off', async () => {
  const {control, ends} = runOf(ENDLESS, {restart: LONG_DELAY});
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  await waitFor(() => ends.length === 1, {what: 'the end of the first attempt'});
  control.signal('SIGUSR1', false);
  control.signal('SIGWINCH', true);
  expect(control.state).toBe('backing-off');
  control.stop(STOP);
  await control.ended;
});

test('a signal while the tree is being killed for a restart leaves no further attempt', async () => {
  const {control, attempts} = runOf(STUBBORN, {restart: TWICE});
  control.start();
  await written('ready');
  control.handleViolation(violation('restart'));
  control.signal('SIGTERM', false);
  expect(await control.ended).toMatchObject({cause: BROKEN, child: {signal: 'SIGKILL'}});
  expect(attempts).toHaveLength(1);
});

test('a child that was already ending by itself is waited for', async () => {
  const {control} = runOf(`trap 'exit 9' TERM; ${READY}while :; do sleep 0.01; done`);
  control.start();
  await written('ready');
  const pid = control.pid ?? 0;
  process.kill(pid, 'SIGTERM');
  await gone(pid);
  control.handleViolation(violation('graceful_shutdown'));
  expect(await control.ended).toMatchObject({cause: {kind: 'exited'}, child: {exitCode: 9}});
});
