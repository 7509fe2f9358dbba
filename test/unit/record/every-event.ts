import type {Happening, RunEvent} from '../../../src/core/record/run-event.js';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {MIB, rssViolation, times} from '../report/sample-runs.js';

const member = {
  pid: 11,
  parentPid: 10,
  name: 'node \u001b[2J',
  args: ['node', 'leaky.js', '\u202e"quoted"\n'],
  rssBytes: 12 * MIB,
  pssBytes: 11 * MIB,
  cpuTimeMs: 1234.5,
  cpuPercent: 12.345,
  growthBytesPerSecond: -3.25,
};

const usage: ResourceUsage = {
  ...times(100.123),
  source: 'cgroup2',
  memory: {rssBytes: 1, peakRssBytes: 2, pssBytes: 3, virtualBytes: 4, swapBytes: 0},
  cpu: {timeMs: 5.5, percent: 99.125},
  io: {readBytes: 6, writtenBytes: 7, readBytesPerSecond: 8.5, writtenBytesPerSecond: 9.75},
  process: {processes: 3, fileDescriptors: 61},
};

const violation = rssViolation(50, {tree: [member], treeOmitted: 3, betweenSamples: true});
const figure = {value: 3.5, source: 'procfs'} as const;

type Bodies = {readonly [K in Happening['kind']]: readonly Omit<Extract<Happening, {kind: K}>, 'kind'>[]};

/** Every kind of event, with all fields that may be absent and without them. One more kind, and it must be here. */
const BODIES: Bodies = {
  run_started: [
    {runId: 'r', command: [], handling: 'disabled', promises: []},
    {
      runId: 'a1b2c3',
      name: 'nightly',
      command: ['node', '', 'a b\u0007\u2028\udc00'],
      handling: 'external',
      promises: [
        {
          limitType: 'max_rss',
          limitValue: 256 * MIB,
          policy: 'restart',
          sustainMs: 500,
          enforcedBy: 'polling',
          everyMs: 100,
        },
        {limitType: 'timeout', limitValue: 1, policy: 'none', sustainMs: 0, enforcedBy: 'timer'},
      ],
      supervisor: {pid: 7, startTime: 12345, bootId: 'b-1', pidNamespace: 'pid:[4026531836]'},
    },
  ],
  state_changed: [{state: 'backing-off'}],
  notice: [{level: 'warning', text: 'careful \u009b31m'}],
  attempt_started: [
    {attempt: 1, pid: 2},
    {attempt: 2, pid: 3, limits: LIMIT_KINDS.map(({type}) => ({limitType: type, limitValue: 0.5}))},
  ],
  usage_sampled: [
    {usage, gapMs: 100.001},
    {usage: {...usage, memory: {}, cpu: {}, io: {}, process: {}}, gapMs: 0},
  ],
  tree_sampled: [{members: [member, {pid: 1, parentPid: 0, name: '', cpuTimeMs: 0}], omitted: 2}],
  checkpoint: [
    {figures: {}, samples: 0, counts: {warning: 0, critical: 0}, openPeaks: []},
    {
      figures: {
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
      },
      samples: 10,
      worstGapMs: 250.5,
      counts: {warning: 1, critical: 2},
      openPeaks: [
        {limitType: 'max_rss', limitValue: 256 * MIB, severity: 'critical', atMs: 1050, peakValue: 1.5},
      ],
      attemptPeakRss: figure,
    },
  ],
  violation_begun: [{violation}, {violation: rssViolation(50)}],
  violation_ended: [
    {ended: {...times(60), violation, peakValue: 300, how: 'subsided'}},
    {ended: {...times(60), violation: rssViolation(50), peakValue: 300, how: 'escalated'}},
  ],
  action_taken: [
    {actor: 'enforcer', violation, text: 'SIGTERM to 1 process'},
    {actor: 'process_control', text: 'SIGKILL to 1 process'},
    {actor: 'limitrun', text: 'hook'},
  ],
  attempt_ended: [
    {attempt: 1, cause: {kind: 'exited'}, forced: false},
    {attempt: 1, cause: {kind: 'signal', signal: 'SIGTERM'}, exitCode: 3, forced: false},
    {
      attempt: 2,
      cause: {kind: 'violation', limitType: 'max_time'},
      signal: 'SIGRTMIN+1',
      forced: true,
      cpuTimeMs: 1,
      readBytes: 2,
      writtenBytes: 3,
      peakGroupBytes: {value: 4, source: 'cgroup2'},
      nextInMs: 1000.5,
    },
  ],
  run_ended: [
    {cause: {kind: 'spawn_failed', code: 'ENOENT', message: 'not found'}, exitCode: 127, survivors: []},
    {cause: {kind: 'breaker_open', limitType: 'max_rss'}, exitCode: 118, survivors: [1, 2]},
    {cause: {kind: 'breaker_open'}, exitCode: 118, survivors: []},
    {cause: {kind: 'fault', message: 'x'}, exitCode: 125, survivors: []},
  ],
};

export const EVENT_KINDS = Object.keys(BODIES) as Happening['kind'][];

/** At least one of every kind. */
export const EVERY_EVENT: readonly RunEvent[] = EVENT_KINDS.flatMap((kind, index) =>
  BODIES[kind].map((body) => ({...times(index * 10), ...body, kind}) as RunEvent),
);
