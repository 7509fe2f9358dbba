import {existsSync} from 'node:fs';
import {PIDUSAGE_METRICS, PidusageProbe} from './pidusage-probe.js';
import type {Probe, ProbeOptions, UsageMetric} from './probe.js';
import {procfsMetrics, ProcfsProbe} from './procfs-probe.js';

/** The best probe this machine has for the tree below a process. */
export function openProbe(options: ProbeOptions): Probe {
  return hasProcfs() ? new ProcfsProbe(options) : new PidusageProbe(options.rootPid);
}

/** Whether the kernel's process accounting can be read as files. */
export function hasProcfs(): boolean {
  return existsSync('/proc/self/stat') && existsSync('/proc/self/auxv');
}

/** The metrics that the best probe of this machine can tell. */
export function measuredHere(): ReadonlySet<UsageMetric> {
  return hasProcfs() ? procfsMetrics() : PIDUSAGE_METRICS;
}
