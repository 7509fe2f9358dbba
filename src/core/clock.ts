/** Time as it is handed to the parts that need it; tests hand in their own. */
export interface Clock {
  /** Monotonic milliseconds (CLOCK_MONOTONIC: stands still while the machine is suspended). */
  nowMs(): number;
  /** Milliseconds since the epoch. */
  timestampMs(): number;
}

export const systemClock: Clock = {
  // Not performance.now(): the first use of that loads a dozen modules of Node, which takes as long as an exec.
  nowMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  timestampMs: () => Date.now(),
};

/** The longest delay `setTimeout` keeps; a longer one would fire at once (nodejs/node#4541). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back once `dueMs` (monotonic) has passed, however far away it is and never early.
 * @returns a function that cancels it
 */
export function callAt(clock: Clock, dueMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = Math.ceil(dueMs - clock.nowMs());
    timer = setTimeout(fire, Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS));
  };
  const fire = (): void => {
    if (clock.nowMs() >= dueMs) callback();
    else arm();
  };
  arm();
  return () => {
    clearTimeout(timer);
  };
}
