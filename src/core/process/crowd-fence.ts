import type {Clock} from '../clock.js';
import {ForkWatch} from '../monitor/fork-watch.js';
import type {Probe} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-process.js';
import {CrowdStop} from './crowd-stop.js';
import {UserTaskLimit, type TaskRoom} from './user-task-limit.js';

/** What is done about fork bombs where there is no control group. */
export interface FenceRules {
  /** More processes than that are made to stand still while it is decided what is done about them. */
  readonly crowd: number;
  /** Absent: the kernel is not to limit the tasks. */
  readonly room?: TaskRoom;
}

/** A fork bomb is met rested: who has just used much CPU time waits the longer for the next turn. */
const REST_MS = 10;
const LOOK_MS = 1;

/**
 * What a control group does about a fork bomb, for one attempt and as far as that can be done without: the command
 * stands still (SIGSTOP) until it has been looked at for the first time, the kernel limits the tasks of the user, and a
 * crowd is made to stand still.
 */
export class CrowdFence {
  /** Lines of `/bin/sh` that come before the command. */
  readonly enter: readonly string[];
  readonly #forks = new ForkWatch();
  readonly #limit: UserTaskLimit | undefined;
  #stop: CrowdStop | undefined;
  #closed = false;

  constructor(
    private readonly rules: FenceRules,
    private readonly clock: Clock,
    private readonly marker?: string,
  ) {
    this.#limit = rules.room && new UserTaskLimit(rules.room);
    this.enter = [...(this.#limit?.lines ?? []), 'kill -STOP $$'];
  }

  /** The process has been started. */
  watch(pid: number): void {
    const {marker} = this;
    const startTime = readStatOf(pid)?.startTime ?? -1;
    const ancestor = {pid, startTime, ...(marker === undefined ? {} : {marker})};
    this.#stop = new CrowdStop(ancestor, this.rules.crowd, this.#forks, () => this.clock.nowMs());
  }

  /** See `Probe.crowded`. */
  readonly crowded = (): boolean => this.#stop?.look() ?? false;

  /**
   * The attempt has been looked at for the first time: the command begins.
   * @param settled when it is not new any more
   */
  async begin(probe: Probe, settled: Promise<void>): Promise<void> {
    await this.#pause(REST_MS);
    while (!this.#closed && probe.isRootAlive() && readStatOf(probe.rootPid)?.state !== 'T')
      await this.#pause(LOOK_MS);
    if (this.#closed || !probe.isRootAlive()) return;
    this.#limit?.hasBeenSet(probe.rootPid);
    process.kill(probe.rootPid, 'SIGCONT');
    await settled;
    await this.#limit?.widen(
      () => (this.#closed ? [] : probe.members('nearby')),
      () => probe.disownReaped?.(),
    );
  }

  close(): void {
    this.#closed = true;
    this.#forks.close();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
