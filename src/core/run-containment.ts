import {systemClock} from './clock.js';
import type {Controller} from './containment/cgroup-facts.js';
import type {Containment} from './containment/containment.js';
import {openSite, type OpenedSite} from './containment/open-site.js';
import {errorMessage} from './error-message.js';
import {kernelCaps, type KernelCaps} from './limits/kernel-caps.js';
import type {CapsInForce} from './limits/limit-promises.js';
import {limitsSet, type ResourceLimits} from './limits/resource-limits.js';
import type {ResourceLimitManager} from './limits/resource-limit-manager.js';
import type {ResourceViolation} from './limits/resource-violation.js';
import type {RunPlan} from './plan/run-plan.js';
import {UsageError} from './plan/usage-error.js';

/** Says what the user should know; `detail` only with `--verbose`. */
export type ContainmentNotice = (level: 'detail' | 'warning', text: string) => void;

/** How often the kernel is asked whether it had to kill, while the command runs. */
const LOOK_EVERY_MS = 20;

/** The control groups of one run: made for each attempt, where there are limits and the machine offers them. */
export class RunContainment {
  readonly #plan: RunPlan;
  readonly #opened: OpenedSite;
  readonly #notice: ContainmentNotice;
  #caps: KernelCaps = {};
  #group: Containment | undefined;
  #lookedMs = -Infinity;

  private constructor(plan: RunPlan, opened: OpenedSite, notice: ContainmentNotice) {
    this.#plan = plan;
    this.#opened = opened;
    this.#notice = notice;
    // Whatever way limitrun ends, but by SIGKILL: then the next run does it.
    process.once('exit', () => opened.site?.close());
  }

  /**
   * Prepares what the plan asks for.
   * @returns undefined where there is nothing to contain, or it was not wanted
   * @throws UsageError with `--enforce kernel`, when a limit cannot be capped that should be
   */
  static async open(
    plan: RunPlan,
    runId: string,
    ignoredSignals: readonly string[],
    notice: ContainmentNotice,
  ): Promise<RunContainment | undefined> {
    const {enforce} = plan.monitoring;
    const refuse = (why: string): undefined => {
      if (enforce === 'kernel') throw new UsageError(`--enforce kernel: ${why}`);
      notice('detail', `no control groups: ${why}`);
      return undefined;
    };
    const limits = limitsSet(plan.limits);
    if (enforce === 'poll' || limits.length === 0 || process.platform !== 'linux') {
      return enforce === 'kernel' && limits.length > 0 ? refuse('there are none on this system') : undefined;
    }
    if (plan.keepBackground) return refuse('with --keep-background processes outlive the run');
    if (plan.handling === 'disabled') return refuse('violation handling is disabled, so no limit is enforced');
    const caps = capsOf(plan, plan.limits);
    const opened = await openSite(asker(ignoredSignals), runId, controllersFor(caps));
    const withoutMemory = caps.memory === undefined ? undefined : opened.missing.get('memory');
    if (withoutMemory !== undefined) {
      if (enforce === 'kernel') opened.site?.close();
      refuse(`the kernel cannot cap memory here: ${withoutMemory}`);
    } else if (opened.site === undefined) {
      notice('detail', `no control groups: ${opened.missing.values().next().value ?? 'none can be made here'}`);
    }
    return opened.site === undefined ? undefined : new RunContainment(plan, opened, notice);
  }

  /** What the kernel will hold the first attempt to. */
  get capsInForce(): CapsInForce | undefined {
    const {site} = this.#opened;
    return site && {...this.#possible(capsOf(this.#plan, this.#plan.limits)), source: site.kind};
  }

  /**
   * Makes the groups of an attempt.
   * @returns undefined when that has failed, which has been said
   */
  openAttempt(limits: ResourceLimits): Containment | undefined {
    this.#caps = this.#possible(capsOf(this.#plan, limits));
    const {memory, tasks} = this.#caps;
    try {
      this.#group = this.#opened.site?.open({
        ...(memory === undefined ? {} : {memoryBytes: memory.bytes}),
        ...(tasks === undefined ? {} : {tasks}),
      });
    } catch (error) {
      this.#group = undefined;
      this.#notice('warning', `no control group, so the limits are kept by sampling: ${errorMessage(error)}`);
    }
    return this.#group;
  }

  /** Why the command has not been started after all; undefined: it has been. */
  get entryFault(): string | undefined {
    return this.#group?.entered() === false ? 'the command could not enter its control group' : undefined;
  }

  /**
   * Whether the kernel has killed at the cap; if so the manager is told.
   * @param manager of the attempt
   * @param now look in any case
   * @returns the violation that this has become
   */
  look(manager: ResourceLimitManager | undefined, now = false): ResourceViolation | undefined {
    const {memory} = this.#caps;
    if (this.#group === undefined || memory === undefined) return undefined;
    const nowMs = systemClock.nowMs();
    if (!now && nowMs - this.#lookedMs < LOOK_EVERY_MS) return undefined;
    this.#lookedMs = nowMs;
    if (this.#group.outOfMemory() !== 'at_our_cap') return undefined;
    return manager?.capReached(memory.limit, {source: this.#group.kind, capValue: memory.bytes});
  }

  /** What is known of a SIGKILL that limitrun did not send; undefined: nothing. */
  get foreignKill(): string | undefined {
    if (this.#group?.outOfMemory() !== 'elsewhere') return undefined;
    return 'the kernel killed a process of the command for want of memory, but not at a cap of limitrun';
  }

  /** Removes the groups of an attempt whose tree is gone. */
  async closeAttempt(): Promise<void> {
    const group = this.#group;
    this.#group = undefined;
    await group?.remove();
  }

  /** Leaves no group behind. */
  close(): void {
    this.#opened.site?.close();
  }

  #possible({memory, tasks}: KernelCaps): KernelCaps {
    const {missing} = this.#opened;
    return {
      ...(memory === undefined || missing.has('memory') ? {} : {memory}),
      ...(tasks === undefined || missing.has('pids') ? {} : {tasks}),
    };
  }
}

function capsOf({handling, restart, monitoring}: RunPlan, limits: ResourceLimits): KernelCaps {
  if (!monitoring.enabled) return {};
  return kernelCaps(limitsSet(limits), {handling, startupGraceMs: restart.startupGraceMs});
}

function controllersFor({memory, tasks}: KernelCaps): Controller[] {
  return [
    ...(memory === undefined ? [] : (['memory'] as const)),
    ...(tasks === undefined ? [] : (['pids'] as const)),
  ];
}

function asker(ignoredSignals: readonly string[]) {
  const uid = process.getuid?.() ?? -1;
  return {
    pid: process.pid,
    uid,
    runtimeDirectory: process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(uid)}`,
    outlivesLogin: ignoredSignals.includes('HUP'),
  };
}
