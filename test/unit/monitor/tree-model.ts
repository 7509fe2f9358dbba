import type {CounterReading} from '../../../src/core/monitor/tree-counter.js';

export interface Step {
  readonly kind: 'fork' | 'work' | 'exit' | 'wait' | 'wait for root' | 'ignore' | 'sample';
  /** Which process does it, counted around. */
  readonly who: number;
  readonly amount: number;
}

interface ModelProcess {
  readonly pid: number;
  readonly startTime: number;
  parentPid: number;
  own: number;
  reaped: number;
  /** Part of `own` that a sample has seen. */
  seenOwn: number;
  zombie: boolean;
  ignoresChildren: boolean;
}

const INIT = 1;
const FIRST_PID = 10;

/**
 * A process tree as the kernel keeps it: who waits for a child inherits its figures, who ignores SIGCHLD loses
 * them, orphans go to init, which waits at once. Pids are used again as soon as they are free.
 */
export class TreeModel {
  /** What the whole tree has really used. */
  used = 0;
  /** What processes that are gone had used since they were last seen. */
  diedUnseen = 0;
  reapedByLimitrun = 0;
  #now = 1;
  readonly #all: ModelProcess[] = [];

  constructor(private readonly limitrun: number) {
    this.#born(limitrun);
  }

  /** Two more looks with nothing going on between them: what was expected has shown by then. */
  quietEnd(): Step[] {
    return [1, 2, 3].map(() => ({kind: 'sample', who: 0, amount: 0}));
  }

  /** The members as one instant shows them, in the order of their birth. */
  readings(): CounterReading[] {
    return this.#all.map((process) => this.#read(process));
  }

  /** The members one after the other, parents first; whatever `meanwhile` does happens between two of them. */
  readOneByOne(meanwhile: () => void): CounterReading[] {
    const readings: CounterReading[] = [];
    for (const process of [...this.#all]) {
      if (!this.#all.includes(process)) continue;
      readings.push(this.#read(process));
      meanwhile();
    }
    return readings;
  }

  do(step: Step): void {
    this.#now += 1;
    const alive = this.#all.filter((process) => !process.zombie);
    const actor = alive[step.who % Math.max(alive.length, 1)];
    if (step.kind === 'wait for root') this.#limitrunWaits();
    if (actor === undefined) return;
    switch (step.kind) {
      case 'fork':
        this.#born(actor.pid, actor.ignoresChildren);
        return;
      case 'work':
        actor.own += step.amount;
        this.used += step.amount;
        return;
      case 'exit':
        this.#exit(actor);
        return;
      case 'wait':
        this.#wait(actor);
        return;
      case 'ignore':
        actor.ignoresChildren = true;
        return;
      case 'wait for root':
      case 'sample':
        return;
    }
  }

  #born(parentPid: number, ignoresChildren = false): void {
    let pid = FIRST_PID;
    while (this.#all.some((process) => process.pid === pid)) pid += 1;
    this.#all.push({
      pid,
      startTime: this.#now,
      parentPid,
      own: 0,
      reaped: 0,
      seenOwn: 0,
      zombie: false,
      ignoresChildren,
    });
  }

  #exit(gone: ModelProcess): void {
    gone.zombie = true;
    for (const orphan of this.#all.filter((process) => process.parentPid === gone.pid)) {
      orphan.parentPid = INIT;
      if (orphan.zombie) this.#remove(orphan);
    }
    const parent = this.#all.find((process) => process.pid === gone.parentPid);
    const lost = gone.parentPid !== this.limitrun && (parent === undefined || parent.ignoresChildren);
    if (lost) this.#remove(gone);
  }

  #wait(parent: ModelProcess): void {
    const child = this.#all.find((process) => process.zombie && process.parentPid === parent.pid);
    if (child === undefined) return;
    parent.reaped += child.own + child.reaped;
    this.#remove(child);
  }

  #limitrunWaits(): void {
    const root = this.#all.find((process) => process.zombie && process.parentPid === this.limitrun);
    if (root === undefined) return;
    this.reapedByLimitrun += root.own + root.reaped;
    this.#remove(root);
  }

  #remove(gone: ModelProcess): void {
    this.diedUnseen += gone.own - gone.seenOwn;
    this.#all.splice(this.#all.indexOf(gone), 1);
  }

  #read(process: ModelProcess): CounterReading {
    process.seenOwn = process.own;
    return {
      pid: process.pid,
      startTime: process.startTime,
      parentPid: process.parentPid,
      total: process.own + process.reaped,
      reaped: process.reaped,
    };
  }
}
