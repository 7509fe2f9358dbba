import type {ResourcePolicy} from '../../../src/core/limits/resource-policy.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import type {EndCause, LimitPromise, RunEvent} from '../../../src/core/record/run-event.js';

/** 2026-03-01T12:00:00.000Z. Monotonic times of the samples start at 1000. */
const STARTED_TIMESTAMP_MS = Date.UTC(2026, 2, 1, 12);
const STARTED_AT_MS = 1000;

export const MIB = 1024 * 1024;

type Body<E> = E extends RunEvent ? Omit<E, 'atMs' | 'timestampMs'> : never;

/** An event `offsetMs` after the start of the run. */
export function at(offsetMs: number, body: Body<RunEvent>): RunEvent {
  return {...body, ...times(offsetMs)};
}

export function times(offsetMs: number): {atMs: number; timestampMs: number} {
  return {atMs: STARTED_AT_MS + offsetMs, timestampMs: STARTED_TIMESTAMP_MS + offsetMs};
}

type UsageParts = Partial<Pick<ResourceUsage, 'memory' | 'cpu' | 'io' | 'process' | 'source'>>;

export function sampled(offsetMs: number, parts: UsageParts, gapMs = 100): RunEvent {
  const usage = {
    source: 'procfs',
    memory: {},
    cpu: {},
    io: {},
    process: {},
    ...parts,
    ...times(offsetMs),
  } as const;
  return at(offsetMs, {kind: 'usage_sampled', usage, gapMs});
}

export function started(
  promises: readonly LimitPromise[] = [],
  command: readonly string[] = ['node', 'app.js'],
): RunEvent {
  return at(0, {kind: 'run_started', runId: 'run-1', command, handling: 'internal', promises});
}

export function rssViolation(offsetMs: number, changes: Partial<ResourceViolation> = {}): ResourceViolation {
  return {
    limitType: 'max_rss',
    metric: 'memory.rss',
    unit: 'bytes',
    currentValue: 261 * MIB,
    limitValue: 256 * MIB,
    severity: 'critical',
    policy: 'graceful_shutdown',
    message: 'resident memory 261.0 MiB exceeds the limit 256.0 MiB',
    ...times(offsetMs),
    ...changes,
  };
}

export function rssWarning(
  offsetMs: number,
  policy: ResourcePolicy = 'graceful_shutdown',
): ResourceViolation {
  return rssViolation(offsetMs, {
    severity: 'warning',
    currentValue: 220_515_533,
    policy,
    message: 'resident memory 210.3 MiB is at 82.1% of the limit 256.0 MiB',
  });
}

const RSS_PROMISE: LimitPromise = {
  limitType: 'max_rss',
  limitValue: 256 * MIB,
  policy: 'graceful_shutdown',
  sustainMs: 0,
  enforcedBy: 'polling',
  everyMs: 100,
};
const TIMEOUT_PROMISE: LimitPromise = {
  limitType: 'timeout',
  limitValue: 60_000,
  policy: 'graceful_shutdown',
  sustainMs: 0,
  enforcedBy: 'timer',
};

/** A program that leaks, is warned about, gets SIGTERM, ignores it and is killed. */
export function leakingRun(): RunEvent[] {
  const warning = rssWarning(900);
  const violation = rssViolation(1200);
  return [
    started([RSS_PROMISE, TIMEOUT_PROMISE]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 4242}),
    sampled(100, {
      memory: {rssBytes: 100 * MIB, virtualBytes: 900 * MIB, swapBytes: 0},
      cpu: {timeMs: 80},
      io: {readBytes: 4096, writtenBytes: 0},
      process: {processes: 1, fileDescriptors: 20},
    }),
    at(900, {kind: 'violation_begun', violation: warning}),
    at(1200, {
      kind: 'violation_ended',
      ended: {violation: warning, ...times(1200), peakValue: 255 * MIB, how: 'escalated'},
    }),
    at(1200, {kind: 'violation_begun', violation}),
    sampled(
      1210,
      {
        memory: {rssBytes: 280 * MIB, pssBytes: 263 * MIB, virtualBytes: 1100 * MIB, swapBytes: 0},
        cpu: {timeMs: 900, percent: 98.2},
        io: {
          readBytes: 8192,
          writtenBytes: 10 * MIB,
          readBytesPerSecond: 4096,
          writtenBytesPerSecond: 9 * MIB,
        },
        process: {processes: 3, fileDescriptors: 61},
      },
      112.5,
    ),
    at(1211, {
      kind: 'action_taken',
      actor: 'enforcer',
      violation,
      text: 'SIGTERM to 3 processes (grace period 5 s)',
    }),
    at(6212, {kind: 'action_taken', actor: 'enforcer', violation, text: 'SIGKILL to 1 process'}),
    ...ended(6300, {kind: 'violation', limitType: 'max_rss'}, 110, {
      signal: 'SIGKILL',
      forced: true,
      cpuTimeMs: 1234,
    }),
  ];
}

interface End {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly forced?: boolean;
  readonly cpuTimeMs?: number;
}

/** The end of the only attempt and of the run. */
export function ended(offsetMs: number, cause: EndCause, exitCode: number, end: End = {}): RunEvent[] {
  return [
    at(offsetMs, {kind: 'attempt_ended', attempt: 1, cause, forced: false, ...end}),
    at(offsetMs, {kind: 'run_ended', cause, exitCode, survivors: []}),
  ];
}

/** A command that exits by itself after one sample. */
export function quietRun(exitCode = 0): RunEvent[] {
  return [
    started(),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 4242}),
    sampled(100, {memory: {rssBytes: 2 * MIB}}),
    ...ended(1300, {kind: 'exited'}, exitCode, {exitCode}),
  ];
}

/** A command that was not found: no attempt, no sample. */
export function unstartedRun(): RunEvent[] {
  const cause = {
    kind: 'spawn_failed',
    code: 'ENOENT',
    message: 'nosuch\u001b[31m: command not found',
  } as const;
  return [
    started([RSS_PROMISE], ['nosuch\u001b[31m']),
    at(5, {kind: 'run_ended', cause, exitCode: 127, survivors: []}),
  ];
}

/** Two attempts, each over the limit; then the breaker opens. */
export function restartedRun(): RunEvent[] {
  const cause = {kind: 'violation', limitType: 'max_rss'} as const;
  const policy = 'restart';
  return [
    started([
      RSS_PROMISE,
      TIMEOUT_PROMISE,
      {
        limitType: 'max_time',
        limitValue: 4000,
        policy: 'graceful_shutdown',
        sustainMs: 0,
        enforcedBy: 'polling',
        everyMs: 100,
      },
    ]),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 100}),
    sampled(1000, {
      memory: {rssBytes: 300 * MIB},
      cpu: {timeMs: 700},
      io: {readBytes: 1000, writtenBytes: 10},
    }),
    at(1001, {kind: 'violation_begun', violation: rssViolation(1001, {policy})}),
    at(1500, {
      kind: 'attempt_ended',
      attempt: 1,
      cause,
      signal: 'SIGTERM',
      forced: false,
      cpuTimeMs: 800,
      nextInMs: 1000,
    }),
    at(2500, {kind: 'attempt_started', attempt: 2, pid: 200}),
    sampled(3500, {
      memory: {rssBytes: 290 * MIB},
      cpu: {timeMs: 650},
      io: {readBytes: 500, writtenBytes: 20},
    }),
    at(3501, {kind: 'violation_begun', violation: rssViolation(3501, {policy})}),
    at(4500, {kind: 'attempt_ended', attempt: 2, cause, signal: 'SIGKILL', forced: true}),
    at(4501, {
      kind: 'run_ended',
      cause: {kind: 'breaker_open', limitType: 'max_rss'},
      exitCode: 118,
      survivors: [200, 201],
    }),
  ];
}
