import type {ReapedTotals} from './probe.js';
import {readProcText} from './proc-file.js';
import {type ProcUnits} from './procfs-member.js';
import {namesIn} from './procfs-process.js';
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
  const disk = reapedDisk();
  if (disk === undefined) return {cpuTimeMs};
  return {
    cpuTimeMs,
    readBytes: Math.max(0, disk.readBytes - (since?.readBytes ?? 0)),
    writtenBytes: Math.max(0, disk.writtenBytes - (since?.writtenBytes ?? 0)),
  };
}

interface DiskBytes {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

function reapedDisk(): DiskBytes | undefined {
  const all = diskIn('/proc/self/io');
  if (all === undefined) return undefined;
  let {readBytes, writtenBytes} = all;
  // Mostly nothing has gone to a disk, and then nobody's share has to be asked for.
  if (readBytes === 0 && writtenBytes === 0) return all;
  for (const thread of namesIn('/proc/self/task')) {
    const own = diskIn(`/proc/self/task/${thread}/io`);
    readBytes -= own?.readBytes ?? 0;
    writtenBytes -= own?.writtenBytes ?? 0;
  }
  return {readBytes, writtenBytes};
}

/** @returns undefined where it may not be read */
function diskIn(file: string): DiskBytes | undefined {
  const text = readProcText(file) ?? '';
  const readBytes = numberLine(text, 'read_bytes');
  const writtenBytes = numberLine(text, 'write_bytes');
  return readBytes === undefined || writtenBytes === undefined ? undefined : {readBytes, writtenBytes};
}
