import {statfsSync} from 'node:fs';
import {ProcFile} from './proc-file.js';

/** PROC_SUPER_MAGIC of statfs(2): elsewhere (lxcfs) the file is somebody's imitation. */
const PROC_FILE_SYSTEM = 0x9fa0;

/**
 * Tells for 2 us whether any process at all was started on this machine, so that the children of every member of a
 * tree need not be asked for all the time: the pid given out last, the fifth word of /proc/loadavg (proc_loadavg(5)).
 * Whoever forks, in this pid namespace or one below, moves it; it comes back to the same one only after a whole round
 * of pids.
 */
export class ForkWatch {
  readonly #file = isGenuine() ? new ProcFile('/proc/loadavg') : undefined;

  /** The pid given out last; undefined where that cannot be told, as in a sandbox that makes the file up. */
  lastPid(): number | undefined {
    const pid = this.#file?.number(4) ?? 0;
    return pid > 0 ? pid : undefined;
  }

  close(): void {
    this.#file?.close();
  }
}

function isGenuine(): boolean {
  try {
    return statfsSync('/proc/loadavg').type === PROC_FILE_SYSTEM;
  } catch {
    return false;
  }
}
