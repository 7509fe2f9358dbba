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
  readonly #points: Point[] = [];

  /** @param begin a first point, when the counter is known to have been 0 then */
  constructor(begin?: {readonly atMs: number}) {
    if (begin) this.#points.push({atMs: begin.atMs, value: 0});
  }

  /** @returns growth per millisecond; undefined until a whole window has passed */
  add(atMs: number, value: number): number | undefined {
    const points = this.#points;
    // The first point is the last one that is old enough, if any is.
    for (let next = points[1]; next !== undefined && atMs - next.atMs >= WINDOW_MS; next = points[1])
      points.shift();
    const start = points[0];
    const newest = points[points.length - 1];
    if (newest === undefined || atMs - newest.atMs >= WINDOW_MS / MOST_POINTS) points.push({atMs, value});
    if (start === undefined || atMs - start.atMs < WINDOW_MS) return undefined;
    return Math.max(0, value - start.value) / (atMs - start.atMs);
  }
}
