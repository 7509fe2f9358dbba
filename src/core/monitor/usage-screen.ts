import type {TreeScreening} from './probe.js';
import type {ResourceUsage} from './resource-usage.js';
import {FAST_GROWTH_PER_MS, gapUntil, gapUntilCount, SHORTEST_GAP_MS} from './screen-gap.js';

/** Above one of these a sample has to be taken at once; Infinity: never for this figure. */
export interface ScreenBounds {
  readonly rssBytes: number;
  readonly processes: number;
}

/** Memory that has grown by this share since the last sample is worth another one, for the sake of true peaks. */
const GROWTH_WORTH_A_SAMPLE = 0.1;
/** But not sooner than this after the last one, milliseconds. */
const SOONEST_SAMPLE_MS = 5;
/** Where the limit can be reached within a millisecond, a look comes after less than that, and this at the least. */
const SHORTEST_PAUSE_MS = 0.1;
/** So many of those between two samples: memory that goes up and down at its limit is not worth a core. */
const MOST_SHORT_PAUSES = 50;

/**
 * Decides between two samples of a tree that is near a limit: when to look next, and whether what was seen asks for a
 * sample now. Keeps numbers only, so that a look costs no memory. Pure.
 */
export class UsageScreen {
  #bounds: ScreenBounds = {rssBytes: Infinity, processes: Infinity};
  #sampledRssBytes = 0;
  #sampledAtMs = 0;
  /** Where the growth is measured from, for a millisecond at the least: what the kernel counts comes in lumps. */
  #rssBytes = 0;
  #processes = 0;
  #atMs = 0;
  /** As it was measured last. */
  #bytesPerMs = 0;
  #shortPauses = 0;

  /** Whether members that were started since the last look matter right now. */
  get watchesProcesses(): boolean {
    return this.#bounds.processes !== Infinity;
  }

  /**
   * A sample has been taken.
   * @returns how long until the first look, milliseconds
   */
  begin(bounds: ScreenBounds, usage: ResourceUsage, previous: ResourceUsage | undefined): number {
    this.#bounds = bounds;
    this.#bytesPerMs = 0;
    this.#shortPauses = 0;
    if (previous !== undefined) this.#note(rssOf(previous), processesOf(previous), previous.atMs);
    const gapMs = this.#gapMs(rssOf(usage), processesOf(usage), usage.atMs);
    this.#note(rssOf(usage), processesOf(usage), usage.atMs);
    this.#sampledRssBytes = rssOf(usage);
    this.#sampledAtMs = usage.atMs;
    return gapMs;
  }

  /** @returns how long until the next look, milliseconds; 0 when a sample is needed now */
  next(seen: Readonly<TreeScreening> | undefined, atMs: number): number {
    if (seen === undefined) return 0;
    const {rssBytes, processes} = seen;
    if (rssBytes > this.#bounds.rssBytes || processes > this.#bounds.processes) return 0;
    if (this.#hasGrown(rssBytes, atMs)) return 0;
    return this.#gapMs(rssBytes, processes, atMs);
  }

  #hasGrown(rssBytes: number, atMs: number): boolean {
    return (
      rssBytes > this.#sampledRssBytes * (1 + GROWTH_WORTH_A_SAMPLE) &&
      atMs - this.#sampledAtMs >= SOONEST_SAMPLE_MS
    );
  }

  #gapMs(rssBytes: number, processes: number, atMs: number): number {
    const elapsedMs = Math.max(atMs - this.#atMs, 1);
    const bytesPerMs = (rssBytes - this.#rssBytes) / elapsedMs;
    const processesPerMs = (processes - this.#processes) / elapsedMs;
    const steepest = Math.max(bytesPerMs, this.#bytesPerMs);
    const headroomBytes = this.#bounds.rssBytes - rssBytes;
    if (atMs - this.#atMs >= 1) {
      this.#bytesPerMs = bytesPerMs;
      this.#note(rssBytes, processes, atMs);
    }
    const untilLimitMs = gapUntil(headroomBytes, 0, steepest);
    if (steepest > 0 && untilLimitMs < SHORTEST_GAP_MS && this.#shortPauses < MOST_SHORT_PAUSES) {
      this.#shortPauses += 1;
      return Math.max(SHORTEST_PAUSE_MS, untilLimitMs);
    }
    const memoryMs = gapUntil(headroomBytes, FAST_GROWTH_PER_MS, steepest);
    const processesMs = gapUntilCount(this.#bounds.processes - processes, processesPerMs);
    return Math.max(SHORTEST_GAP_MS, Math.min(memoryMs, processesMs));
  }

  #note(rssBytes: number, processes: number, atMs: number): void {
    this.#rssBytes = rssBytes;
    this.#processes = processes;
    this.#atMs = atMs;
  }
}

function rssOf({memory}: ResourceUsage): number {
  return memory.rssBytes ?? 0;
}

function processesOf({process}: ResourceUsage): number {
  return process.processes ?? 0;
}
