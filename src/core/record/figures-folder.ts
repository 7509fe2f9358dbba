import type {ResourceUsage} from '../monitor/resource-usage.js';
import {higherFigure} from './higher-figure.js';
import type {RunFigures, Sourced} from './run-record.js';

type PeakName =
  | 'peakRssBytes'
  | 'peakPssBytes'
  | 'peakVirtualBytes'
  | 'peakSwapBytes'
  | 'peakCpuPercent'
  | 'peakProcesses'
  | 'peakFileDescriptors'
  | 'peakReadBytesPerSecond'
  | 'peakWrittenBytesPerSecond';

type TotalName = 'cpuTimeMs' | 'readBytes' | 'writtenBytes';

/**
 * The proportional size is read now and then only. Where the tree was larger by this much at another time, how much it held
 * then is not known, and what was read is no peak.
 */
const PSS_STANDS_FOR = 1.25;

/** What the system told of an attempt after its end. */
type TotalsTold = Partial<Record<TotalName, number>> & Pick<RunFigures, 'peakGroupBytes'>;

const PEAKS: readonly (readonly [PeakName, (usage: ResourceUsage) => number | undefined])[] = [
  ['peakRssBytes', peakRss],
  ['peakPssBytes', (usage) => usage.memory.pssBytes],
  ['peakVirtualBytes', (usage) => usage.memory.virtualBytes],
  ['peakSwapBytes', (usage) => usage.memory.swapBytes],
  ['peakCpuPercent', (usage) => usage.cpu.percent],
  // A sample taken between the end of the last process and its being noticed is no peak.
  ['peakProcesses', (usage) => (usage.process.processes === 0 ? undefined : usage.process.processes)],
  ['peakFileDescriptors', (usage) => usage.process.fileDescriptors],
  ['peakReadBytesPerSecond', (usage) => usage.io.readBytesPerSecond],
  ['peakWrittenBytesPerSecond', (usage) => usage.io.writtenBytesPerSecond],
];

const TOTALS: readonly (readonly [TotalName, (usage: ResourceUsage) => number | undefined])[] = [
  ['cpuTimeMs', (usage) => usage.cpu.timeMs],
  ['readBytes', (usage) => usage.io.readBytes],
  ['writtenBytes', (usage) => usage.io.writtenBytes],
];

/** The tree held at least what one of its members held at its own peak, which may lie between two samples. */
export function peakRss({memory}: ResourceUsage): number | undefined {
  const {rssBytes, peakRssBytes} = memory;
  if (rssBytes === undefined || peakRssBytes === undefined) return rssBytes ?? peakRssBytes;
  return Math.max(rssBytes, peakRssBytes);
}

/** The figures of a run, folded sample by sample: peaks over the run, totals over its attempts. */
export class FiguresFolder {
  readonly #peaks: Partial<Record<PeakName, Sourced>> = {};
  /** Resident memory of the largest tree whose proportional size was read. */
  #readRssBytes = 0;
  /** Totals of the attempts that have ended. */
  readonly #ended: Partial<Record<TotalName, Sourced>> = {};
  /** Totals of the attempt that runs. */
  #current: Partial<Record<TotalName, Sourced>> = {};
  #attemptRuns = false;
  #peakGroup: Sourced | undefined;
  /** What was told by one who has seen every sample. */
  #told: RunFigures = {};

  attemptStarted(): void {
    this.#settle();
    this.#attemptRuns = true;
  }

  usageSampled(usage: ResourceUsage): void {
    for (const [name, valueOf] of PEAKS) {
      const peak = higherFigure(this.#peaks[name], valueOf(usage), usage.source);
      if (peak !== undefined) this.#peaks[name] = peak;
    }
    const {rssBytes = 0, pssBytes} = usage.memory;
    if (pssBytes !== undefined) this.#readRssBytes = Math.max(this.#readRssBytes, rssBytes);
    // A late sample of an attempt that has been settled must not be counted for the next one.
    if (!this.#attemptRuns) return;
    for (const [name, valueOf] of TOTALS) {
      // The highest, not the last: counters of processes that vanish may step back.
      const total = higherFigure(this.#current[name], valueOf(usage), usage.source);
      if (total !== undefined) this.#current[name] = total;
    }
  }

  /**
   * @param told what the system told at the end of the attempt; better than the last sample
   * @returns the CPU time of the attempt, absent when it was not measured
   */
  attemptEnded({peakGroupBytes, ...told}: TotalsTold): Sourced | undefined {
    this.#peakGroup = higher(this.#peakGroup, peakGroupBytes);
    for (const [name] of TOTALS) {
      const value = told[name];
      if (value === undefined || !Number.isFinite(value)) continue;
      // Without a single sample only the kernel's account of exited children can tell it, and that is procfs.
      this.#current[name] = {value, source: this.#current[name]?.source ?? 'procfs'};
    }
    const cpuTime = this.#current.cpuTimeMs;
    this.#settle();
    this.#attemptRuns = false;
    return cpuTime;
  }

  /** Told by one who has seen every sample: some may have been left out of the stream. */
  checkpoint(figures: RunFigures): void {
    this.#told = figures;
  }

  /** @param wallTimeMs of the run so far, for the average */
  figures(wallTimeMs: number): RunFigures {
    const totals: Partial<Record<TotalName, Sourced>> = {};
    for (const [name] of TOTALS) {
      const total = higher(sum(this.#ended[name], this.#current[name]), this.#told[name]);
      if (total !== undefined) totals[name] = total;
    }
    const peakGroupBytes = higher(this.#peakGroup, this.#told.peakGroupBytes);
    const figures = {...this.#peaksTold(), ...totals, ...(peakGroupBytes && {peakGroupBytes})};
    const {cpuTimeMs} = totals;
    if (cpuTimeMs === undefined || wallTimeMs <= 0) return figures;
    const averageCpuPercent = {value: (cpuTimeMs.value / wallTimeMs) * 100, source: cpuTimeMs.source};
    return {...figures, averageCpuPercent};
  }

  #peaksTold(): Partial<Record<PeakName, Sourced>> {
    const {peakPssBytes, ...others} = this.#peaks;
    const peakRssBytes = others.peakRssBytes?.value ?? 0;
    const isPeak = peakPssBytes !== undefined && peakRssBytes <= this.#readRssBytes * PSS_STANDS_FOR;
    const peaks = isPeak ? {...others, peakPssBytes} : others;
    return this.#withTold(peaks);
  }

  #withTold(peaks: Partial<Record<PeakName, Sourced>>): Partial<Record<PeakName, Sourced>> {
    for (const [name] of PEAKS) {
      const peak = higher(peaks[name], this.#told[name]);
      if (peak !== undefined) peaks[name] = peak;
    }
    return peaks;
  }

  #settle(): void {
    for (const [name] of TOTALS) {
      const total = sum(this.#ended[name], this.#current[name]);
      if (total !== undefined) this.#ended[name] = total;
    }
    this.#current = {};
  }
}

function sum(one: Sourced | undefined, other: Sourced | undefined): Sourced | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {value: one.value + other.value, source: other.source};
}

function higher(one: Sourced | undefined, other: Sourced | undefined): Sourced | undefined {
  return other === undefined ? one : higherFigure(one, other.value, other.source);
}
