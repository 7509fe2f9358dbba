import {namesIn} from './procfs-process.js';

/** So many pids are tried one by one, which is cheaper than to list all processes. */
const MOST_TRIED = 4096;

/**
 * Those who may have been started after one pid was given out and until another was, in the order of pids, so that
 * parents come before what they have started; after the highest pid of the system there are others.
 * @param first that pid
 * @param last the pid that was given out last
 * @returns pids of processes and threads, and such as belong to nobody any more
 */
export function pidsSince(first: number, last: number): readonly number[] {
  if (last >= first && last - first <= MOST_TRIED)
    return Array.from({length: last - first}, (_, index) => first + 1 + index);
  const pids = namesIn('/proc').map(Number);
  return pids.filter((pid) => pid > 1).sort((a, b) => a - b);
}
