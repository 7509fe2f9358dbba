import type {TreeGlance} from './probe.js';
import type {ResourceUsage} from './resource-usage.js';

/** Above one of these a sample has to be taken at once; Infinity: never for this figure. */
export interface GlanceBounds {
  readonly rssBytes: number;
  readonly virtualBytes: number;
  readonly processes: number;
  readonly cpuTimeMs: number;
  readonly cpuPercent: number;
}

/** What is higher than ever by this share is worth a sample, for the sake of true peaks. */
const RISE_WORTH_A_SAMPLE = 0.01;
/** Of a percentage, which the kernel's clock tick makes flicker, this much besides. */
const FLICKER_PERCENT = 2;
/** Memory that has grown by this share since the last sample is worth another one. */
const GROWTH_WORTH_A_SAMPLE = 0.1;

/** What is looked at. Members in numbers only, so that a look costs no memory. */
interface Figures {
  rssBytes: number;
  virtualBytes: number;
  processes: number;
  peakRssBytes: number;
  cpuPercent: number;
}

/**
 * Decides whether what was seen of a tree at a glance asks for a sample: a bound is exceeded, memory has grown, or
 * something is higher than it has ever been, so that peaks are those of all looks. Pure.
 */
export class UsageGlance {
  #bounds: GlanceBounds = NO_BOUNDS;
  #sampledRssBytes = 0;
  readonly #highest: Figures = {rssBytes: 0, virtualBytes: 0, processes: 0, peakRssBytes: 0, cpuPercent: 0};

  /** A sample has been taken. @param bounds up to where glances are enough until the next one */
  sampled({memory, cpu, process}: ResourceUsage, bounds: GlanceBounds): void {
    this.#bounds = bounds;
    this.#sampledRssBytes = memory.rssBytes ?? 0;
    const highest = this.#highest;
    highest.rssBytes = Math.max(highest.rssBytes, this.#sampledRssBytes);
    highest.virtualBytes = Math.max(highest.virtualBytes, memory.virtualBytes ?? 0);
    highest.processes = Math.max(highest.processes, process.processes ?? 0);
    highest.peakRssBytes = Math.max(highest.peakRssBytes, memory.peakRssBytes ?? 0);
    highest.cpuPercent = Math.max(highest.cpuPercent, cpu.percent ?? 0);
  }

  asksForSample(
    seen: Readonly<TreeGlance>,
    cpu: {readonly cpuTimeMs: number; readonly cpuPercent: number},
  ): boolean {
    const bounds = this.#bounds;
    return (
      seen.rssBytes > bounds.rssBytes ||
      seen.virtualBytes > bounds.virtualBytes ||
      seen.processes > bounds.processes ||
      cpu.cpuTimeMs > bounds.cpuTimeMs ||
      cpu.cpuPercent > bounds.cpuPercent ||
      seen.rssBytes > this.#sampledRssBytes * (1 + GROWTH_WORTH_A_SAMPLE) ||
      this.#isHigherThanEver(seen, cpu.cpuPercent)
    );
  }

  #isHigherThanEver(seen: Readonly<TreeGlance>, cpuPercent: number): boolean {
    const highest = this.#highest;
    const rise = 1 + RISE_WORTH_A_SAMPLE;
    return (
      seen.rssBytes > highest.rssBytes * rise ||
      seen.virtualBytes > highest.virtualBytes * rise ||
      seen.processes > highest.processes ||
      seen.peakRssBytes > highest.peakRssBytes * rise ||
      cpuPercent > highest.cpuPercent * rise + FLICKER_PERCENT
    );
  }
}

export const NO_BOUNDS: GlanceBounds = {
  rssBytes: Infinity,
  virtualBytes: Infinity,
  processes: Infinity,
  cpuTimeMs: Infinity,
  cpuPercent: Infinity,
};
