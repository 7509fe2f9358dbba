import {availableParallelism} from 'node:os';
import {systemClock} from './clock.js';
import {askerHere} from './containment/asker-here.js';
import type {Controller} from './containment/cgroup-facts.js';
import type {Containment} from './containment/containment.js';
import {openSite, type OpenedSite} from './containment/open-site.js';
import {errorMessage} from './error-message.js';
import {capsWithout, controllersFor, kernelCaps, type KernelCaps} from './limits/kernel-caps.js';
import {limitPromises, userTasksAreHeld, type CapsInForce} from './limits/limit-promises.js';
import {limitsSet, type ResourceLimits} from './limits/resource-limits.js';
import type {ResourceLimitManager} from './limits/resource-limit-manager.js';
import {measuredHere} from './monitor/open-probe.js';
import type {RunPlan} from './plan/run-plan.js';
import {UsageError} from './plan/usage-error.js';
import type {FenceRules} from './process/crowd-fence.js';
import type {ProcessControl} from './process/process-control.js';
import type {LimitPromise} from './record/run-event.js';
import type {Sourced} from './record/run-record.js';
import type {RunTeller} from './run-teller.js';

/** Says what the user should know. */
type Teller = Pick<RunTeller, 'notice' | 'tell'>;

/** How often the kernel is asked whether it had to kill, while the command runs. */
const LOOK_EVERY_MS = 20;

/** The control groups of one run: made for each attempt, where there are limits and the machine offers them. */
export class RunContainment {
  readonly #plan: RunPlan;
  readonly #opened: OpenedSite;
  readonly #teller: Teller;
  #caps: KernelCaps = {};
  #group: Containment | undefined;
  #lookedMs = -Infinity;
  /** Of the attempt that runs. */
  #capTold = false;

  private constructor(plan: RunPlan, opened: OpenedSite, teller: Teller) {
    this.#plan = plan;
    this.#opened = opened;
    this.#teller = teller;
    // Whatever way limitrun ends, but by SIGKILL: then the next run does it.
    process.once('exit', () => opened.site?.close());
  }

  /**
   * Prepares what the plan asks for. Why there are no groups is said with `--verbose`.
   * @param stay see {@link openSite}
   * @returns undefined where there is nothing to contain, or it cannot be done or was not wanted
   * @throws UsageError with `--enforce kernel`, when a limit cannot be capped that should be
   */
  static async open(
    plan: RunPlan,
    runId: string,
    ignoredSignals: readonly string[],
    teller: Teller,
    stay: () => void,
  ): Promise<RunContainment | undefined> {
    if (plan.monitoring.enforce === 'poll' || limitsSet(plan.limits).length === 0) return undefined;
    const fault = whyNot(plan);
    const caps = capsOf(plan, plan.limits);
    const opened: OpenedSite =
      fault === undefined
        ? await openSite(askerHere(ignoredSignals), runId, controllersFor(caps), welcome(caps), stay)
        : {site: undefined, missing: new Map(), why: fault};
    const {site} = opened;
    const uncapped = whyNotCapped(opened, caps);
    if (uncapped !== undefined && plan.monitoring.enforce === 'kernel') {
      site?.close();
      throw new UsageError(`--enforce kernel cannot be kept here: ${uncapped.why}`);
    }
    if (uncapped !== undefined && plan.output.verbose) {
      teller.notice('info', `${uncapped.what}: ${uncapped.why}`);
    }
    return site === undefined ? undefined : new RunContainment(plan, opened, teller);
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
    this.#capTold = false;
    const {memory, tasks, tasksWhileNew, crowd} = this.#caps;
    try {
      this.#group = this.#opened.site?.open({
        ...(memory === undefined ? {} : {memoryBytes: memory.bytes}),
        ...(tasks === undefined ? {} : {tasks}),
        ...(tasksWhileNew === undefined ? {} : {tasksWhileNew}),
        ...(crowd === undefined ? {} : {crowd}),
      });
    } catch (error) {
      this.#group = undefined;
      this.#teller.notice(
        'warning',
        `no control group, so the limits are kept by sampling: ${errorMessage(error)}`,
      );
    }
    // What forks at once must not have a lead over the one who is to see it.
    if (crowd !== undefined) void this.#group?.freeze('start');
    return this.#group;
  }

  /** While the command runs: whether the kernel has killed at the cap. That is a violation. */
  look(manager: ResourceLimitManager | undefined, control: ProcessControl): void {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    this.judge(manager, control);
  }

  /** The command has ended; perhaps the kernel has killed it, perhaps it never began. */
  childExited(manager: ResourceLimitManager | undefined, control: ProcessControl): void {
    this.judge(manager, control);
    if (this.#group?.entered() !== false) return;
    control.kill({
      kind: 'fault',
      message: 'the command could not enter its control group and was not started',
    });
  }

  /**
   * Whether the kernel has killed at the cap, asked at once: before something else is taken for the cause of what
   * follows. A sample may show the limit broken; or somebody asks limitrun to end, perhaps because the kernel has killed:
   * systemd stops a scope in which it has (systemd.scope(5), OOMPolicy=).
   */
  judge(manager: ResourceLimitManager | undefined, control: ProcessControl): void {
    const {memory} = this.#caps;
    if (memory === undefined || this.#group?.outOfMemory() !== 'at_our_cap') return;
    const cap = {source: this.#group.kind, capValue: memory.bytes};
    if (manager === undefined || this.#capTold) return;
    this.#capTold = true;
    const violation = manager.capReached(memory.limit, cap);
    this.#teller.tell({
      kind: 'action_taken',
      actor: 'limitrun',
      violation,
      text: 'SIGKILL by the kernel at its cap',
    });
    // A hook that is run first holds the manager's action up, and the child's end must not be taken for its own.
    control.handleViolation(violation);
  }

  /** That the kernel has killed a process for a reason that is not this run's; undefined: it has not. */
  get foreignKill(): string | undefined {
    if (this.#group?.outOfMemory() !== 'elsewhere') return undefined;
    return 'the kernel killed a process of the command for want of memory, but not at the cap of this run';
  }

  /** What was charged to the group of the attempt at the most; undefined where nobody counts it. */
  get memoryPeak(): Sourced | undefined {
    return this.#group?.memoryPeak();
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

  #possible(caps: KernelCaps): KernelCaps {
    return capsWithout(caps, this.#opened.missing);
  }
}

/** What keeps each limit of the first attempt. */
export function promisesOf(plan: RunPlan, containment: RunContainment | undefined): LimitPromise[] {
  const {limits, monitoring} = plan;
  // Then nobody has to know what can be measured here, which takes reading.
  if (limitsSet(limits).length === 0) return [];
  const measures = monitoring.enabled ? measuredHere() : undefined;
  const caps = containment?.capsInForce;
  const holdsTasks =
    caps === undefined &&
    userTasksAreHeld(process.platform, process.getuid?.()) &&
    fenceOf(plan, limits)?.room !== undefined;
  return limitPromises(limitsSet(limits), measures, monitoring.intervalMs, caps, holdsTasks);
}

/** What is done about fork bombs in an attempt without groups; undefined: nothing. */
export function fenceOf(plan: RunPlan, limits: ResourceLimits): FenceRules | undefined {
  const {crowd, tasks, tasksWhileNew = tasks} = capsOf(plan, limits);
  if (crowd === undefined || process.platform !== 'linux') return undefined;
  // What outlives the run must not be left with a limit of limitrun's.
  const capped = plan.monitoring.enforce !== 'poll' && !plan.keepBackground;
  if (tasks === undefined || tasksWhileNew === undefined || !capped) return {crowd};
  return {crowd, room: {whileNew: tasksWhileNew, settled: tasks}};
}

/** Why there are to be no groups, whatever the machine offers. */
function whyNot({keepBackground, handling}: RunPlan): string | undefined {
  if (process.platform !== 'linux') return 'there are none on this system';
  if (keepBackground) return 'with --keep-background processes outlive the run';
  return handling === 'disabled' ? 'violation handling is disabled, so no limit is enforced' : undefined;
}

function capsOf({handling, restart, monitoring, hook}: RunPlan, limits: ResourceLimits): KernelCaps {
  const set = limitsSet(limits);
  // Without a limit node:os need not be loaded for the number of cores.
  if (!monitoring.enabled || set.length === 0) return {};
  return kernelCaps(set, {
    handling,
    startupGraceMs: restart.startupGraceMs,
    freezes: hook?.freeze ?? false,
    cores: availableParallelism(),
  });
}

/**
 * A group with memory tells how much was used at the most, capped or not. In one with cpu a fork bomb cannot keep limitrun
 * beside it from running.
 */
function welcome({crowd}: KernelCaps): Controller[] {
  return crowd === undefined ? ['memory'] : ['memory', 'cpu'];
}

/** What is left to sampling although the kernel should keep it, and why. */
function whyNotCapped(
  {site, why, missing}: OpenedSite,
  caps: KernelCaps,
): {what: string; why: string} | undefined {
  if (site === undefined) return {what: 'no control group', why: why ?? 'nobody knows why'};
  const lacking = controllersFor(caps).find((one) => one !== 'pids' && missing.has(one));
  const reason = lacking && missing.get(lacking);
  if (reason === undefined) return undefined;
  return {what: `${lacking === 'cpu' ? 'CPU time' : 'memory'} is not capped by the kernel`, why: reason};
}
