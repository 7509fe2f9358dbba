import type {ProcessReading} from './probe.js';
import type {TreeMember} from './tree-member.js';

/** An early reading of each member is renewed this often, so that there is one of 2.5 to 5 s ago. */
const RENEW_EVERY_MS = 2500;
/** Over less time a rate would be noise: the kernel counts CPU time in steps of 10 ms. */
const SHORTEST_SPAN_MS = 200;

interface Mark {
  readonly startTime: number;
  readonly atMs: number;
  readonly cpuTimeMs: number;
  readonly rssBytes: number | undefined;
}

/**
 * Remembers what each member used a few seconds ago: at most two marks for each process, so that a sample costs one
 * look into a map for each member.
 */
export class MemberTrail {
  #older: ReadonlyMap<number, Mark> = new Map();
  #newer = new Map<number, Mark>();
  #renewedMs = -Infinity;

  /** Takes note of a reading. */
  add(processes: readonly ProcessReading[], atMs: number): void {
    if (atMs - this.#renewedMs >= RENEW_EVERY_MS) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#renewedMs = atMs;
    }
    for (const process of processes) {
      if (this.#newer.get(process.pid)?.startTime !== process.startTime)
        this.#newer.set(process.pid, markOf(process, atMs));
    }
  }

  /** The members that are alive, with their rates up to `atMs`; without arguments. */
  members(processes: readonly ProcessReading[], atMs: number): TreeMember[] {
    return processes
      .filter((process) => !process.zombie)
      .map((process) => ({...figuresOf(process), ...this.#rates(process, atMs)}));
  }

  #rates(process: ProcessReading, atMs: number): Pick<TreeMember, 'cpuPercent' | 'growthBytesPerSecond'> {
    const mark = [this.#older, this.#newer]
      .map((marks) => marks.get(process.pid))
      .find((candidate) => candidate?.startTime === process.startTime);
    if (mark === undefined || atMs - mark.atMs < SHORTEST_SPAN_MS) return {};
    const spanMs = atMs - mark.atMs;
    const cpuPercent = (Math.max(0, ownCpuTimeMs(process) - mark.cpuTimeMs) / spanMs) * 100;
    if (process.rssBytes === undefined || mark.rssBytes === undefined) return {cpuPercent};
    return {cpuPercent, growthBytesPerSecond: ((process.rssBytes - mark.rssBytes) * 1000) / spanMs};
  }
}

function markOf(process: ProcessReading, atMs: number): Mark {
  return {
    startTime: process.startTime,
    atMs,
    cpuTimeMs: ownCpuTimeMs(process),
    rssBytes: process.rssBytes,
  };
}

function figuresOf(process: ProcessReading): TreeMember {
  const {pid, parentPid, name, rssBytes, pssBytes} = process;
  return {
    pid,
    parentPid,
    name,
    ...(rssBytes === undefined ? {} : {rssBytes}),
    ...(pssBytes === undefined ? {} : {pssBytes}),
    cpuTimeMs: ownCpuTimeMs(process),
  };
}

function ownCpuTimeMs({cpuTimeMs, reapedCpuTimeMs}: ProcessReading): number {
  return cpuTimeMs - reapedCpuTimeMs;
}
