import {readdirSync, statSync} from 'node:fs';
import {readProcText} from './proc-file.js';
import {parseStat, type ProcStat} from './procfs-text.js';

/** The stat line of a pid, whoever has it now. */
export function readStatOf(pid: number): ProcStat | undefined {
  const text = readProcText(`/proc/${String(pid)}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Exited: a zombie (Z), or just being removed (X). */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X' || stat.state === 'x';
}

/** The names in a directory under /proc; none when it is gone or not ours to read. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** How many files a process has open; undefined when it may not be told. */
export function countDescriptors(pid: number): number | undefined {
  const directory = `/proc/${String(pid)}/fd`;
  try {
    // Since Linux 6.2 the directory's size is the count; before, it is 0 and the entries have to be counted.
    return statSync(directory).size || readdirSync(directory).length;
  } catch {
    return undefined;
  }
}
