type Callback<R> = (error: Error | null, result: R) => void;

/**
 * A function with a callback of Node's kind as one that returns a promise. util.promisify would look at every property of
 * the function, of which those of node:fs have none that matters: it takes as long as a file takes to write.
 */
export function promised<A extends unknown[], R = void>(call: (...args: [...A, Callback<R>]) => void) {
  return (...args: A): Promise<R> =>
    new Promise((resolve, reject) => {
      call(...args, (error: Error | null, result: R) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
}
