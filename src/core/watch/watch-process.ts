import {roomOnStandardError} from '../table-room.js';
import {systemClock} from '../clock.js';
import {errorMessage} from '../error-message.js';
import {limitPromises} from '../limits/limit-promises.js';
import {ResourceLimitManager, type LimitEvent} from '../limits/resource-limit-manager.js';
import {limitsSet} from '../limits/resource-limits.js';
import {unkeptLimits} from '../limits/unkept-limits.js';
import {LineWriter} from '../line-writer.js';
import {measuredHere, openProbe} from '../monitor/open-probe.js';
import type {Probe} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-process.js';
import type {WatchPlan} from '../plan/resolve-watch.js';
import {UsageError} from '../plan/usage-error.js';
import {exitCodeOf} from '../process/exit-code.js';
import {TreeTerminator, type TerminationReason} from '../process/tree-terminator.js';
import type {EndCause, Happening, RunEvent} from '../record/run-event.js';
import {RunViewFolder} from '../record/run-view.js';
import type {Display, Leaving, Picture, Target} from './display.js';
import {leavingCode, lookOn} from './look-on.js';
import {openDisplay} from './open-display.js';
import {assertWatchable, unstoppable, wouldAct} from './refuse-pid.js';
import {STANDARD_ERROR_PAINT} from '../standard-error-paint.js';

/** How often the tree is told. */
const TREE_EVERY_MS = 1000;
/** Members that are shown. */
const MOST_MEMBERS_SHOWN = 200;
/** The only attempt: what limitrun has not started it does not start again. */
const ATTEMPT = 1;

/**
 * Watches a process that limitrun has not started, and its tree, and keeps its limits if there are any, until it ends or
 * somebody leaves.
 * @returns the exit code of limitrun
 * @throws UsageError when it cannot be watched, or its limits cannot be kept
 */
export async function watchProcess(pid: number, plan: WatchPlan): Promise<number> {
  const {foreign} = assertWatchable(pid, wouldAct(plan.limits, plan.handling));
  return new WatchedProcess(pid, plan).run(foreign);
}

class WatchedProcess implements Target {
  readonly title: string;
  readonly #pid: number;
  readonly #plan: WatchPlan;
  readonly #writer = new LineWriter(2);
  readonly #folder = new RunViewFolder();
  readonly #probe: Probe;
  readonly #terminator: TreeTerminator;
  readonly #manager: ResourceLimitManager;
  readonly #display: Display;
  readonly #startedAtMs = systemClock.nowMs();
  /** The first cause of the end stays. */
  #cause: EndCause | undefined;
  #survivors: readonly number[] = [];
  #forced = false;
  #targetEnded!: () => void;
  readonly #ended = new Promise<void>((resolve) => {
    this.#targetEnded = resolve;
  });

  constructor(pid: number, plan: WatchPlan) {
    this.#pid = pid;
    this.#plan = plan;
    this.title = `process ${String(pid)}`;
    this.#probe = openProbe({rootPid: pid, ownChild: false, nowMs: () => systemClock.nowMs()});
    this.#terminator = new TreeTerminator(this.#probe, systemClock, (text, reason) => {
      this.#actionTaken(text, reason);
    });
    this.#manager = new ResourceLimitManager({
      pid,
      limits: plan.limits,
      violationHandling: plan.handling,
      gracePeriodMs: plan.gracePeriodMs,
      intervalMs: plan.intervalMs,
      // Somebody looks on.
      sampleEveryMs: plan.intervalMs,
      probe: this.#probe,
      terminator: this.#terminator,
      onEvent: (event) => {
        this.#limitEvent(event);
      },
    });
    this.#display = openDisplay(this, plan.output);
  }

  async run(foreign: boolean): Promise<number> {
    this.#begin(foreign);
    await this.#manager.start();
    const tellTree = (): void => {
      this.#emit({kind: 'tree_sampled', ...this.#manager.getMembers(MOST_MEMBERS_SHOWN)});
    };
    tellTree();
    const telling = setInterval(tellTree, TREE_EVERY_MS);
    const leaving = await lookOn(this.#display, this.#ended);
    clearInterval(telling);
    const exitCode = leaving.kind === 'target_ended' ? await this.#tellTheEnd() : await this.#leave(leaving);
    this.#manager.stop();
    this.#probe.close();
    await this.#writer.flush();
    return exitCode;
  }

  picture(): Picture {
    const view = this.#folder.view();
    const nowMs = view.record.endedAtMs ?? systemClock.nowMs();
    // CPU time counts from the start of the process, which is longer ago than the watching: there is no average.
    const {averageCpuPercent: _unknown, ...figures} = view.record.figures;
    return {
      view: {...view, record: {...view.record, figures}},
      fate: view.state === 'ended' ? 'ended' : 'running',
      elapsedMs: nowMs - this.#startedAtMs,
    };
  }

  stop(): string {
    const why = unstoppable(this.#pid);
    if (why !== undefined) return why;
    if (this.#terminator.begun) return `${this.title} is being stopped already`;
    this.#cause ??= {kind: 'signal', signal: 'SIGTERM'};
    this.#emit({kind: 'state_changed', state: 'stopping'});
    this.#terminator.endGracefully(this.#plan.gracePeriodMs, {actor: 'limitrun'});
    this.#awaitTree();
    return `stopping ${this.title}`;
  }

  #begin(foreign: boolean): void {
    const {name, limits, handling, intervalMs, strict, notices} = this.#plan;
    const promises = limitPromises(limitsSet(limits), measuredHere(), intervalMs);
    const unkept = unkeptLimits(promises);
    const [first] = unkept;
    if (strict && first !== undefined) throw new UsageError(`${first}, and --strict refuses that`);
    this.#emit({
      kind: 'run_started',
      // No run of limitrun, so it has no id by which it could be found.
      runId: name === undefined ? '' : this.title,
      name: name ?? this.title,
      command: this.#commandLine(),
      handling,
      promises,
    });
    for (const text of notices) this.#emit({kind: 'notice', level: 'info', text});
    for (const text of unkept) this.#emit({kind: 'notice', level: 'warning', text});
    if (foreign) {
      const text = `${this.title} belongs to another user: open files and disk I/O may not be told`;
      this.#emit({kind: 'notice', level: 'warning', text});
    }
    this.#emit({kind: 'attempt_started', attempt: ATTEMPT, pid: this.#pid});
    this.#emit({kind: 'state_changed', state: 'running'});
  }

  /** Of a kernel thread, and where it may not be read, the name alone. */
  #commandLine(): readonly string[] {
    const words = this.#probe.commandLine?.(this.#pid) ?? [];
    return words.length > 0 ? words : [`[${readStatOf(this.#pid)?.name ?? String(this.#pid)}]`];
  }

  #limitEvent(event: LimitEvent): void {
    switch (event.kind) {
      case 'usage_sampled':
        if (this.#rootHasEnded()) return;
        this.#emit(event);
        return;
      case 'violation_begun':
      case 'violation_ended':
      case 'notice':
        this.#emit(event);
        return;
      case 'action_taken':
        this.#actionTaken(event.text, event.reason);
        return;
      case 'enforced': {
        const {limitType, policy} = event.violation;
        this.#cause ??= {kind: 'violation', limitType};
        const state = policy === 'immediate_kill' ? 'terminating' : 'stopping';
        this.#emit({kind: 'state_changed', state});
        this.#awaitTree();
        return;
      }
      case 'tree_ended':
        this.#rootHasEnded();
        return;
      case 'fault':
        this.#cause ??= {kind: 'fault', message: event.error.message};
        this.#targetEnded();
        return;
    }
  }

  /** A tree that is being ended is over when nothing is left of it; otherwise the process itself counts. */
  #rootHasEnded(): boolean {
    if (this.#terminator.begun || this.#probe.isRootAlive()) return false;
    this.#cause ??= {kind: 'exited'};
    this.#targetEnded();
    return true;
  }

  #awaitTree(): void {
    void this.#terminator.ended().then(({survivors, forced}) => {
      this.#survivors = survivors;
      this.#forced = forced;
      this.#targetEnded();
    });
  }

  /** @returns the exit code, after what became of the process was said */
  async #tellTheEnd(): Promise<number> {
    this.#manager.stop();
    const cause: EndCause = this.#cause ?? {kind: 'exited'};
    const leftRunning = cause.kind === 'exited' ? await this.#probe.members('everywhere') : [];
    // Whoever asked for the stop has what they wanted.
    const exitCode = cause.kind === 'signal' ? 0 : exitCodeOf({cause, forced: this.#forced});
    this.#emit({kind: 'attempt_ended', attempt: ATTEMPT, cause, forced: this.#forced});
    this.#emit({kind: 'run_ended', cause, exitCode, survivors: this.#survivors});
    if (this.#plan.output.quiet && cause.kind !== 'fault') return exitCode;
    const {processOutcome} = await import('../report/process-outcome.js');
    const pids = leftRunning.map(({pid}) => pid);
    this.#writer.line(
      processOutcome(this.picture().view.record, pids, STANDARD_ERROR_PAINT, roomOnStandardError()),
    );
    return exitCode;
  }

  /** The process goes on, unless it is being ended: that is carried through first. */
  async #leave(leaving: Exclude<Leaving, {kind: 'target_ended'}>): Promise<number> {
    if (leaving.kind === 'fault') this.#writer.line(`limitrun: failed: ${errorMessage(leaving.error)}`);
    if (this.#terminator.begun) {
      this.#say(
        `still ending ${this.title}, at most ${String(Math.ceil(this.#plan.gracePeriodMs / 1000))} s`,
      );
      await this.#ended;
      const exitCode = await this.#tellTheEnd();
      return leaving.kind === 'quit' ? exitCode : leavingCode(leaving);
    }
    if (limitsSet(this.#plan.limits).length > 0) {
      this.#say(`${this.title} goes on; its limits are no longer kept`);
    }
    return leavingCode(leaving);
  }

  #say(text: string): void {
    if (!this.#plan.output.quiet) this.#writer.line(`limitrun: ${text}`);
  }

  #actionTaken(text: string, {actor, violation}: TerminationReason): void {
    this.#emit({kind: 'action_taken', actor, text, ...(violation === undefined ? {} : {violation})});
  }

  #emit(happening: Happening): void {
    const event: RunEvent = {
      ...happening,
      atMs: systemClock.nowMs(),
      timestampMs: systemClock.timestampMs(),
    };
    this.#folder.add(event);
    this.#display.tell(event);
  }
}
