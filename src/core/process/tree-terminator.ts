import type {Clock} from '../clock.js';
import type {ResourceViolation} from '../limits/resource-violation.js';
import type {ProcessIdentity, ProcessTree} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-process.js';
import type {Actor} from '../record/run-event.js';
import {signalProcess} from './signal-process.js';
import {stopMembers} from './tree-freezer.js';
import type {TreeGroup} from './tree-group.js';

/** How often the tree is looked at while it is awaited: quickly first, then less so. */
const FIRST_LOOK_MS = 1;
const LONGEST_LOOK_MS = 25;
/** Who was being started while the others were told to end is met within this time. */
const UNTOLD_FOR_MS = 100;
/** After SIGKILL a process can only stay in an uninterruptible wait; then it is reported and no longer awaited. */
const GIVE_UP_AFTER_KILL_MS = 2000;

/** On whose behalf the tree is ended. */
export interface TerminationReason {
  readonly actor: Actor;
  readonly violation?: ResourceViolation;
  /** Only what the command left running in the background is ended. */
  readonly background?: boolean;
}

export interface TreeEnd {
  /** Pids that were still alive when limitrun gave up on them. */
  readonly survivors: readonly number[];
  /** SIGKILL was needed. */
  readonly forced: boolean;
}

/**
 * Ends one process tree, once. Whoever asks, there is one grace period: asking again can only shorten it, and asking
 * to kill cuts it short.
 */
export class TreeTerminator {
  readonly #tree: ProcessTree;
  readonly #clock: Clock;
  readonly #onAction: (text: string, reason: TerminationReason) => void;
  readonly #group: TreeGroup | undefined;
  #deadlineMs: number | undefined;
  #killing = false;
  #reason: TerminationReason | undefined;
  #ending: Promise<TreeEnd> | undefined;
  #wake: () => void = () => undefined;
  readonly #denied = new Set<number>();
  readonly #listeners: (() => void)[] = [];

  /**
   * @param onAction told what is done, in words
   * @param group what kills most of the tree at once; the rest is found by looking
   */
  constructor(
    tree: ProcessTree,
    clock: Clock,
    onAction: (text: string, reason: TerminationReason) => void,
    group?: TreeGroup,
  ) {
    this.#group = group;
    this.#tree = tree;
    this.#clock = clock;
    this.#onAction = onAction;
  }

  /** Called once, before the first signal: what else acts on the tree must let go of it then. */
  onBegin(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Whether the tree is being ended. */
  get begun(): boolean {
    return this.#ending !== undefined;
  }

  /**
   * SIGTERM and SIGCONT to every member, SIGKILL to those that are left after the grace period.
   * @returns false, with nothing done, when the root process is already gone
   */
  graceful(gracePeriodMs: number, reason: TerminationReason): boolean {
    if (!this.#tree.isRootAlive()) return false;
    this.endGracefully(gracePeriodMs, reason);
    return true;
  }

  /** As {@link graceful}, for what is left in the background after the root process has ended. */
  endGracefully(gracePeriodMs: number, reason: TerminationReason): void {
    if (gracePeriodMs === 0) {
      this.killAll(reason);
      return;
    }
    const deadlineMs = this.#clock.nowMs() + gracePeriodMs;
    if (this.#ending !== undefined) {
      this.#deadlineMs = Math.min(this.#deadlineMs ?? deadlineMs, deadlineMs);
      this.#wake();
      return;
    }
    this.#deadlineMs = deadlineMs;
    this.#reason = reason;
    this.#begin(true);
  }

  /**
   * SIGKILL to every member: frozen first (SIGSTOP) until no new one appears, and looked for again until none is left.
   * @returns false, with nothing done, when the root process is already gone and nobody had begun to end the tree
   */
  kill(reason: TerminationReason): boolean {
    if (this.#ending === undefined && !this.#tree.isRootAlive()) return false;
    this.killAll(reason);
    return true;
  }

  /** As {@link kill}, whether or not the root process is still there. */
  killAll(reason: TerminationReason): void {
    if (this.#killing) return;
    this.#killing = true;
    this.#reason = reason;
    this.#deadlineMs = this.#clock.nowMs();
    if (this.#ending === undefined) this.#begin(false);
    else this.#wake();
  }

  /** When no member is left (or none that could be ended). Resolves at once when nothing was begun. */
  async ended(): Promise<TreeEnd> {
    return this.#ending ?? {survivors: [], forced: false};
  }

  #begin(gently: boolean): void {
    for (const listener of this.#listeners) listener();
    this.#ending = this.#end(gently);
  }

  async #end(gently: boolean): Promise<TreeEnd> {
    if (gently) {
      // What stands still can neither fork away while it is told to end, nor keep limitrun from running.
      if (this.#group !== undefined) await this.#group.freeze('ending');
      const members = await this.#tellAll();
      this.#group?.thaw();
      const tellUntold = this.#untold(members);
      if (await this.#goneBefore(() => this.#deadlineMs ?? 0, tellUntold)) {
        return {survivors: [], forced: false};
      }
    }
    return this.#killTree();
  }

  /**
   * Those nearby first, since a search of the whole machine takes its time, in which memory goes on growing. What they
   * have started since then is let alone: it may be what a program does in order to end.
   * @returns who was told
   */
  async #tellAll(): Promise<readonly ProcessIdentity[]> {
    const found = this.#tree.members('nearby');
    // At once where it can be.
    const nearby = 'then' in found ? await found : found;
    let reached = this.#tellToEnd(nearby);
    const toldOrTheirs = new Set(nearby.map(({pid}) => pid));
    // Parents come before their children.
    const others = (await this.#tree.members('everywhere')).filter(({pid}) => {
      if (toldOrTheirs.has(pid)) return false;
      if (!toldOrTheirs.has(readStatOf(pid)?.parentPid ?? 0)) return true;
      toldOrTheirs.add(pid);
      return false;
    });
    reached += this.#tellToEnd(others);
    if (reached > 0) this.#say(`SIGTERM to ${count(reached)}`);
    return [...nearby, ...others];
  }

  /** @returns how many were reached; none when the tree is to be killed by now */
  #tellToEnd(members: readonly ProcessIdentity[]): number {
    if (this.#killing) return 0;
    const reached = this.#signalAll(members, 'SIGTERM');
    // Or a stopped process would not get to see the SIGTERM.
    this.#signalAll(members, 'SIGCONT');
    return reached;
  }

  /**
   * A process that a member was just starting when it was told to end is an orphan that nobody has told, and the tree
   * would be waited for in vain. What a program starts in order to end (a clean-up) has a living parent, and is let alone.
   */
  #untold(told: readonly ProcessIdentity[]): (members: readonly ProcessIdentity[]) => void {
    const pids = new Set(told.map(({pid}) => pid));
    const untilMs = this.#clock.nowMs() + UNTOLD_FOR_MS;
    return (members) => {
      if (this.#killing || this.#clock.nowMs() > untilMs) return;
      const living = new Set(members.map(({pid}) => pid));
      const untold = members.filter(
        ({pid}) => !pids.has(pid) && !living.has(readStatOf(pid)?.parentPid ?? pid),
      );
      for (const {pid} of untold) pids.add(pid);
      this.#signalAll(untold, 'SIGTERM');
      this.#signalAll(untold, 'SIGCONT');
    };
  }

  async #killTree(): Promise<TreeEnd> {
    // What grows must stand still before anybody is looked for.
    if (this.#group === undefined) this.#signalAll(this.#tree.known(), 'SIGSTOP');
    const giveUpMs = this.#clock.nowMs() + GIVE_UP_AFTER_KILL_MS;
    const killed = new Set<number>(await this.#killGroup(giveUpMs));
    const kill = (members: readonly ProcessIdentity[]): void => {
      this.#signalAll(members, 'SIGKILL');
      for (const {pid} of members) if (!this.#denied.has(pid)) killed.add(pid);
    };
    let gone: boolean;
    do {
      // Stopped first, so that none can fork while the others are being killed.
      kill(await stopMembers(this.#tree, (fresh) => this.#signalAll(fresh, 'SIGSTOP')));
      const lookAgainMs = this.#clock.nowMs() + LONGEST_LOOK_MS;
      // Who is found only now may be gone, with a child in its place, before all stand still.
      gone = await this.#goneBefore(() => Math.min(giveUpMs, lookAgainMs), kill);
    } while (!gone && this.#clock.nowMs() < giveUpMs && !(await this.#onlyDeniedLeft()));
    if (killed.size > 0) this.#say(`SIGKILL to ${count(killed.size)}`);
    const survivors = gone ? [] : (await this.#tree.members('everywhere')).map((member) => member.pid);
    return {survivors, forced: killed.size > 0};
  }

  /**
   * At once, before anybody is looked for: a fork bomb leaves little time to others.
   * @returns who was in the group
   */
  async #killGroup(giveUpMs: number): Promise<readonly number[]> {
    const group = this.#group;
    if (group === undefined) return [];
    const members = group.members();
    group.kill();
    for (
      let lookMs = FIRST_LOOK_MS;
      group.members().length > 0;
      lookMs = Math.min(lookMs * 2, LONGEST_LOOK_MS)
    ) {
      if (this.#clock.nowMs() >= giveUpMs) break;
      await this.#pause(lookMs);
    }
    return members;
  }

  /** @returns how many processes were reached */
  #signalAll(members: readonly ProcessIdentity[], signal: NodeJS.Signals): number {
    let reached = 0;
    for (const member of members) {
      const result = signalProcess(this.#tree, member, signal);
      if (result === 'sent') reached += 1;
      if (result === 'denied' && !this.#denied.has(member.pid)) {
        this.#denied.add(member.pid);
        this.#say(`may not signal process ${String(member.pid)}: it belongs to another user`);
      }
    }
    return reached;
  }

  async #onlyDeniedLeft(): Promise<boolean> {
    return (await this.#tree.members('everywhere')).every((member) => this.#denied.has(member.pid));
  }

  /** Waits until no member is alive; gives up at a deadline, which may move while it waits. */
  async #goneBefore(
    deadlineMs: () => number,
    onLeft: (members: readonly ProcessIdentity[]) => void = () => undefined,
  ): Promise<boolean> {
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 2, LONGEST_LOOK_MS)) {
      const left = await this.#left();
      if (left === undefined) return true;
      onLeft(left);
      const leftMs = deadlineMs() - this.#clock.nowMs();
      if (leftMs <= 0) return false;
      await this.#pause(Math.min(lookMs, leftMs));
    }
  }

  /**
   * Asks what costs little first: a walk only when the group is empty, the whole machine when nothing is left nearby.
   * @returns undefined when nobody is left; otherwise who is, outside of a group
   */
  async #left(): Promise<readonly ProcessIdentity[] | undefined> {
    if ((this.#group?.members() ?? []).length > 0) return [];
    const nearby = await this.#tree.members('nearby');
    if (nearby.length > 0) return nearby;
    const others = await this.#tree.members('everywhere');
    return others.length > 0 ? others : undefined;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #say(text: string): void {
    if (this.#reason) this.#onAction(text, this.#reason);
  }
}

function count(processes: number): string {
  return processes === 1 ? '1 process' : `${String(processes)} processes`;
}
