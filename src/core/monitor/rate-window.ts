interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Rates are taken over at least this long, so that the kernel's clock tick (10 ms) does not flicker in them. */
const WINDOW_MS = 1000;
/** However dense the sampling, no more points than this are kept for one window. */
const MOST_POINTS = 100;

/** The growth of a counter over really elapsed time, over a window of one second or the last sampling gap. */
export class RateWindow {
  #points: Point[] = [];

  /** @param begin a first point, when the counter is known to have been 0 then */
  constructor(begin?: {readonly atMs: number}) {
    if (begin) this.#points.push({atMs: begin.atMs, value: 0});
  }

  /** @returns growth per millisecond; undefined until a whole window has passed */
  add(atMs: number, value: number): number | undefined {
    const oldEnough = this.#points.findLastIndex((point) => atMs - point.atMs >= WINDOW_MS);
    if (oldEnough > 0) this.#points = this.#points.slice(oldEnough);
    const start = oldEnough >= 0 ? this.#points[0] : undefined;
    const newest = this.#points.at(-1);
    if (newest === undefined || atMs - newest.atMs >= WINDOW_MS / MOST_POINTS)
      this.#points.push({atMs, value});
    return start && Math.max(0, value - start.value) / (atMs - start.atMs);
  }
}
