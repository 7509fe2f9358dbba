import {smoothed} from './looks-between.js';
import type {ResourceUsage} from './resource-usage.js';

/** Where nobody needs it the proportional set size is read this often at most. */
const EVERY_MS = 1000;
/** And takes this share of the time at most. */
const SHARE = 1 / 200;
/** While the tree is larger than ever it may take more, for the sake of a true peak. */
const SHARE_AT_PEAK = 1 / 4;
/** As large as at the last reading and this much larger: a peak worth a reading. */
const PEAK_GROWTH = 1.05;
/**
 * A reading that would hold up everything else for longer is left out. No limit suffers: below the warning threshold of
 * a memory limit a reading is over before a tree that grows by 4 GiB/s could reach the limit.
 */
const MOST_MS = 100;
/** What a reading is taken to cost before one was seen: 9 to 60 ms were measured for 1 GiB. */
const MS_PER_BYTE = 9 / 2 ** 30;

/**
 * When the proportional set size is worth its price although no limit needs it: so that forked workers, which share
 * most of their pages, are told with what they really hold.
 */
export class PssBudget {
  #nextMs = 0;
  #nextAtPeakMs = 0;
  /** The resident memory of the largest tree that was read. */
  #readRssBytes = 0;
  /** How many it had: one that has come since shared what was read of the others. */
  #readProcesses = 0;
  /** Of the last readings, by what they read. */
  #msPerByte = MS_PER_BYTE;

  /** @param usage with the cheap figures */
  affords(usage: ResourceUsage, nowMs: number): boolean {
    if (!this.#canBeRead(usage)) return false;
    return nowMs >= (this.#isPeak(usage) ? this.#nextAtPeakMs : this.#nextMs);
  }

  /** How long until a reading of the largest tree so far can be afforded, ms; Infinity: it has been read. */
  peakDueInMs(usage: ResourceUsage, nowMs: number): number {
    if (!this.#canBeRead(usage) || !this.#isPeak(usage)) return Infinity;
    return Math.max(0, this.#nextAtPeakMs - nowMs);
  }

  /**
   * A reading has been taken.
   * @param usage with the cheap figures, as they were before it
   */
  spent(
    {memory: {rssBytes = 0}, process: {processes = 0}}: ResourceUsage,
    costMs: number,
    nowMs: number,
  ): void {
    // On a busy machine a reading takes longer than it costs.
    if (rssBytes > 0)
      this.#msPerByte = Math.max(MS_PER_BYTE / 10, smoothed(this.#msPerByte, costMs / rssBytes));
    if (rssBytes >= this.#readRssBytes) {
      this.#readRssBytes = rssBytes;
      this.#readProcesses = processes;
    }
    this.#nextMs = nowMs + Math.max(EVERY_MS, costMs / SHARE);
    this.#nextAtPeakMs = nowMs + costMs / SHARE_AT_PEAK;
  }

  #canBeRead({memory: {rssBytes}, process: {processes = 0}}: ResourceUsage): boolean {
    return processes >= 2 && rssBytes !== undefined && rssBytes * this.#msPerByte <= MOST_MS;
  }

  #isPeak({memory: {rssBytes = 0}, process: {processes = 0}}: ResourceUsage): boolean {
    if (rssBytes > this.#readRssBytes * PEAK_GROWTH) return true;
    return processes > this.#readProcesses && rssBytes >= this.#readRssBytes;
  }
}
