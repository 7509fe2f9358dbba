import {write as writeCallback} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {systemErrorCode} from '../system-error.js';

const write = promisify(writeCallback);

const RETRY_MS = 5;

/**
 * Writes all of `bytes`, waiting for a slow reader.
 * @param gaveUp asked while the reader takes nothing, with the monotonic time at which it last took something
 * @throws a system error, or an Error that says that the reader does not read
 */
export async function writeAll(
  fd: number,
  bytes: Buffer,
  gaveUp: (progressAtMs: number) => boolean,
): Promise<void> {
  let rest = bytes;
  let progressAtMs = performance.now();
  while (rest.length > 0) {
    try {
      const {bytesWritten} = await write(fd, rest);
      rest = rest.subarray(bytesWritten);
      progressAtMs = performance.now();
    } catch (error) {
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
      if (gaveUp(progressAtMs)) throw new Error('its reader does not read', {cause: error});
      await sleep(RETRY_MS);
    }
  }
}
