import type {ProcessReading, ReadRequest, TreeGlance} from './probe.js';
import {numberOfSameLine, ProcFile, readProcText} from './proc-file.js';
import {countDescriptors, isDead, namesIn, readStatOf} from './procfs-process.js';
import {
  kilobyteLine,
  numberLine,
  parsePids,
  parseStat,
  parseStatm,
  type ProcStat,
  type StatGlance,
} from './procfs-text.js';

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

/**
 * While a process grows, its proportional set size is carried forward for so long, milliseconds, from one reading to
 * the next: what it makes resident is its own.
 */
const CARRIED_FOR_MS = 100;

/** While so few bytes of files and of shared memory come or go, their shares are taken to be the same. */
const SAME_SHARES_BYTES = 2 ** 20;

/** When a proportional set size is asked for, and among whom it is shared. */
export interface PssLook {
  readonly atMs: number;
  /** The pid given out last: what was one's own may be shared with who has been started since. Undefined: is read. */
  readonly lastPid: number | undefined;
  /** What all members together have resident of files and shared memory. */
  readonly sharedBytes: number;
}

interface OwnMemory {
  readonly anonymousBytes: number;
  /** Of files and of shared memory. */
  readonly sharedBytes: number;
}

/** Used again by every glance. */
const seen: StatGlance = {dead: false, faults: 0, ticks: 0, threads: 1};

/** One process of the tree, read through descriptors that stay open while it lives. */
export class ProcfsMember {
  readonly #stat: ProcFile;
  readonly #statm: ProcFile;
  readonly #children: ProcFile;
  readonly #directory: string;
  readonly #status: ProcFile;
  readonly #io: ProcFile;
  /** As read from smaps_rollup, in one walk over its pages. */
  #pss: (PssLook & {readonly pssBytes: number; readonly own: OwnMemory}) | undefined;
  #peakRssBytes: number | undefined;
  #faultsAtPeak = -Infinity;
  /** As in the last reading. */
  #ticks = 0;
  #zombie = false;

  private constructor(
    readonly pid: number,
    readonly startTime: number,
  ) {
    this.#directory = `/proc/${String(pid)}`;
    this.#stat = new ProcFile(`${this.#directory}/stat`);
    this.#statm = new ProcFile(`${this.#directory}/statm`);
    this.#children = new ProcFile(`${this.#directory}/task/${String(pid)}/children`);
    this.#status = new ProcFile(`${this.#directory}/status`);
    this.#io = new ProcFile(`${this.#directory}/io`);
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

  /**
   * Adds what it uses to what is seen of its tree.
   * @returns false when that cannot be told at a glance: it is gone, or has exited since the last reading
   */
  glance(tree: TreeGlance, units: ProcUnits): boolean {
    if (!this.#stat.statGlance(seen) || seen.dead !== this.#zombie) return false;
    tree.cpuGrowthMs += ((seen.ticks - this.#ticks) * 1000) / units.ticksPerSecond;
    if (this.#zombie) return true;
    this.#lookAtPeak(seen.faults);
    const residentPages = this.#statm.number(1);
    if (residentPages < 0) return false;
    tree.rssBytes += residentPages * units.pageBytes;
    tree.virtualBytes += numberOfSameLine(0) * units.pageBytes;
    tree.processes += 1;
    tree.peakRssBytes = Math.max(tree.peakRssBytes, this.#peakRssBytes ?? 0);
    return true;
  }

  /** Pids of its children, those that its other threads started too; to be asked right after {@link glance}. */
  childPidsAtGlance(): number[] {
    return this.childPids(seen);
  }

  /** Pids of its children, those that its other threads started too. */
  childPids({threads}: Pick<ProcStat, 'threads'>): number[] {
    const pids = parsePids(this.#children.read() ?? '');
    if (threads > 1) {
      for (const thread of namesIn(`${this.#directory}/task`)) {
        if (thread === String(this.pid)) continue;
        pids.push(...parsePids(readProcText(`${this.#directory}/task/${thread}/children`) ?? ''));
      }
    }
    return pids;
  }

  reading(stat: ProcStat, units: ProcUnits, request: ReadRequest, look: PssLook): ProcessReading {
    const toMs = (ticks: number): number => (ticks * 1000) / units.ticksPerSecond;
    const reapedTicks = stat.reapedUserTicks + stat.reapedSystemTicks;
    const zombie = isDead(stat);
    this.#zombie = zombie;
    this.#ticks = stat.userTicks + stat.systemTicks + reapedTicks;
    return {
      pid: this.pid,
      startTime: this.startTime,
      parentPid: stat.parentPid,
      name: stat.name,
      zombie,
      cpuTimeMs: toMs(this.#ticks),
      reapedCpuTimeMs: toMs(reapedTicks),
      // The high-water mark before what is resident: of a process that grows it must not be ahead.
      ...(zombie ? {} : this.#costly(stat, request)),
      ...(zombie ? {} : this.#memory(stat, units, request.pss ? look : undefined)),
    };
  }

  close(): void {
    this.#stat.close();
    this.#statm.close();
    this.#children.close();
    this.#status.close();
    this.#io.close();
  }

  /** @param look undefined: without the proportional set size */
  #memory(stat: ProcStat, {pageBytes}: ProcUnits, look: PssLook | undefined): Partial<ProcessReading> {
    const text = this.#statm.read();
    const statm = text === undefined ? undefined : parseStatm(text);
    if (text === undefined || statm === undefined) return {};
    return {
      rssBytes: statm.residentPages * pageBytes,
      virtualBytes: statm.sizePages * pageBytes,
      memoryImage: `${stat.startStack} ${text}`,
      ...(look && this.#proportional(ownMemory(statm, pageBytes), look)),
    };
  }

  /** What it has resident of files and shared memory, bytes; 0 when it is gone. */
  sharedBytes({pageBytes}: ProcUnits): number {
    return Math.max(0, this.#statm.number(2)) * pageBytes;
  }

  /**
   * Reading it takes milliseconds, in which a process may grow by as many megabytes. But an anonymous page that is added
   * is the process's own until somebody is forked, and one that goes was its own at most. So the last reading and the
   * growth since are no more than the truth, as long as nobody is started and nobody maps or leaves what is shared
   * otherwise; and less only as far as others let go of anonymous pages, or this one wrote to shared ones.
   */
  #proportional(now: OwnMemory, look: PssLook): Pick<ProcessReading, 'pssBytes' | 'pssCarried'> {
    const last = this.#pss;
    // What has not grown may have written to shared pages.
    if (
      last !== undefined &&
      carries(last, look, last.own, now) &&
      now.anonymousBytes > last.own.anonymousBytes
    ) {
      return {pssBytes: last.pssBytes + now.anonymousBytes - last.own.anonymousBytes, pssCarried: true};
    }
    const text = readProcText(`${this.#directory}/smaps_rollup`) ?? '';
    const pssBytes = kilobyteLine(text, 'Pss');
    const anonymousBytes = kilobyteLine(text, 'Anonymous');
    const isWhole = pssBytes !== undefined && anonymousBytes !== undefined;
    this.#pss = isWhole ? {...look, pssBytes, own: {...now, anonymousBytes}} : undefined;
    return pssBytes === undefined ? {} : {pssBytes};
  }

  /** What is not read every time, and the high-water mark of memory, which is remembered. */
  #costly({faults}: ProcStat, {details}: ReadRequest): Partial<ProcessReading> {
    const status = this.#lookAtPeak(faults, details);
    const peak = this.#peakRssBytes === undefined ? {} : {peakRssBytes: this.#peakRssBytes};
    return details ? {...peak, ...this.#details(status ?? '')} : peak;
  }

  /** @returns what was read for it, if anything was */
  #lookAtPeak(faults: number, anyway = false): string | undefined {
    if (!anyway && faults - this.#faultsAtPeak < FAULTS_WORTH_A_LOOK) return undefined;
    const status = this.#status.read();
    if (status === undefined) return undefined;
    this.#peakRssBytes = kilobyteLine(status, 'VmHWM');
    this.#faultsAtPeak = faults;
    return status;
  }

  #details(status: string): Partial<ProcessReading> {
    const io = this.#io.read() ?? '';
    const swapBytes = kilobyteLine(status, 'VmSwap');
    const fileDescriptors = countDescriptors(this.pid);
    const readBytes = numberLine(io, 'read_bytes');
    const writtenBytes = numberLine(io, 'write_bytes');
    return {
      ...(swapBytes !== undefined && {swapBytes}),
      ...(fileDescriptors !== undefined && {fileDescriptors}),
      ...(readBytes !== undefined && {readBytes}),
      ...(writtenBytes !== undefined && {writtenBytes}),
    };
  }
}

function ownMemory(
  {residentPages, sharedPages}: {readonly residentPages: number; readonly sharedPages: number},
  pageBytes: number,
): OwnMemory {
  return {
    anonymousBytes: (residentPages - sharedPages) * pageBytes,
    sharedBytes: sharedPages * pageBytes,
  };
}

/** What all of them have resident of files and shared memory, bytes. */
export function sharedBytesOf(members: Iterable<ProcfsMember>, units: ProcUnits): number {
  let bytes = 0;
  for (const member of members) bytes += member.sharedBytes(units);
  return bytes;
}

/** Whether what was read then still tells whose the pages are. */
function carries(then: PssLook, now: PssLook, ownThen: OwnMemory, ownNow: OwnMemory): boolean {
  const isSame = (one: number, other: number): boolean => Math.abs(one - other) <= SAME_SHARES_BYTES;
  return (
    now.lastPid !== undefined &&
    now.lastPid === then.lastPid &&
    now.atMs - then.atMs < CARRIED_FOR_MS &&
    isSame(now.sharedBytes, then.sharedBytes) &&
    isSame(ownNow.sharedBytes, ownThen.sharedBytes)
  );
}
