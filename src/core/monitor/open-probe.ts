import {existsSync} from 'node:fs';
import {PIDUSAGE_METRICS} from './pidusage-metrics.js';
import {PidusageProbe} from './pidusage-probe.js';
import type {Probe, ProbeOptions, UsageMetric} from './probe.js';
import {readStatOf} from './procfs-process.js';
import {procfsMetrics} from './procfs-metrics.js';
import {ProcfsProbe} from './procfs-probe.js';

/** The best probe this machine has for the tree below a process. */
export function openProbe(options: ProbeOptions): Probe {
  return hasProcfs() ? new ProcfsProbe(options) : new PidusageProbe(options.rootPid);
}

let hasFiles: boolean | undefined;

/** Whether the kernel's process accounting can be read as files. */
export function hasProcfs(): boolean {
  return (hasFiles ??= existsSync('/proc/self/stat') && existsSync('/proc/self/auxv'));
}

/** The parent of a process, its parent, and so on, as far as they can be told. */
export function ancestorsOf(pid: number): number[] {
  const ancestors: number[] = [];
  for (let parent = parentOf(pid); parent > 0 && !ancestors.includes(parent); parent = parentOf(parent)) {
    ancestors.push(parent);
  }
  return ancestors;
}

function parentOf(pid: number): number {
  if (hasProcfs()) return readStatOf(pid)?.parentPid ?? 0;
  return pid === process.pid ? process.ppid : 0;
}

/** The metrics that the best probe of this machine can tell. */
export function measuredHere(): ReadonlySet<UsageMetric> {
  return hasProcfs() ? procfsMetrics() : PIDUSAGE_METRICS;
}
