/** Waits for a promise, but no longer than this. @throws Error when it has not settled by then */
export async function withDeadline(promise: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it has not settled within ${String(deadlineMs)} ms`));
    }, deadlineMs);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
