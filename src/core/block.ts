const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/** Stops the whole thread for so many milliseconds, or parts of one: for waits that are shorter than any timer's. */
export function blockFor(ms: number): void {
  Atomics.wait(NEVER_NOTIFIED, 0, 0, ms);
}
