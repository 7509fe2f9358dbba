import {ProcFile} from '../monitor/proc-file.js';
import type {GroupFreezer} from './group-freezer.js';
import {pidsBeneath} from './group-tree.js';

/** From as many times the tasks as have turned out to be no crowd on, they are counted again. */
const GROWTH_WORTH_A_COUNT = 2;

/** What is watched. */
export interface WatchedGroup {
  /** The group whose members are counted. */
  readonly directory: string;
  /** The one that has the controller pids; absent where none has. */
  readonly tasksIn?: string;
  /** More processes than that are a crowd. */
  readonly crowd: number;
}

/**
 * Makes a crowd stand still before anybody looks at it closely, until the turn of the event loop is over in which it was
 * found. What forks all the time leaves so little CPU time to others that a list of its members takes many seconds to
 * read, so it is stopped by a number that one system call tells: `pids.current`, the tasks of the group. Threads are
 * tasks too, and the dead that nobody has waited for: only when all stand still it is counted whether it is a crowd.
 */
export class CrowdWatch {
  readonly #group: WatchedGroup;
  readonly #freezer: GroupFreezer;
  readonly #tasks: ProcFile | undefined;
  /** More tasks than that may be a crowd. */
  #mostTasks: number;
  #holding = false;

  /** @param onThreads there are many tasks, but they are no crowd */
  constructor(
    group: WatchedGroup,
    freezer: GroupFreezer,
    private readonly onThreads: () => void,
  ) {
    this.#group = group;
    this.#freezer = freezer;
    this.#mostTasks = group.crowd;
    this.#tasks = group.tasksIn === undefined ? undefined : new ProcFile(`${group.tasksIn}/pids.current`);
  }

  /** Costs one system call while there are few tasks. @returns whether there is a crowd, which stands still then */
  look(): boolean {
    if (this.#holding) return true;
    const tasks = this.#tasks?.number(0) ?? 0;
    if (tasks <= this.#mostTasks) return false;
    void this.#freezer.freeze('crowd');
    if (pidsBeneath(this.#group.directory).length > this.#group.crowd) {
      this.#hold();
      return true;
    }
    this.onThreads();
    this.#freezer.thaw('crowd');
    this.#mostTasks = GROWTH_WORTH_A_COUNT * tasks;
    return false;
  }

  /** The processes of the group. A crowd stands still before this returns, as far as it could be frozen by then. */
  members(): readonly number[] {
    const stands = this.look();
    const pids = pidsBeneath(this.#group.directory);
    if (stands || pids.length <= this.#group.crowd) return pids;
    void this.#freezer.freeze('crowd');
    this.#hold();
    return pidsBeneath(this.#group.directory);
  }

  close(): void {
    this.#tasks?.close();
  }

  #hold(): void {
    this.#holding = true;
    setImmediate(() => {
      this.#holding = false;
      this.#freezer.thaw('crowd');
    });
  }
}
