import {callAt, systemClock, type Clock} from '../clock.js';
import {errorMessage} from '../error-message.js';
import {openProbe} from '../monitor/open-probe.js';
import type {Probe} from '../monitor/probe.js';
import {ResourceMonitor} from '../monitor/resource-monitor.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {TreeMember} from '../monitor/tree-member.js';
import {TreeTerminator, type TerminationReason} from '../process/tree-terminator.js';
import {TreeThrottle} from '../process/tree-throttle.js';
import {ActionGate} from './action-gate.js';
import {capViolation, violationOfLimit, type ReachedCap} from './cap-violation.js';
import {checkLimits} from './check-options.js';
import {refuseUnlimitable} from './limitable-pid.js';
import type {LimitEvent} from './limit-event.js';
import {lookingRules} from './looking-rules.js';
import {MANAGER_DEFAULTS, wouldAct, type ResourceLimitManagerOptions} from './manager-options.js';
import {rankMembers} from './rank-members.js';
import {ResourceEnforcer} from './resource-enforcer.js';
import {limitsSet, throttleFault, type Limit, type LimitType} from './resource-limits.js';
import {actsOnTheTree, startsAgain, type ViolationHandlingMode} from './resource-policy.js';
import {ResourceViolationChecker, violationOf, type CheckerState} from './resource-violation-checker.js';
import type {ResourceViolation} from './resource-violation.js';
import {withDeadline} from './with-deadline.js';

export type {LimitEvent} from './limit-event.js';
export type {ResourceLimitManagerOptions} from './manager-options.js';

/** Acts on a critical violation in mode `external`. It may return a promise. */
export type ViolationCallback = (violation: ResourceViolation) => void | Promise<void>;

/** Members told with a violation. */
const MOST_MEMBERS_TOLD = 500;
/** Violations whose trees {@link ResourceLimitManager.getViolations} still has. */
const TREES_REMEMBERED = 20;

/**
 * Watches one process tree and sees to it that its limits are kept. Owns the monitor, the checker and the enforcer;
 * every violation passes once through {@link ResourceLimitManager.onViolationDispatch}.
 */
export class ResourceLimitManager {
  readonly #options: ResourceLimitManagerOptions & typeof MANAGER_DEFAULTS;
  readonly #clock: Clock;
  readonly #limits: readonly Limit[];
  readonly #checker: ResourceViolationChecker;
  readonly #probe: Probe;
  readonly #terminator: TreeTerminator;
  readonly #throttle: TreeThrottle;
  readonly #enforcer: ResourceEnforcer;
  readonly #monitor: ResourceMonitor;
  readonly #gate: ActionGate;
  #callback: ViolationCallback | undefined;
  #state: CheckerState;
  #startedAtMs = 0;
  #watching = false;
  #wasEmpty = false;
  #cancelTimeout: () => void = () => undefined;
  readonly #violations: ResourceViolation[] = [];

  /** @throws RangeError for limits that would limit nothing, and when the pid is not one of a process that may be limited */
  constructor(options: ResourceLimitManagerOptions) {
    checkLimits(options.limits, options.violationHandling);
    refuseUnlimitable(options.pid, wouldAct(options));
    this.#options = {...MANAGER_DEFAULTS, ...options};
    this.#clock = options.clock ?? systemClock;
    this.#limits = limitsSet(options.limits);
    this.#checker = new ResourceViolationChecker(this.#limits);
    this.#state = this.#checker.begin();
    this.#probe = options.probe ?? this.#openProbe();
    const onAction = (text: string, reason: TerminationReason): void => {
      this.#emit({kind: 'action_taken', text, reason});
    };
    this.#terminator = options.terminator ?? new TreeTerminator(this.#probe, this.#clock, onAction);
    this.#throttle =
      options.throttle ?? new TreeThrottle(this.#probe, this.#terminator, this.#clock, onAction);
    this.#enforcer = new ResourceEnforcer(this.#terminator, this.#options.gracePeriodMs, this.#throttle);
    this.#monitor = this.#openMonitor();
    this.#gate = new ActionGate(options, (error) => {
      const why = errorMessage(error);
      this.#emit({
        kind: 'notice',
        level: 'warning',
        text: `what was to be done before acting failed: ${why}`,
      });
    });
    this.#throttle.useMeter(() => this.#monitor.cpuTimeMs());
  }

  /**
   * Begins to watch; the first sample is taken at once.
   * @throws Error in mode `external` without a callback, in mode `internal` when a policy asks for a restart, and when
   * the policy `throttle` is given for anything but the CPU percentage
   */
  async start(): Promise<void> {
    const mode = this.getViolationHandlingMode();
    if (mode === 'external' && this.#callback === undefined) {
      throw new Error('violation handling is external, but no callback was set with setViolationCallback()');
    }
    if (mode === 'internal' && this.#limits.some((limit) => startsAgain(limit.policy))) {
      throw new Error(
        'a restart policy needs violation handling external: the enforcer cannot start anything',
      );
    }
    for (const limit of this.#limits) {
      const fault = throttleFault(limit);
      if (fault !== undefined) throw new Error(fault);
    }
    this.#startedAtMs = this.#clock.nowMs();
    this.#watching = true;
    this.#armTimeout();
    await this.#monitor.start();
  }

  /**
   * When the tree is no longer so new that a fork bomb is looked for all the time; until then nobody should take CPU time
   * that can wait. At once where none is looked for.
   */
  get settled(): Promise<void> {
    return this.#monitor.settled;
  }

  /** Ends the watching and the throttling. The tree goes on; its ending, once begun, is carried through. */
  stop(): void {
    this.#watching = false;
    this.#throttle.close();
    this.#cancelTimeout();
    this.#monitor.stop();
    if (this.#options.probe !== undefined) return;
    void this.#terminator.ended().then(() => {
      this.#probe.close();
    });
  }

  /** Must be set before {@link start} in mode `external`. Called once per critical violation. */
  setViolationCallback(callback: ViolationCallback): void {
    this.#callback = callback;
  }

  getViolationHandlingMode(): ViolationHandlingMode {
    return this.#options.violationHandling ?? 'internal';
  }

  /** Every violation since the start, warnings too, oldest first. */
  getViolations(): readonly ResourceViolation[] {
    return [...this.#violations];
  }

  /** The usage of the last while, oldest first. */
  getHistory(): readonly ResourceUsage[] {
    return this.#monitor.history.samples();
  }

  /** Who is in the tree, the largest in memory first, and how many more there are. */
  getMembers(most: number): {readonly members: readonly TreeMember[]; readonly omitted: number} {
    return this.#ranked('max_rss', most);
  }

  /** One last look at a tree that is over, for its totals. */
  async finalUsage(): Promise<ResourceUsage> {
    return this.#monitor.finalUsage();
  }

  /**
   * The kernel has ended a process of the tree at its cap for a limit: a violation like any other, unless there is one
   * of this limit already.
   * @returns the violation, with the group as its source
   */
  capReached(limit: Limit, group: ReachedCap): ResourceViolation {
    const known = violationOfLimit(limit, this.#violations);
    if (known !== undefined) return {...known, source: group.source};
    const violation = capViolation(limit, group, this.#clock);
    this.onViolationDispatch(violation);
    return violation;
  }

  /**
   * The one place in which a violation becomes an action. A warning is recorded and told, and nothing more.
   *
   * - `internal`: the enforcer acts by signals.
   * - `external`: the callback acts. If it throws, rejects or hangs, that is told, and the enforcer does what the
   *   policy says as far as signals go: a limit is never left without a keeper.
   * - `disabled`: nothing is done.
   */
  private onViolationDispatch(judged: ResourceViolation): void {
    const violation = this.#withTree(judged);
    this.#record(violation);
    this.#emit({kind: 'violation_begun', violation});
    if (violation.severity === 'warning') return;
    this.#gate.pass(violation, () => {
      this.#act(violation);
    });
  }

  #act(violation: ResourceViolation): void {
    switch (this.getViolationHandlingMode()) {
      case 'internal':
        this.#enforce(violation);
        return;
      case 'external':
        void this.#callBack(violation);
        return;
      case 'disabled':
        return;
    }
  }

  /** Who is to blame: the tree as it is now. */
  #withTree(violation: ResourceViolation): ResourceViolation {
    const {members, omitted} = this.#ranked(violation.limitType, MOST_MEMBERS_TOLD);
    return {
      ...violation,
      ...(members.length === 0 ? {} : {tree: members}),
      ...(omitted === 0 ? {} : {treeOmitted: omitted}),
    };
  }

  #ranked(by: LimitType, most: number): {members: readonly TreeMember[]; omitted: number} {
    let omitted = 0;
    const members = this.#monitor.members((all) => {
      omitted = Math.max(0, all.length - most);
      return rankMembers(by, all).slice(0, most);
    }, this.#options.memberArguments);
    return {members, omitted};
  }

  /** Of the violations that are long past the trees are forgotten, so that memory does not grow with them. */
  #record(violation: ResourceViolation): void {
    this.#violations.push(violation);
    const index = this.#violations.length - 1 - TREES_REMEMBERED;
    const old = this.#violations[index];
    if (old?.tree === undefined) return;
    const {tree: _forgotten, ...rest} = old;
    this.#violations[index] = rest;
  }

  #enforce(violation: ResourceViolation): void {
    if (this.#enforcer.enforce(violation)) this.#emit({kind: 'enforced', violation});
  }

  async #callBack(violation: ResourceViolation): Promise<void> {
    try {
      await withDeadline(
        Promise.resolve(this.#callback?.(violation)),
        this.#options.callbackDeadlineMs ?? this.#options.gracePeriodMs,
      );
    } catch (error) {
      const why = errorMessage(error);
      this.#emit({kind: 'notice', level: 'warning', text: `the violation callback failed: ${why}`});
      if (actsOnTheTree(violation.policy)) this.#enforce(violation);
    }
  }

  #onUsage(usage: ResourceUsage, gapMs: number): void {
    this.#emit({kind: 'usage_sampled', usage, gapMs});
    this.#noticeEmptiness(usage.process.processes === 0);
    if (usage.atMs - this.#startedAtMs < this.#options.startupGraceMs) return;
    // A tree that is held for the sake of an action is judged again after it; one that the kernel kills never.
    if (this.#gate.holding || this.#isKilledByKernel()) return;
    const {state, begun, ended, outgrown} = this.#checker.check(
      usage,
      this.#state,
      this.#throttle.demandPercent,
    );
    if (begun.some(({severity}) => severity === 'critical')) {
      this.#options.askKernel?.();
      if (this.#isKilledByKernel()) return;
    }
    this.#state = state;
    for (const one of ended) {
      this.#emit({kind: 'violation_ended', ended: one});
      if (one.violation.policy === 'throttle' && one.how === 'subsided') this.#throttle.end();
    }
    for (const violation of begun) this.onViolationDispatch(violation);
    // Whoever asked the tree to end: a grace period is not there to go on growing.
    for (const violation of outgrown) {
      if (this.#terminator.begun) this.#terminator.killAll({violation, actor: 'enforcer'});
    }
  }

  #isKilledByKernel(): boolean {
    return this.#violations.at(-1)?.source !== undefined;
  }

  /** Whoever has started the tree learns of its end sooner, and ends the watching: only if not is it searched for. */
  #noticeEmptiness(empty: boolean): void {
    if (empty && (this.#wasEmpty || this.#options.ownChild !== true)) void this.#noticeEnd();
    this.#wasEmpty = empty;
  }

  /** A daemon may have left the tree of parents and children: it is over when the search finds none either. */
  async #noticeEnd(): Promise<void> {
    const left = await this.#probe.members('everywhere');
    if (left.length > 0 || !this.#watching) return;
    this.stop();
    this.#emit({kind: 'tree_ended'});
  }

  #armTimeout(): void {
    const timers = this.#limits
      .filter(({kind}) => kind.type === 'timeout')
      .map((limit) =>
        callAt(this.#clock, this.#startedAtMs + limit.value, () => {
          const atMs = this.#clock.nowMs();
          const instant = {atMs, timestampMs: this.#clock.timestampMs()};
          this.onViolationDispatch(violationOf(limit, atMs - this.#startedAtMs, instant, 'critical'));
        }),
      );
    this.#cancelTimeout = () => {
      for (const cancel of timers) cancel();
    };
  }

  #openProbe(): Probe {
    const {pid, ownChild} = this.#options;
    return openProbe({rootPid: pid, ownChild: ownChild ?? false, nowMs: () => this.#clock.nowMs()});
  }

  #openMonitor(): ResourceMonitor {
    const {intervalMs, sampleEveryMs, historyRetentionMs, ownChild} = this.#options;
    return new ResourceMonitor({
      probe: this.#probe,
      clock: this.#clock,
      historyRetentionMs,
      ...(ownChild === true ? {reaperPid: process.pid} : {}),
      ...lookingRules({
        probe: this.#probe,
        limits: this.#limits,
        intervalMs,
        sampleEveryMs,
        state: () => this.#state,
        startedAtMs: () => this.#startedAtMs,
      }),
      onUsage: (usage, gapMs) => {
        this.#onUsage(usage, gapMs);
      },
      onFault: (error) => {
        this.#emit({kind: 'fault', error});
      },
    });
  }

  #emit(event: LimitEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      // A listener that fails must not stop the watching.
      process.emitWarning(`limitrun: onEvent has thrown: ${errorMessage(error)}`);
    }
  }
}
