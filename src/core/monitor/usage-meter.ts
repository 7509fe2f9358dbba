import type {ProcessReading, TreeReading} from './probe.js';
import {RateWindow} from './rate-window.js';
import type {ResourceUsage, UsageSource} from './resource-usage.js';
import {TreeCounter, type CounterReading} from './tree-counter.js';

export interface Instant {
  readonly atMs: number;
  readonly timestampMs: number;
}

/** Turns readings of single processes into the usage of the tree. Pure but for the counters it remembers. */
export class UsageMeter {
  readonly #cpu: TreeCounter;
  readonly #cpuRate: RateWindow;
  readonly #disk: Record<'read' | 'written', {readonly counter: TreeCounter; readonly rate: RateWindow}>;
  #cpuTimeMs = 0;
  #diskTotals: {readBytes?: number; writtenBytes?: number} = {};

  /**
   * @param begin when the tree began with nothing used yet; absent when it was running before
   * @param reaperPid this process, if it started the tree
   */
  constructor(
    private readonly source: UsageSource,
    begin?: {readonly atMs: number},
    reaperPid?: number,
  ) {
    this.#cpu = new TreeCounter(reaperPid);
    this.#cpuRate = new RateWindow(begin);
    this.#disk = {
      read: {counter: new TreeCounter(), rate: new RateWindow(begin)},
      written: {counter: new TreeCounter(), rate: new RateWindow(begin)},
    };
  }

  add(reading: TreeReading, instant: Instant): ResourceUsage {
    const alive = reading.processes.filter((process) => !process.zombie);
    const timeMs = this.#cpu.add(reading.processes.map(cpuCounter), reading.reaped?.cpuTimeMs);
    this.#cpuTimeMs = timeMs;
    const perMs = this.#cpuRate.add(instant.atMs, timeMs);
    const {memory, fileDescriptors} = sumUp(alive);
    return {
      atMs: instant.atMs,
      timestampMs: instant.timestampMs,
      source: this.source,
      memory,
      cpu: {timeMs, ...(perMs === undefined ? {} : {percent: perMs * 100})},
      io: this.#io(reading, instant.atMs),
      process: {processes: alive.length, ...(fileDescriptors === undefined ? {} : {fileDescriptors})},
    };
  }

  /**
   * Between two readings: what CPU time and percentage are by now.
   * @param growthMs CPU time since the last reading
   */
  cpuAt(atMs: number, growthMs: number, into: {cpuTimeMs: number; cpuPercent: number}): void {
    into.cpuTimeMs = this.#cpuTimeMs + growthMs;
    into.cpuPercent = (this.#cpuRate.add(atMs, into.cpuTimeMs) ?? 0) * 100;
  }

  /** Disk figures are not part of every reading: in between the totals stand and the rates are absent. */
  #io(reading: TreeReading, atMs: number): ResourceUsage['io'] {
    const told = reading.processes.filter((process) => process.readBytes !== undefined);
    const lastOnesGone = reading.processes.every((process) => process.zombie);
    if (told.length === 0 && !(lastOnesGone && reading.reaped?.readBytes !== undefined))
      return this.#diskTotals;
    const {read, written} = this.#disk;
    const readBytes = Math.max(read.counter.add(told.map(readCounter)), reading.reaped?.readBytes ?? 0);
    const writtenBytes = Math.max(
      written.counter.add(told.map(writeCounter)),
      reading.reaped?.writtenBytes ?? 0,
    );
    this.#diskTotals = {readBytes, writtenBytes};
    const readPerMs = read.rate.add(atMs, readBytes);
    const writtenPerMs = written.rate.add(atMs, writtenBytes);
    return {
      ...this.#diskTotals,
      ...(readPerMs === undefined ? {} : {readBytesPerSecond: readPerMs * 1000}),
      ...(writtenPerMs === undefined ? {} : {writtenBytesPerSecond: writtenPerMs * 1000}),
    };
  }
}

/** Sums what the members told; a figure that none of them told is absent. */
function sumUp(alive: readonly ProcessReading[]): {
  memory: ResourceUsage['memory'];
  fileDescriptors: number | undefined;
} {
  const owners = withoutBorrowers(alive);
  const memory: Record<string, number> = {};
  const put = (key: keyof ResourceUsage['memory'], value: number | undefined): void => {
    if (value !== undefined) memory[key] = value;
  };
  put(
    'rssBytes',
    sum(owners, (process) => process.rssBytes),
  );
  put(
    'peakRssBytes',
    highest(alive, (process) => process.peakRssBytes),
  );
  put(
    'virtualBytes',
    sum(owners, (process) => process.virtualBytes),
  );
  put(
    'swapBytes',
    sum(owners, (process) => process.swapBytes),
  );
  if (owners.some((process) => process.pssBytes !== undefined)) {
    // Where a member's share may not be read (another user's process) its whole RSS stands for it.
    put(
      'pssBytes',
      sum(owners, (process) => process.pssBytes ?? process.rssBytes),
    );
  }
  return {memory, fileDescriptors: sum(alive, (process) => process.fileDescriptors)};
}

/**
 * Between `vfork` and `exec` a child runs in its parent's memory, and both show all of it. Such a child is left
 * out: same figures to the page, same stack.
 */
function withoutBorrowers(processes: readonly ProcessReading[]): readonly ProcessReading[] {
  if (processes.length < 2) return processes;
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  return processes.filter((process) => {
    const parent = byPid.get(process.parentPid);
    return process.memoryImage === undefined || parent?.memoryImage !== process.memoryImage;
  });
}

function sum(
  processes: readonly ProcessReading[],
  figure: (process: ProcessReading) => number | undefined,
): number | undefined {
  let total: number | undefined;
  for (const process of processes) {
    const value = figure(process);
    if (value !== undefined) total = (total ?? 0) + value;
  }
  return total;
}

function highest(
  processes: readonly ProcessReading[],
  figure: (process: ProcessReading) => number | undefined,
): number | undefined {
  return processes.reduce<number | undefined>((most, process) => {
    const value = figure(process);
    return value === undefined || (most !== undefined && most >= value) ? most : value;
  }, undefined);
}

const cpuCounter = (process: ProcessReading): CounterReading => ({
  pid: process.pid,
  startTime: process.startTime,
  parentPid: process.parentPid,
  total: process.cpuTimeMs,
  reaped: process.reapedCpuTimeMs,
});

// The kernel adds a reaped child's bytes to its parent's without telling them apart.
const readCounter = (process: ProcessReading): CounterReading => inclusive(process, process.readBytes ?? 0);
const writeCounter = (process: ProcessReading): CounterReading =>
  inclusive(process, process.writtenBytes ?? 0);

const inclusive = (process: ProcessReading, total: number): CounterReading => ({
  pid: process.pid,
  startTime: process.startTime,
  parentPid: process.parentPid,
  total,
  reaped: total,
});
