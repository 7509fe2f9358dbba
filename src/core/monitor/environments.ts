import {blockFor} from '../block.js';
import {readProcText} from './proc-file.js';
import type {ProcStat} from './procfs-text.js';

/** An exec is waited for this many milliseconds at the most. */
const MOST_LOOKS_AT_EXEC = 20;

/** Reads the environments of processes: what they were started with (proc_pid_environ(5)). */
export class Environments {
  /** Processes that really have none (`env -i`), by pid and start time. */
  readonly #without = new Set<string>();

  /**
   * In the middle of an exec a process shows no environment; it is looked at again for a short while, once.
   * @returns `NAME=value`, each with a NUL after it; empty when it is not ours to read
   */
  of(pid: number, {startTime}: ProcStat): string {
    const read = (): string | undefined => readProcText(`/proc/${String(pid)}/environ`);
    let environment = read();
    const identity = `${String(pid)} ${String(startTime)}`;
    if (environment === '' && !this.#without.has(identity)) {
      for (let look = 0; environment === '' && look < MOST_LOOKS_AT_EXEC; look += 1) {
        blockFor(1);
        environment = read();
      }
      if (environment === '') this.#without.add(identity);
    }
    return environment ?? '';
  }
}
