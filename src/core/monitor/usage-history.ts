import type {ResourceUsage} from './resource-usage.js';

/** However dense the sampling, no more samples than this are remembered. */
const MOST_KEPT = 3000;

/**
 * The usage of the last while. Samples that come closer together than the retention time divided by
 * 3,000 replace one another, so that the history never grows beyond that number.
 */
export class UsageHistory {
  #samples: ResourceUsage[] = [];
  /** When the newest sample was first set down; those that follow within one step replace it. */
  #newestSinceMs = -Infinity;

  /** @param retentionMs how long a sample is remembered */
  constructor(private readonly retentionMs: number) {}

  add(usage: ResourceUsage): void {
    if (usage.atMs - this.#newestSinceMs < this.retentionMs / MOST_KEPT) {
      this.#samples[this.#samples.length - 1] = usage;
    } else {
      this.#samples.push(usage);
      this.#newestSinceMs = usage.atMs;
    }
    this.#forget(usage.atMs - this.retentionMs);
  }

  /** Oldest first. */
  samples(): readonly ResourceUsage[] {
    const newest = this.#samples.at(-1);
    return newest === undefined
      ? []
      : this.#samples.filter((usage) => usage.atMs >= newest.atMs - this.retentionMs);
  }

  latest(): ResourceUsage | undefined {
    return this.#samples.at(-1);
  }

  #forget(beforeMs: number): void {
    const first = this.#samples.findIndex((usage) => usage.atMs >= beforeMs);
    // Cutting the front off an array copies it: only when a good part of it is old.
    if (first > MOST_KEPT / 10) this.#samples = this.#samples.slice(first);
  }
}
