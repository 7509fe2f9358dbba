import {LIMIT_KINDS, type LimitUnit} from '../limits/resource-limits.js';
import {RESOURCE_POLICIES, VIOLATION_HANDLING_MODES} from '../limits/resource-policy.js';
import type {
  EndedViolation,
  ResourceViolation,
  ViolationMember,
  ViolationSeverity,
} from '../limits/resource-violation.js';
import type {ResourceUsage, UsageSource} from '../monitor/resource-usage.js';
import {
  flag,
  list,
  number,
  object,
  oneOf,
  oneOfList,
  optional,
  text,
  timestamp,
  variants,
} from './json-shape.js';
import type {
  Actor,
  AttemptLimit,
  EndCause,
  KernelCap,
  LimitPromise,
  OpenPeak,
  RunEvent,
  RunStateName,
  Supervisor,
  ViolationCounts,
} from './run-event.js';
import type {RunFigures, Sourced} from './run-record.js';

/*
 * What a run event looks like in JSON, field by field. By hand and not with a library of schemas: this is on the way to
 * the first line of `status`, and loading such a library costs more than reading a record does.
 */

const limitType = oneOfList(LIMIT_KINDS.map(({type}) => type));
const policy = oneOfList(RESOURCE_POLICIES);
const handling = oneOfList(VIOLATION_HANDLING_MODES);
const severity = oneOf<ViolationSeverity>({warning: true, critical: true});
const source = oneOf<UsageSource>({procfs: true, cgroup2: true, cgroup1: true, pidusage: true});
const actor = oneOf<Actor>({enforcer: true, process_control: true, limitrun: true});
const unit = oneOf<LimitUnit>({bytes: true, percent: true, ms: true, count: true, bytesPerSecond: true});
const state = oneOf<RunStateName>({
  idle: true,
  starting: true,
  running: true,
  stopping: true,
  terminating: true,
  'backing-off': true,
  failed_start: true,
});

const times = {atMs: number, timestampMs: timestamp};
const maybe = optional(number);

const signal = (json: unknown): NodeJS.Signals | undefined =>
  typeof json === 'string' && /^SIG[A-Z0-9+-]+$/.test(json) ? (json as NodeJS.Signals) : undefined;

const yes = (json: unknown): true | undefined => (json === true ? true : undefined);
const groupSource = oneOf<KernelCap['source']>({cgroup2: true, cgroup1: true});

const promise = object<LimitPromise>({
  limitType,
  limitValue: number,
  policy,
  sustainMs: number,
  enforcedBy: oneOf<LimitPromise['enforcedBy']>({kernel: true, polling: true, timer: true, nobody: true}),
  everyMs: maybe,
  cap: optional(object<KernelCap>({source: groupSource, value: number})),
  overshoot: optional(text),
});

const supervisor = object<Supervisor>({
  pid: number,
  startTime: maybe,
  bootId: optional(text),
  pidNamespace: optional(text),
});

const usage = object<ResourceUsage>({
  ...times,
  source,
  memory: object<ResourceUsage['memory']>({
    rssBytes: maybe,
    peakRssBytes: maybe,
    pssBytes: maybe,
    virtualBytes: maybe,
    swapBytes: maybe,
  }),
  cpu: object<ResourceUsage['cpu']>({timeMs: maybe, percent: maybe}),
  io: object<ResourceUsage['io']>({
    readBytes: maybe,
    writtenBytes: maybe,
    readBytesPerSecond: maybe,
    writtenBytesPerSecond: maybe,
  }),
  process: object<ResourceUsage['process']>({processes: maybe, fileDescriptors: maybe}),
});

const member = object<ViolationMember>({
  pid: number,
  parentPid: number,
  name: text,
  args: optional(list(text)),
  rssBytes: maybe,
  pssBytes: maybe,
  cpuTimeMs: number,
  cpuPercent: maybe,
  growthBytesPerSecond: maybe,
});

const violation = object<ResourceViolation>({
  ...times,
  limitType,
  metric: text,
  unit,
  currentValue: number,
  limitValue: number,
  severity,
  policy,
  betweenSamples: optional(yes),
  source: optional(groupSource),
  message: text,
  tree: optional(list(member)),
  treeOmitted: maybe,
});

const endedViolation = object<EndedViolation>({
  ...times,
  violation,
  peakValue: number,
  how: oneOf<EndedViolation['how']>({subsided: true, escalated: true}),
});

const sourced = object<Sourced>({value: number, source});
const figure = optional(sourced);

const figures = object<RunFigures>({
  peakRssBytes: figure,
  peakPssBytes: figure,
  peakVirtualBytes: figure,
  peakSwapBytes: figure,
  peakGroupBytes: figure,
  cpuTimeMs: figure,
  averageCpuPercent: figure,
  peakCpuPercent: figure,
  peakProcesses: figure,
  peakFileDescriptors: figure,
  readBytes: figure,
  writtenBytes: figure,
  peakReadBytesPerSecond: figure,
  peakWrittenBytesPerSecond: figure,
});

const cause = variants<EndCause>({
  exited: {},
  violation: {limitType},
  signal: {signal},
  spawn_failed: {code: text, message: text},
  breaker_open: {limitType: optional(limitType)},
  fault: {message: text},
});

/** A run event as JSON.parse gives it: every field of the right kind, and only the fields there are. */
export const eventShape = variants<RunEvent>({
  run_started: {
    ...times,
    runId: text,
    name: optional(text),
    command: list(text),
    handling,
    promises: list(promise),
    supervisor: optional(supervisor),
  },
  state_changed: {...times, state},
  notice: {...times, level: oneOf<'info' | 'warning'>({info: true, warning: true}), text},
  attempt_started: {
    ...times,
    attempt: number,
    pid: number,
    limits: optional(list(object<AttemptLimit>({limitType, limitValue: number}))),
  },
  usage_sampled: {...times, usage, gapMs: number},
  tree_sampled: {...times, members: list(member), omitted: number},
  checkpoint: {
    ...times,
    figures,
    samples: number,
    worstGapMs: maybe,
    counts: object<ViolationCounts>({warning: number, critical: number}),
    openPeaks: list(
      object<OpenPeak>({limitType, limitValue: number, severity, atMs: number, peakValue: number}),
    ),
    attemptPeakRss: figure,
  },
  violation_begun: {...times, violation},
  violation_ended: {...times, ended: endedViolation},
  action_taken: {...times, actor, violation: optional(violation), text},
  attempt_ended: {
    ...times,
    attempt: number,
    cause,
    exitCode: maybe,
    signal: optional(text),
    forced: flag,
    cpuTimeMs: maybe,
    readBytes: maybe,
    writtenBytes: maybe,
    peakGroupBytes: figure,
    nextInMs: maybe,
  },
  run_ended: {...times, cause, exitCode: number, survivors: list(number)},
});
