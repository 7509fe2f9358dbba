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
 * a memory limit a reading is over before a tree that grows by 1 GiB/s could reach the limit.
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
  /** Of the last readings, by what they read. */
  #msPerByte = MS_PER_BYTE;

  /** @param usage with the cheap figures */
  affords({memory, process}: ResourceUsage, nowMs: number): boolean {
    const {rssBytes} = memory;
    if ((process.processes ?? 0) < 2 || rssBytes === undefined) return false;
    const isPeak = rssBytes > this.#readRssBytes * PEAK_GROWTH;
    if (nowMs < (isPeak ? this.#nextAtPeakMs : this.#nextMs)) return false;
    return rssBytes * this.#msPerByte <= MOST_MS;
  }

  /** A reading has been taken. */
  spent(rssBytes: number, costMs: number, nowMs: number): void {
    // On a busy machine a reading takes longer than it costs.
    if (rssBytes > 0)
      this.#msPerByte = Math.max(MS_PER_BYTE / 10, smoothed(this.#msPerByte, costMs / rssBytes));
    this.#readRssBytes = Math.max(this.#readRssBytes, rssBytes);
    this.#nextMs = nowMs + Math.max(EVERY_MS, costMs / SHARE);
    this.#nextAtPeakMs = nowMs + costMs / SHARE_AT_PEAK;
  }
}
