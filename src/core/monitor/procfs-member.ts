import {readdirSync, statSync} from 'node:fs';
import type {ProcessReading, ReadRequest} from './probe.js';
import {ProcFile, readProcText} from './proc-file.js';
import {kilobyteLine, numberLine, parsePids, parseStat, parseStatm, type ProcStat} from './procfs-text.js';

/** The machine's units of accounting. */
export interface ProcUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

/**
 * The high-water mark of memory is read again after so many page faults: a process that had none has no page more, and
 * so few are 64 KiB at most (with huge pages 32 MiB).
 */
const FAULTS_WORTH_A_LOOK = 16;

/** One process of the tree, read through descriptors that stay open while it lives. */
export class ProcfsMember {
  readonly #stat: ProcFile;
  readonly #statm: ProcFile;
  readonly #children: ProcFile;
  readonly #directory: string;
  #peakRssBytes: number | undefined;
  #faultsAtPeak = -Infinity;

  private constructor(
    readonly pid: number,
    readonly startTime: number,
  ) {
    this.#directory = `/proc/${String(pid)}`;
    this.#stat = new ProcFile(`${this.#directory}/stat`);
    this.#statm = new ProcFile(`${this.#directory}/statm`);
    this.#children = new ProcFile(`${this.#directory}/task/${String(pid)}/children`);
  }

  /** @returns undefined when there is no such process any more */
  static open(pid: number): ProcfsMember | undefined {
    const stat = readStatOf(pid);
    return stat && new ProcfsMember(pid, stat.startTime);
  }

  /** Its stat line now; undefined when it is gone, even if its pid is used again. */
  stat(): ProcStat | undefined {
    const text = this.#stat.read();
    const stat = text === undefined ? undefined : parseStat(text);
    return stat?.startTime === this.startTime ? stat : undefined;
  }

  /** Pages in memory: 0 for a zombie, -1 when it is gone. */
  residentPages(): number {
    return this.#statm.number(1);
  }

  /** Pids of its children, those that its other threads started too. */
  childPids(stat: ProcStat): number[] {
    const pids = parsePids(this.#children.read() ?? '');
    if (stat.threads > 1) {
      for (const thread of namesIn(`${this.#directory}/task`)) {
        if (thread === String(this.pid)) continue;
        pids.push(...parsePids(readProcText(`${this.#directory}/task/${thread}/children`) ?? ''));
      }
    }
    return pids;
  }

  reading(stat: ProcStat, units: ProcUnits, request: ReadRequest): ProcessReading {
    const toMs = (ticks: number): number => (ticks * 1000) / units.ticksPerSecond;
    const reapedTicks = stat.reapedUserTicks + stat.reapedSystemTicks;
    const zombie = isDead(stat);
    return {
      pid: this.pid,
      startTime: this.startTime,
      parentPid: stat.parentPid,
      name: stat.name,
      zombie,
      cpuTimeMs: toMs(stat.userTicks + stat.systemTicks + reapedTicks),
      reapedCpuTimeMs: toMs(reapedTicks),
      ...(zombie ? {} : this.#memory(stat, units)),
      ...(request.pss && !zombie ? this.#proportional() : {}),
      ...(zombie ? {} : this.#costly(stat, request)),
    };
  }

  close(): void {
    this.#stat.close();
    this.#statm.close();
    this.#children.close();
  }

  #memory(stat: ProcStat, units: ProcUnits): Partial<ProcessReading> {
    const text = this.#statm.read();
    const statm = text === undefined ? undefined : parseStatm(text);
    if (text === undefined || statm === undefined) return {};
    return {
      rssBytes: statm.residentPages * units.pageBytes,
      virtualBytes: statm.sizePages * units.pageBytes,
      memoryImage: `${stat.startStack} ${text}`,
    };
  }

  #proportional(): Partial<ProcessReading> {
    const pssBytes = kilobyteLine(readProcText(`${this.#directory}/smaps_rollup`) ?? '', 'Pss');
    return pssBytes === undefined ? {} : {pssBytes};
  }

  /** What is not read every time, and the high-water mark of memory, which is remembered. */
  #costly({faults}: ProcStat, {details}: ReadRequest): Partial<ProcessReading> {
    const status =
      details || faults - this.#faultsAtPeak >= FAULTS_WORTH_A_LOOK
        ? readProcText(`${this.#directory}/status`)
        : undefined;
    if (status !== undefined) {
      this.#peakRssBytes = kilobyteLine(status, 'VmHWM');
      this.#faultsAtPeak = faults;
    }
    const peak = this.#peakRssBytes === undefined ? {} : {peakRssBytes: this.#peakRssBytes};
    return details ? {...peak, ...this.#details(status ?? '')} : peak;
  }

  #details(status: string): Partial<ProcessReading> {
    const io = readProcText(`${this.#directory}/io`) ?? '';
    return withoutUndefined({
      swapBytes: kilobyteLine(status, 'VmSwap'),
      fileDescriptors: countDescriptors(this.pid),
      readBytes: numberLine(io, 'read_bytes'),
      writtenBytes: numberLine(io, 'write_bytes'),
    });
  }
}

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

type Defined<T> = {[K in keyof T]?: Exclude<T[K], undefined>};

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
