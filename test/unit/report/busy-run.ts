import type {LimitPromise, RunEvent} from '../../../src/core/record/run-event.js';
import {at, MIB, rssWarning, sampled, started} from './sample-runs.js';

export function promise(
  limitType: LimitPromise['limitType'],
  limitValue: number,
  changes: Partial<LimitPromise> = {},
): LimitPromise {
  const kept =
    limitType === 'timeout'
      ? ({enforcedBy: 'timer'} as const)
      : ({enforcedBy: 'polling', everyMs: 1000} as const);
  return {limitType, limitValue, policy: 'graceful_shutdown', sustainMs: 0, ...kept, ...changes};
}

const LIMITS = [promise('max_rss', 256 * MIB), promise('timeout', 600_000)];
export const BUSY_MS = 70_500;

/** A program that grows for 70 seconds, is warned about once and has two processes below it. */
export function busyRun(limits: readonly LimitPromise[] = LIMITS): RunEvent[] {
  const samples = Array.from({length: 70}, (_none, index) => {
    const second = index + 1;
    return sampled(second * 1000, {
      memory: {rssBytes: (20 + second * 2.8) * MIB, virtualBytes: 900 * MIB, swapBytes: 0},
      cpu: {timeMs: second * 500, percent: (second * 7) % 100},
      io: {
        readBytes: 4096 * second,
        writtenBytes: MIB * second,
        readBytesPerSecond: second % 7 === 0 ? 40_960 : 0,
        writtenBytesPerSecond: (second % 10) * MIB,
      },
      process: {processes: 3, fileDescriptors: 20 + second},
    });
  });
  return [
    started(limits, ['node', 'leaky.js', '--port', '8080']),
    at(1, {kind: 'attempt_started', attempt: 1, pid: 4242}),
    at(2, {kind: 'state_changed', state: 'running'}),
    ...samples.slice(0, 66),
    at(66_010, {kind: 'violation_begun', violation: rssWarning(66_010)}),
    ...samples.slice(66),
    at(70_010, {
      kind: 'tree_sampled',
      omitted: 0,
      members: [
        {
          pid: 4242,
          parentPid: 4200,
          name: 'node',
          args: ['node', 'leaky.js', '--port', '8080'],
          rssBytes: 150 * MIB,
          cpuTimeMs: 900,
          cpuPercent: 70.1,
        },
        {
          pid: 4250,
          parentPid: 4242,
          name: 'sh',
          args: ['sh', '-c', 'w & w'],
          rssBytes: 2 * MIB,
          cpuTimeMs: 9,
        },
        {
          pid: 4252,
          parentPid: 4250,
          name: 'w',
          args: ['w', 'small'],
          rssBytes: 4 * MIB,
          cpuTimeMs: 900,
          cpuPercent: 90,
        },
        {
          pid: 4251,
          parentPid: 4250,
          name: '古い🚀',
          args: ['w', 'x\u001b[31m'],
          rssBytes: 60 * MIB,
          cpuTimeMs: 900,
          cpuPercent: 20.5,
        },
      ],
    }),
  ];
}
