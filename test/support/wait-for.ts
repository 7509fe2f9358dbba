import {setTimeout as sleep} from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the message. */
  readonly what: string;
  readonly deadlineMs?: number;
  /** What there was to see, for the message. */
  readonly seen?: () => string;
}

/** Looks until `fact` is neither undefined, null nor false; past the deadline fails with what was seen. */
export async function waitFor<T>(
  fact: () => T | Promise<T>,
  {what, deadlineMs = 30_000, seen}: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await fact();
    if (found !== undefined && found !== null && found !== false)
      return found as Exclude<T, undefined | null | false>;
    if (performance.now() > deadline) {
      const sight = seen === undefined ? '' : `; seen: ${seen()}`;
      throw new Error(`waited ${String(deadlineMs)} ms in vain for ${what}${sight}`);
    }
    await sleep(10);
  }
}
