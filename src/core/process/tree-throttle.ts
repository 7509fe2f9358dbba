import type {Clock} from '../clock.js';
import type {ResourceViolation} from '../limits/resource-violation.js';
import {throttledText} from '../limits/violation-message.js';
import {account, nextSlice, openLedger, periodFor, type ThrottleLedger} from '../limits/throttle-slices.js';
import type {ProcessIdentity, ProcessTree} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-member.js';
import type {Actor} from '../record/run-event.js';
import {signalProcess} from './signal-process.js';
import type {TerminationReason, TreeTerminator} from './tree-terminator.js';

/** How often a stopped tree is looked at for members that were not there when it was stopped. */
const LOOK_AGAIN_MS = 25;
/** What still forks after so many looks in a row is stopped as far as it was found, and looked at again later. */
const MOST_ROUNDS = 20;

/** How often and how many times a parent is looked at that has not stopped yet, before its children are. */
const STANDS_AFTER_MS = 1;
const MOST_LOOKS = 20;

/** CPU time of the tree so far, members that have ended included, ms; undefined where it cannot be told. */
export type CpuTimeMeter = () => Promise<number | undefined>;

/** One throttling, from a violation's beginning until it is over. */
interface Session {
  readonly violation: ResourceViolation;
  readonly actor: Actor;
  readonly wantedCores: number;
  readonly onExit: () => void;
  ledger: ThrottleLedger;
  costMs: number;
  wake: () => void;
}

/**
 * Keeps one process tree at a CPU percentage by stopping (SIGSTOP) and waking (SIGCONT) all of it in turns. How long
 * is decided by `throttle-slices.ts` from the CPU time really used. Whoever ends the tree ends the throttling first,
 * and nothing that was stopped here stays so.
 */
export class TreeThrottle {
  #session: Session | undefined;
  #closed = false;
  #meter: CpuTimeMeter | undefined;
  /** Parents before their children, as they were stopped. */
  readonly #stopped = new Map<number, ProcessIdentity>();
  /** Those of them that were seen to stand still. */
  readonly #standing = new Set<number>();

  /** @param onAction told what is done, in words */
  constructor(
    private readonly tree: ProcessTree,
    private readonly terminator: TreeTerminator,
    private readonly clock: Clock,
    private readonly onAction: (text: string, reason: TerminationReason) => void,
  ) {
    terminator.onBegin(() => {
      this.close();
    });
  }

  /** Says how CPU time is measured; to be called before {@link begin}. */
  useMeter(meter: CpuTimeMeter): void {
    this.#meter = meter;
  }

  /**
   * What the tree would use if it were not throttled, percent: what it uses while it may run. Undefined when it is not
   * being throttled.
   */
  get demandPercent(): number | undefined {
    return this.#session && this.#session.ledger.demandCores * 100;
  }

  /**
   * Throttles the tree to the limit of the violation, until {@link end} or {@link close}.
   * @returns false, with nothing done, when the tree is being ended or has ended, or is throttled already
   */
  begin(violation: ResourceViolation, actor: Actor): boolean {
    const meter = this.#meter;
    if (this.#session !== undefined || this.#closed || meter === undefined) return false;
    if (this.terminator.begun || !this.tree.isRootAlive()) return false;
    const {currentValue, limitValue} = violation;
    const session: Session = {
      violation,
      actor,
      wantedCores: limitValue / 100,
      onExit: () => {
        this.close();
      },
      ledger: openLedger(currentValue, limitValue),
      costMs: 0,
      wake: () => undefined,
    };
    this.#session = session;
    process.once('exit', session.onExit);
    this.#say(throttledText(violation), session);
    // Without figures nothing can be decided; the monitor, which reads the same ones, tells that.
    this.#alternate(session, meter).catch(() => {
      if (this.#session === session) this.#release();
    });
    return true;
  }

  /** The violation is over: the tree runs freely again, until the next {@link begin}. */
  end(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#release();
    this.#say('no longer throttled', session);
  }

  /** Ends the throttling for good: the tree is being ended, or is no longer watched. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  async #alternate(session: Session, meter: CpuTimeMeter): Promise<void> {
    let lookedMs = this.clock.nowMs();
    let usedMs = await meter();
    while (this.#session === session) {
      const {stopMs, runMs} = nextSlice(session.ledger, session.wantedCores, periodFor(session.costMs));
      const heldMs = stopMs > 0 ? await this.#hold(session, stopMs) : 0;
      await this.#pause(session, runMs);
      if (!this.#goesOn(session)) return;
      const nowMs = this.clock.nowMs();
      const used = await meter();
      const elapsedMs = nowMs - lookedMs;
      const since = used === undefined || usedMs === undefined ? 0 : used - usedMs;
      const look = {elapsedMs, ranMs: elapsedMs - heldMs, usedMs: since};
      session.ledger = account(session.ledger, look, session.wantedCores);
      lookedMs = nowMs;
      usedMs = used;
    }
  }

  /**
   * Stops the tree for a while, members that appear meanwhile too, and wakes it.
   * @returns for how long it was stopped, ms
   */
  async #hold(session: Session, stopMs: number): Promise<number> {
    const askedMs = this.clock.nowMs();
    for (let round = 0; round < MOST_ROUNDS && (await this.#stopFresh(session)); round += 1);
    const beganMs = this.clock.nowMs();
    const stopCostMs = beganMs - askedMs;
    const untilMs = beganMs + stopMs;
    for (let leftMs = stopMs; leftMs > 0; leftMs = untilMs - this.clock.nowMs()) {
      await this.#pause(session, Math.min(leftMs, Math.max(LOOK_AGAIN_MS, 5 * stopCostMs)));
      if (!this.#goesOn(session)) return 0;
      if (untilMs - this.clock.nowMs() > 1) await this.#stopFresh(session);
    }
    if (!this.#goesOn(session)) return 0;
    const wokenMs = this.clock.nowMs();
    this.#wakeAll();
    session.costMs = stopCostMs + this.clock.nowMs() - wokenMs;
    return this.clock.nowMs() - beganMs;
  }

  /**
   * Parents first, children when their parent stands still: a shell that is stopped itself does not see its job stop.
   * (A parent that is woken inside of waitpid(2) by its own SIGSTOP looks at its children once more.)
   * @returns whether there were any
   */
  async #stopFresh(session: Session): Promise<boolean> {
    const members = await this.tree.members('nearby');
    if (!this.#goesOn(session)) return false;
    let found = false;
    for (const member of members) {
      if (this.#stopped.get(member.pid)?.startTime === member.startTime) continue;
      found = true;
      if (!(await this.#parentStands(session, member))) return false;
      // One that may not be signalled is noted too, so as not to be tried again in this slice.
      signalProcess(this.tree, member, 'SIGSTOP');
      this.#stopped.set(member.pid, member);
    }
    return found;
  }

  /** Waits for the parent of a member, if it is being stopped too. @returns false when the throttling is over */
  async #parentStands(session: Session, member: ProcessIdentity): Promise<boolean> {
    const parentPid = readStatOf(member.pid)?.parentPid ?? 0;
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      if (!this.#stopped.has(parentPid) || this.#standing.has(parentPid)) break;
      const state = readStatOf(parentPid)?.state;
      if (state === undefined || 'TtZX'.includes(state)) this.#standing.add(parentPid);
      else await this.#pause(session, STANDS_AFTER_MS);
    }
    return this.#goesOn(session);
  }

  /** Children first, so that a parent that waits for stopped children (WUNTRACED, waitpid(2)) never sees one. */
  #wakeAll(): void {
    for (const member of [...this.#stopped.values()].reverse()) signalProcess(this.tree, member, 'SIGCONT');
    this.#stopped.clear();
    this.#standing.clear();
  }

  #release(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    process.off('exit', session.onExit);
    this.#wakeAll();
    session.wake();
  }

  #goesOn(session: Session): boolean {
    return this.#session === session;
  }

  async #pause(session: Session, ms: number): Promise<void> {
    if (!this.#goesOn(session)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      session.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #say(text: string, {actor, violation}: Session): void {
    this.onAction(text, {actor, violation});
  }
}
