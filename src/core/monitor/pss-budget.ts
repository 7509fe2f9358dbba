import type {ResourceUsage} from './resource-usage.js';

/** Where nobody needs it the proportional set size is read this often at most. */
const EVERY_MS = 1000;
/** And takes this share of the time at most. */
const SHARE = 1 / 200;
/** A reading that would hold up the sampling for longer is left out. */
const MOST_MS = 10;
/** What a reading is taken to cost before one was seen: about 37 ms were measured for 4 GB. */
const MS_PER_BYTE = 9 / 2 ** 30;

/**
 * When the proportional set size is worth its price although no limit needs it: so that forked workers, which share
 * most of their pages, are told with what they really hold.
 */
export class PssBudget {
  #nextMs = 0;
  /** Of the last reading, by what it read. */
  #msPerByte = MS_PER_BYTE;

  /** @param usage with the cheap figures */
  affords({memory, process}: ResourceUsage, nowMs: number): boolean {
    const {rssBytes} = memory;
    if ((process.processes ?? 0) < 2 || rssBytes === undefined || nowMs < this.#nextMs) return false;
    return rssBytes * this.#msPerByte <= MOST_MS;
  }

  /** A reading has been taken. */
  spent(rssBytes: number, costMs: number, nowMs: number): void {
    if (rssBytes > 0) this.#msPerByte = Math.max(MS_PER_BYTE / 10, costMs / rssBytes);
    this.#nextMs = nowMs + Math.max(EVERY_MS, costMs / SHARE);
  }
}
