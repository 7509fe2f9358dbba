import type {Clock} from '../clock.js';
import {nextSlice, periodFor, type ThrottleLedger} from '../limits/throttle-slices.js';
import type {ProcessIdentity, ProcessTree} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-process.js';
import {Pause, type Brake, type BrakeTurn} from './brake.js';
import {signalProcess} from './signal-process.js';
import type {TreeGroup} from './tree-group.js';

/** How often a stopped tree is looked at for members that were not there when it was stopped. */
const LOOK_AGAIN_MS = 25;
/** What still forks after so many looks in a row is stopped as far as it was found, and looked at again later. */
const MOST_ROUNDS = 20;

/** How often and how many times a parent is looked at that has not stopped yet, before its children are. */
const STANDS_AFTER_MS = 1;
const MOST_LOOKS = 20;
/** How quickly the idea of how late a run ends follows what was seen. */
const LATENESS_WEIGHT = 0.25;

/**
 * Stops the whole tree and wakes it in turns: what is in its control group by freezing the group, which nobody in it
 * notices, the rest by SIGSTOP and SIGCONT. Nothing that was stopped here stays so.
 */
export class SliceBrake implements Brake {
  readonly #pause = new Pause();
  #costMs = 0;
  /** For how much longer than asked the tree has run, of late. */
  #lateMs = 0;
  /** When it was woken, and for how long it was to run. */
  #run: {readonly sinceMs: number; readonly askedMs: number} | undefined;
  #groupStands = false;
  /** Parents before their children, as they were stopped. */
  readonly #stopped = new Map<number, ProcessIdentity>();
  /** Those of them that were seen to stand still. */
  readonly #standing = new Set<number>();

  constructor(
    private readonly tree: ProcessTree,
    private readonly clock: Clock,
    private readonly group: TreeGroup | undefined,
  ) {}

  async turn(ledger: ThrottleLedger, wantedCores: number): Promise<BrakeTurn> {
    const {stopMs, runMs} = nextSlice(ledger, wantedCores, periodFor(this.#costMs), this.#lateMs);
    const heldMs = stopMs > 0 ? await this.#hold(stopMs) : 0;
    this.#run = heldMs > 0 ? {sinceMs: this.clock.nowMs(), askedMs: runMs} : undefined;
    await this.#pause.for(runMs);
    return {heldMs, deniedMs: 0};
  }

  release(): void {
    this.#pause.end();
    this.#wakeAll();
  }

  /**
   * Stops the tree for a while, members that appear meanwhile too, and wakes it.
   * @returns for how long it was stopped, ms
   */
  async #hold(stopMs: number): Promise<number> {
    const askedMs = this.clock.nowMs();
    if (this.#pause.isOver()) return 0;
    this.#groupStands = (await this.group?.freeze('throttle')) ?? false;
    for (let round = 0; round < MOST_ROUNDS && (await this.#stopFresh()); round += 1);
    const beganMs = this.clock.nowMs();
    this.#stoodAt(beganMs);
    const stopCostMs = beganMs - askedMs;
    const untilMs = beganMs + stopMs;
    for (let leftMs = stopMs; leftMs > 0; leftMs = untilMs - this.clock.nowMs()) {
      await this.#pause.for(Math.min(leftMs, Math.max(LOOK_AGAIN_MS, 5 * stopCostMs)));
      if (this.#pause.isOver()) break;
      if (untilMs - this.clock.nowMs() > 1) await this.#stopFresh();
    }
    const wokenMs = this.clock.nowMs();
    this.#wakeAll();
    this.#costMs = stopCostMs + this.clock.nowMs() - wokenMs;
    return this.clock.nowMs() - beganMs;
  }

  /** The run before has ended, when the tree stood still. */
  #stoodAt(nowMs: number): void {
    if (this.#run === undefined) return;
    const lateMs = Math.max(0, nowMs - this.#run.sinceMs - this.#run.askedMs);
    this.#lateMs += (lateMs - this.#lateMs) * LATENESS_WEIGHT;
  }

  /**
   * Parents first, children when their parent stands still: a shell that is stopped itself does not see its job stop.
   * (A parent that is woken inside of waitpid(2) by its own SIGSTOP looks at its children once more.)
   * @returns whether there were any
   */
  async #stopFresh(): Promise<boolean> {
    const members = await this.tree.members('nearby');
    if (this.#pause.isOver()) return false;
    const frozen = new Set(this.#groupStands ? this.group?.members() : []);
    let found = false;
    for (const member of members) {
      if (frozen.has(member.pid)) continue;
      if (this.#stopped.get(member.pid)?.startTime === member.startTime) continue;
      found = true;
      if (!(await this.#parentStands(member))) return false;
      // One that may not be signalled is noted too, so as not to be tried again in this slice.
      signalProcess(this.tree, member, 'SIGSTOP');
      this.#stopped.set(member.pid, member);
    }
    return found;
  }

  /** Waits for the parent of a member, if it is being stopped too. @returns false when the throttling is over */
  async #parentStands(member: ProcessIdentity): Promise<boolean> {
    const parentPid = readStatOf(member.pid)?.parentPid ?? 0;
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      if (!this.#stopped.has(parentPid) || this.#standing.has(parentPid)) break;
      const state = readStatOf(parentPid)?.state;
      if (state === undefined || 'TtZX'.includes(state)) this.#standing.add(parentPid);
      else await this.#pause.for(STANDS_AFTER_MS);
    }
    return !this.#pause.isOver();
  }

  /** Children first, so that a parent that waits for stopped children (WUNTRACED, waitpid(2)) never sees one. */
  #wakeAll(): void {
    this.group?.thaw('throttle');
    for (const member of [...this.#stopped.values()].reverse()) signalProcess(this.tree, member, 'SIGCONT');
    this.#stopped.clear();
    this.#standing.clear();
  }
}
