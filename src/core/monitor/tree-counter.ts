import type {ProcessIdentity} from './probe.js';

/** A process's share of a counter that only grows, such as CPU time or bytes read. */
export interface CounterReading extends ProcessIdentity {
  readonly parentPid: number;
  /** What it used itself and what came from the children it has waited for. */
  readonly total: number;
  /** The part that came from the children it has waited for. */
  readonly reaped: number;
}

/** A process that vanished: `amount` should turn up among what its nearest living ancestor has reaped. */
interface Expected {
  readonly ancestorPid: number;
  readonly amount: number;
  /** What the ancestor had reaped when the process was last seen. */
  readonly reapedBefore: number;
}

/**
 * Adds a counter up over a process tree without losing what exited members used, and without counting it twice.
 *
 * When a process is waited for, the kernel adds its figures to its parent's `cutime`/`cstime` (getrusage(2),
 * RUSAGE_CHILDREN). When nobody waits for it in the tree (the parent is gone, or ignores SIGCHLD) they are lost,
 * and what was last seen of it is carried here. Which of the two happened shows one sample later in what the
 * ancestor has reaped.
 */
export class TreeCounter {
  #last = new Map<number, CounterReading>();
  #lastReaped = 0;
  #expected: Expected[] = [];
  #carried = 0;
  /** Up to where each ancestor's growth has been matched with what was expected of it: no growth counts twice. */
  #matched = new Map<number, number>();
  #total = 0;

  /** @param reaperPid limitrun itself, if the tree's root is its child: what it reaps is counted too */
  constructor(private readonly reaperPid?: number) {}

  /**
   * @param readings of all members that exist now (zombies too)
   * @param reaped what the reaper has collected from the tree so far
   * @returns the total so far; it never falls
   */
  add(readings: Iterable<CounterReading>, reaped = 0): number {
    const now = new Map<number, CounterReading>();
    for (const reading of readings) now.set(reading.pid, reading);
    const vanished = [...this.#last.values()].filter(
      (before) => now.get(before.pid)?.startTime !== before.startTime,
    );
    this.#settle(now, reaped);
    this.#expect(vanished, now);
    this.#last = now;
    this.#lastReaped = reaped;
    let sum = reaped + this.#carried;
    for (const reading of now.values()) sum += reading.total;
    this.#total = Math.max(this.#total, sum);
    return this.#total;
  }

  /** Compares what was expected of each ancestor with what it has reaped since; the difference is carried. */
  #settle(now: ReadonlyMap<number, CounterReading>, reaped: number): void {
    const orphaned: {ancestorPid: number; amount: number}[] = [];
    const open = groupByAncestor(this.#expected);
    this.#expected = [];
    this.#matched = new Map();
    for (const [ancestorPid, expected] of open) {
      const before = Math.min(...expected.map((one) => one.reapedBefore));
      const amount = expected.reduce((sum, one) => sum + one.amount, 0);
      const after = this.#reapedBy(ancestorPid, now, reaped);
      if (after === undefined) {
        // The ancestor is gone as well: what it had reaped until it was last seen is part of its own total.
        const seen = (this.#last.get(ancestorPid)?.reaped ?? before) - before;
        orphaned.push({ancestorPid, amount: Math.max(0, amount - seen)});
      } else {
        const matched = Math.min(amount, Math.max(0, after - before));
        this.#matched.set(ancestorPid, before + matched);
        this.#carried += amount - matched;
      }
    }
    // The rest is expected of the ancestor's own ancestor, once it is known what that one's growth has been matched with.
    for (const {ancestorPid, amount} of orphaned) {
      this.#expectOf(this.#last.get(ancestorPid)?.parentPid, amount, now);
    }
  }

  #expect(vanished: readonly CounterReading[], now: ReadonlyMap<number, CounterReading>): void {
    for (const gone of vanished) this.#expectOf(gone.parentPid, gone.total, now);
  }

  #expectOf(parentPid: number | undefined, amount: number, now: ReadonlyMap<number, CounterReading>): void {
    if (amount <= 0) return;
    const ancestorPid = this.#livingAncestor(parentPid, now);
    if (ancestorPid === undefined) this.#carried += amount;
    else {
      const lastReaped =
        ancestorPid === this.reaperPid ? this.#lastReaped : (this.#last.get(ancestorPid)?.reaped ?? 0);
      const reapedBefore = Math.max(lastReaped, this.#matched.get(ancestorPid) ?? 0);
      this.#expected.push({ancestorPid, amount, reapedBefore});
    }
  }

  #livingAncestor(pid: number | undefined, now: ReadonlyMap<number, CounterReading>): number | undefined {
    const visited = new Set<number>();
    let candidate = pid;
    while (candidate !== undefined && !visited.has(candidate)) {
      if (candidate === this.reaperPid) return candidate;
      const before = this.#last.get(candidate);
      if (before === undefined) return undefined;
      if (now.get(candidate)?.startTime === before.startTime) return candidate;
      visited.add(candidate);
      candidate = before.parentPid;
    }
    return undefined;
  }

  #reapedBy(pid: number, now: ReadonlyMap<number, CounterReading>, reaped: number): number | undefined {
    if (pid === this.reaperPid) return reaped;
    const before = this.#last.get(pid);
    const after = now.get(pid);
    return after !== undefined && after.startTime === before?.startTime ? after.reaped : undefined;
  }
}

function groupByAncestor(expected: readonly Expected[]): Map<number, Expected[]> {
  const groups = new Map<number, Expected[]>();
  for (const one of expected) {
    const group = groups.get(one.ancestorPid);
    if (group) group.push(one);
    else groups.set(one.ancestorPid, [one]);
  }
  return groups;
}
