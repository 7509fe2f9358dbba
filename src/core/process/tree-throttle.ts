import type {Clock} from '../clock.js';
import type {ResourceViolation} from '../limits/resource-violation.js';
import {account, openLedger, shareOf, type ThrottleLedger} from '../limits/throttle-slices.js';
import {throttledText} from '../limits/violation-message.js';
import type {ProcessTree} from '../monitor/probe.js';
import type {Actor} from '../record/run-event.js';
import type {Brake} from './brake.js';
import {QuotaBrake} from './quota-brake.js';
import {SliceBrake} from './slice-brake.js';
import type {TreeGroup} from './tree-group.js';
import type {TerminationReason, TreeTerminator} from './tree-terminator.js';

/** CPU time of the tree so far, members that have ended included, ms; undefined where it cannot be told. */
export type CpuTimeMeter = () => Promise<number | undefined>;

/** One throttling, from a violation's beginning until it is over. */
interface Session {
  readonly violation: ResourceViolation;
  readonly actor: Actor;
  readonly wantedCores: number;
  readonly brake: Brake;
  readonly onExit: () => void;
  ledger: ThrottleLedger;
}

/**
 * Keeps one process tree at a CPU percentage: by the kernel's own means where its control group can be held to a share,
 * otherwise by stopping and waking all of it in turns. How much it may use from one turn to the next is decided by
 * `throttle-slices.ts` from the CPU time really used. Whoever ends the tree ends the throttling first.
 */
export class TreeThrottle {
  #session: Session | undefined;
  #closed = false;
  #meter: CpuTimeMeter | undefined;

  /**
   * @param onAction told what is done, in words
   * @param group a control group around the tree
   */
  constructor(
    private readonly tree: ProcessTree,
    private readonly terminator: TreeTerminator,
    private readonly clock: Clock,
    private readonly onAction: (text: string, reason: TerminationReason) => void,
    private readonly group?: TreeGroup,
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
    const wantedCores = limitValue / 100;
    const ledger = openLedger(currentValue, limitValue);
    const quota = QuotaBrake.open(this.group?.cpu, shareOf(ledger, wantedCores));
    const session: Session = {
      violation,
      actor,
      wantedCores,
      brake: quota ?? new SliceBrake(this.tree, this.clock, this.group),
      onExit: () => {
        this.close();
      },
      ledger,
    };
    this.#session = session;
    process.once('exit', session.onExit);
    this.#say(throttledText(violation, quota && this.group?.cpu?.kind), session);
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
      const {heldMs, deniedMs} = await session.brake.turn(session.ledger, session.wantedCores);
      if (this.#session !== session) return;
      const nowMs = this.clock.nowMs();
      const used = await meter();
      const elapsedMs = nowMs - lookedMs;
      const since = used === undefined || usedMs === undefined ? 0 : used - usedMs;
      const look = {elapsedMs, ranMs: elapsedMs - heldMs, usedMs: since, deniedMs};
      session.ledger = account(session.ledger, look, session.wantedCores);
      lookedMs = nowMs;
      usedMs = used;
    }
  }

  #release(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    process.off('exit', session.onExit);
    session.brake.release();
  }

  #say(text: string, {actor, violation}: Session): void {
    this.onAction(text, {actor, violation});
  }
}
