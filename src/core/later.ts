/** Memory that nobody changes. */
const STILL = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * When so many milliseconds have passed: a wait for memory that nobody changes. That takes less than a tenth of what the
 * first timer of a process takes (0.3 ms on Node 20), which runs that are over at once do not need for anything else.
 * Unlike a timer it does not keep the process alive: what goes on meanwhile has to.
 */
export async function passed(ms: number): Promise<void> {
  await Atomics.waitAsync(STILL, 0, 0, ms).value;
}

/** Calls back after so many milliseconds; see {@link passed}. @returns a function that cancels it */
export function callLater(ms: number, callback: () => void): () => void {
  let isCancelled = false;
  void passed(ms).then(() => {
    if (!isCancelled) callback();
  });
  return () => {
    isCancelled = true;
  };
}

/**
 * Waits for something, but no longer than so many milliseconds; see {@link passed}.
 * @throws what it rejects with, if it does so in time
 */
export async function waitFor(what: Promise<unknown> | undefined, mostMs: number): Promise<void> {
  await Promise.race([what, passed(mostMs)]);
}
