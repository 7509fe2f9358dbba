/**
 * Calls back after so many milliseconds, as `setTimeout` does. Node's timers are touched only in the next turn of the
 * event loop: the first one that is made and the first one that is cleared take 0.2 ms each, which what is over in this
 * turn does not need, and what has to wait for something else has to spare by then.
 * @returns a function that cancels it
 */
export function callLater(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isCancelled = false;
  setImmediate(() => {
    if (!isCancelled) timer = setTimeout(callback, ms);
  });
  return () => {
    isCancelled = true;
    if (timer !== undefined) clearTimeout(timer);
  };
}

/** Waits for something, but no longer than so many milliseconds. @throws what it rejects with, if it does so in time */
export async function waitFor(what: Promise<unknown> | undefined, mostMs: number): Promise<void> {
  let cancel = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    cancel = callLater(mostMs, resolve);
  });
  try {
    await Promise.race([what, late]);
  } finally {
    cancel();
  }
}
