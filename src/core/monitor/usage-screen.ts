import type {TreeScreening} from './probe.js';
import type {ResourceUsage} from './resource-usage.js';
import {FAST_GROWTH_PER_MS, FAST_SPAWNS_PER_MS, gapUntil, SHORTEST_GAP_MS} from './screen-gap.js';

/** Above one of these a sample has to be taken at once; Infinity: never for this figure. */
export interface ScreenBounds {
  readonly rssBytes: number;
  readonly processes: number;
}

/** Memory that has grown by this share since the last sample is worth another one, for the sake of true peaks. */
const GROWTH_WORTH_A_SAMPLE = 0.1;
/** But not sooner than this after the last one, milliseconds. */
const SOONEST_SAMPLE_MS = 5;

/**
 * Decides between two samples of a tree that is near a limit: when to look next, and whether what was seen asks for a
 * sample now. Keeps numbers only, so that a look costs no memory. Pure.
 */
export class UsageScreen {
  #bounds: ScreenBounds = {rssBytes: Infinity, processes: Infinity};
  #sampledRssBytes = 0;
  #sampledAtMs = 0;
  #rssBytes = 0;
  #processes = 0;
  #atMs = 0;

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
    if (previous !== undefined) this.#note(previous);
    const gapMs = this.#gapMs(usage.memory.rssBytes ?? 0, usage.process.processes ?? 0, usage.atMs);
    this.#note(usage);
    this.#sampledRssBytes = this.#rssBytes;
    this.#sampledAtMs = this.#atMs;
    return gapMs;
  }

  /** @returns how long until the next look, milliseconds; 0 when a sample is needed now */
  next(seen: Readonly<TreeScreening> | undefined, atMs: number): number {
    if (seen === undefined) return 0;
    const {rssBytes, processes} = seen;
    if (rssBytes > this.#bounds.rssBytes || processes > this.#bounds.processes) return 0;
    if (this.#hasGrown(rssBytes, atMs)) return 0;
    const gapMs = this.#gapMs(rssBytes, processes, atMs);
    this.#rssBytes = rssBytes;
    this.#processes = processes;
    this.#atMs = atMs;
    return gapMs;
  }

  #hasGrown(rssBytes: number, atMs: number): boolean {
    return (
      rssBytes > this.#sampledRssBytes * (1 + GROWTH_WORTH_A_SAMPLE) &&
      atMs - this.#sampledAtMs >= SOONEST_SAMPLE_MS
    );
  }

  #gapMs(rssBytes: number, processes: number, atMs: number): number {
    const elapsedMs = Math.max(atMs - this.#atMs, 1);
    const memoryMs = gapUntil(
      this.#bounds.rssBytes - rssBytes,
      FAST_GROWTH_PER_MS,
      (rssBytes - this.#rssBytes) / elapsedMs,
    );
    const processesMs = gapUntil(
      this.#bounds.processes - processes,
      FAST_SPAWNS_PER_MS,
      (processes - this.#processes) / elapsedMs,
    );
    return Math.max(SHORTEST_GAP_MS, Math.min(memoryMs, processesMs));
  }

  #note({memory, process, atMs}: ResourceUsage): void {
    this.#rssBytes = memory.rssBytes ?? 0;
    this.#processes = process.processes ?? 0;
    this.#atMs = atMs;
  }
}
