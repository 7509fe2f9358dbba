import type {ReapedTotals} from './probe.js';
import {readProcText} from './proc-file.js';
import {namesIn, type ProcUnits} from './procfs-member.js';
import {numberLine, parseStat} from './procfs-text.js';

/** What limitrun had collected from reaped children when the tree began. */
export type ReapedBaseline = ReapedTotals;

/**
 * What this process has collected from children it has waited for: CPU time from /proc/self/stat (cutime, cstime);
 * disk from /proc/self/io, which holds the reaped children's share too (kernel/exit.c, wait_task_zombie), less what
 * its own threads did.
 * @param since subtracted from the figures
 * @param withDisk disk is ten times as dear to read: a file for each of Node's own threads
 */
export function ownReaped(units: ProcUnits, since?: ReapedBaseline, withDisk = true): ReapedTotals {
  const stat = parseStat(readProcText('/proc/self/stat') ?? '');
  const ticks = stat === undefined ? 0 : stat.reapedUserTicks + stat.reapedSystemTicks;
  const cpuTimeMs = (ticks * 1000) / units.ticksPerSecond - (since?.cpuTimeMs ?? 0);
  if (!withDisk) return {cpuTimeMs};
  const readBytes = reapedBytes('read_bytes', since?.readBytes);
  const writtenBytes = reapedBytes('write_bytes', since?.writtenBytes);
  return {
    cpuTimeMs,
    ...(readBytes === undefined ? {} : {readBytes}),
    ...(writtenBytes === undefined ? {} : {writtenBytes}),
  };
}

function reapedBytes(key: string, since = 0): number | undefined {
  const all = numberLine(readProcText('/proc/self/io') ?? '', key);
  if (all === undefined) return undefined;
  let own = 0;
  for (const thread of namesIn('/proc/self/task')) {
    own += numberLine(readProcText(`/proc/self/task/${thread}/io`) ?? '', key) ?? 0;
  }
  return Math.max(0, all - own - since);
}
