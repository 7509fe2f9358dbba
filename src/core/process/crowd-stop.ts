import {searchFamily, type Ancestor} from '../monitor/family-search.js';
import type {ForkWatch} from '../monitor/fork-watch.js';

/** A crowd that still forks after so many rounds of SIGSTOP is left to the one who kills it. */
const MOST_ROUNDS = 20;
/** Between two counts that have found no crowd, this many times what one costs. */
const REST_AFTER_COUNT = 9;

/**
 * Where no control group can be frozen: makes a crowd stand still by SIGSTOP before anybody looks at it closely, until
 * the turn of the event loop is over in which it was found. What forks all the time leaves so little CPU time to others
 * that a walk over its members takes minutes.
 */
export class CrowdStop {
  readonly #ancestor: Ancestor;
  readonly #crowd: number;
  readonly #forks: Pick<ForkWatch, 'lastPid'>;
  readonly #nowMs: () => number;
  /** The pid given out last when the tree was last counted. */
  #countedAtPid: number;
  #nextCountMs = -Infinity;
  #stopped = new Set<number>();

  /** @param crowd more processes than that are one */
  constructor(ancestor: Ancestor, crowd: number, forks: Pick<ForkWatch, 'lastPid'>, nowMs: () => number) {
    this.#ancestor = ancestor;
    this.#crowd = crowd;
    this.#forks = forks;
    this.#nowMs = nowMs;
    this.#countedAtPid = ancestor.pid;
  }

  /**
   * Costs one system call as long as the machine has not started as many processes since the last count as a crowd has.
   * @returns whether there is a crowd, which stands still then
   */
  look(): boolean {
    if (this.#stopped.size > 0) return true;
    const lastPid = this.#forks.lastPid();
    // When pids have come round, the difference is large too.
    if (lastPid === undefined || Math.abs(lastPid - this.#countedAtPid) <= this.#crowd) return false;
    const begunMs = this.#nowMs();
    if (begunMs < this.#nextCountMs) return false;
    for (let round = 0; round < MOST_ROUNDS && this.#stopNew(lastPid); round += 1);
    if (this.#stopped.size > 0) {
      setImmediate(() => {
        this.#goOn();
      });
      return true;
    }
    this.#countedAtPid = lastPid;
    const endedMs = this.#nowMs();
    this.#nextCountMs = endedMs + (endedMs - begunMs) * REST_AFTER_COUNT;
    return false;
  }

  /** @returns whether there was somebody who did not stand still yet; never where there is no crowd */
  #stopNew(lastPid: number): boolean {
    const before = this.#stopped.size;
    const counted: number[] = [];
    searchFamily(this.#ancestor, this.#forks.lastPid() ?? lastPid, (pid) => {
      if (this.#stopped.has(pid)) return;
      counted.push(pid);
      if (this.#stopped.size + counted.length <= this.#crowd) return;
      for (const one of counted.splice(0)) {
        signal(one, 'SIGSTOP');
        this.#stopped.add(one);
      }
    });
    return this.#stopped.size > before;
  }

  /** Pids are given out in order, so that within one turn none is used again. */
  #goOn(): void {
    const stopped = this.#stopped;
    this.#stopped = new Set();
    for (const pid of [...stopped].reverse()) signal(pid, 'SIGCONT');
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended, or belongs to another user.
  }
}
