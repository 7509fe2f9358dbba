import {AttemptLimits, timeoutOnly} from './attempt-limits.js';
import {childCommand} from './child-command.js';
import type {Containment} from './containment/containment.js';
import {dieAsTheChildDid} from './die-as-the-child-did.js';
import {endOnCrash} from './end-on-crash.js';
import {ResourceLimitManager, type LimitEvent} from './limits/resource-limit-manager.js';
import {unkeptLimits} from './limits/unkept-limits.js';
import {refuseMissingProcfs, refuseSetuid} from './host-refusals.js';
import type {RunPlan} from './plan/run-plan.js';
import {UsageError} from './plan/usage-error.js';
import {listenToCaller} from './process/caller-signals.js';
import {Guard} from './process/guard.js';
import {callersDescriptors, inheritance, ownEnvironment} from './process/own-inheritance.js';
import type {Attempt} from './process/attempt.js';
import {ProcessControl, type AttemptEnd} from './process/process-control.js';
import {ENDS_AT_ONCE} from './process/run-state.js';
import {restoreLineMode} from './process/terminal-mode.js';
import type {Happening, LimitPromise} from './record/run-event.js';
import {MEMBERS_RECORDED} from './record/members-recorded.js';
import {endingViolation} from './record/run-record.js';
import {newRunId} from './run-id.js';
import {keepHeapQuiet} from './quiet-heap.js';
import {RunOnlookers} from './run-onlookers.js';
import {fenceOf, promisesOf, RunContainment} from './run-containment.js';
import {RunTeller} from './run-teller.js';
import {tellTheEnd} from './run-ending.js';
import {ownIdentity} from './store/supervisor.js';
import {ViolationHooks} from './violation-hooks.js';

/**
 * Runs what was asked for, from the start of the command to the exit code: wires the parts to one another and to the
 * stream of run events. What is printed and reported is folded from that stream.
 * @returns the exit code
 * @throws UsageError when the plan cannot be kept here; nothing has been started then
 */
export async function superviseRun(plan: RunPlan): Promise<number> {
  const run = new SupervisedRun(plan);
  await run.check();
  return run.run();
}

class SupervisedRun {
  readonly #plan: RunPlan;
  readonly #runId = newRunId();
  readonly #teller: RunTeller;
  readonly #onlookers: RunOnlookers;
  #promises: readonly LimitPromise[] = [];
  #containment: RunContainment | undefined;
  readonly #control: ProcessControl;
  readonly #limits: AttemptLimits;
  readonly #hooks: ViolationHooks | undefined;
  readonly #guard = new Guard(this.#runId, inheritance);
  #manager: ResourceLimitManager | undefined;
  #interruptedByTerminal = false;
  /** Limitrun's own, where a report tells it. */
  #version = '';

  constructor(plan: RunPlan) {
    this.#plan = plan;
    this.#teller = new RunTeller(plan);
    this.#onlookers = new RunOnlookers(plan, this.#teller, {
      runId: this.#runId,
      tree: () => this.#tree(),
      mend: (terminal, text) => {
        this.#guard.mend(terminal, text);
      },
    });
    this.#limits = new AttemptLimits(plan.limits, plan.adjust);
    this.#control = this.#openControl();
    this.#hooks = this.#openHooks();
  }

  /** What must be known before the command starts. @throws UsageError */
  async check(): Promise<void> {
    try {
      await this.#check();
    } catch (error) {
      await this.#guard.dismiss();
      throw error;
    }
  }

  async #check(): Promise<void> {
    const {output, monitoring} = this.#plan;
    refuseSetuid();
    refuseMissingProcfs();
    this.#containment = await RunContainment.open(
      this.#plan,
      this.#runId,
      inheritance.ignoredSignals,
      this.#teller,
      this.#startGuard,
    );
    this.#promises = promisesOf(this.#plan, this.#containment);
    // That nothing is sampled is said by the plan's own notice.
    for (const text of monitoring.enabled ? unkeptLimits(this.#promises) : []) {
      if (monitoring.strict) throw new UsageError(`${text}, and --strict refuses that`);
      this.#teller.notice('warning', `${text} (limitrun doctor shows why)`);
    }
    if (output.reportFile !== undefined) {
      const [{assertReportWritable}, {limitrunVersion}] = await Promise.all([
        import('./record/write-report.js'),
        import('./version.js'),
      ]);
      this.#version = limitrunVersion();
      await assertReportWritable(output.reportFile, callersDescriptors());
    }
    await this.#onlookers.open();
  }

  async run(): Promise<number> {
    const {command, name, handling, notices, warnings, redactArguments} = this.#plan;
    this.#teller.tell({
      kind: 'run_started',
      runId: this.#runId,
      ...(name === undefined ? {} : {name}),
      command: redactArguments
        ? [command.file, ...command.args.map(() => '[redacted]')]
        : [command.file, ...command.args],
      handling,
      promises: this.#promises,
      supervisor: ownIdentity(),
    });
    for (const notice of notices) this.#teller.notice('info', notice);
    for (const warning of warnings) this.#teller.notice('warning', warning);
    const stopListening = listenToCaller(inheritance.ignoredSignals, (signal, alreadyThere) => {
      if (signal === 'SIGINT' && alreadyThere) this.#interruptedByTerminal = true;
      if (ENDS_AT_ONCE.has(signal)) {
        this.#containment?.judge(this.#manager, this.#control);
        this.#hooks?.endingSignal(signal);
      }
      if (signal === 'SIGWINCH') this.#onlookers.resized();
      this.#control.signal(signal, alreadyThere);
    });
    endOnCrash(this.#teller, (message) => {
      this.#hooks?.abort();
      this.#control.kill({kind: 'fault', message});
    });
    this.#startGuard();
    this.#control.start();
    this.#onlookers.begin(this.#manager?.settled);
    const endQuiet = keepHeapQuiet();
    const end = await this.#control.ended;
    endQuiet();
    await this.#hooks?.settled();
    await this.#onlookers.endProgress();
    const guardGone = this.#guard.dismiss();
    this.#containment?.close();
    if (end.child?.signal !== undefined) await restoreLineMode();
    const exitCode = await tellTheEnd(this.#plan, this.#teller, end, this.#version);
    await guardGone;
    if (this.#interruptedByTerminal) {
      stopListening();
      await dieAsTheChildDid(end);
    }
    return exitCode;
  }

  readonly #startGuard = (): void => {
    this.#guard.start((why) => {
      if (this.#plan.output.verbose)
        this.#teller.notice('info', `no guard against a kill of limitrun: ${why}`);
    });
  };

  #openControl(): ProcessControl {
    const {command, gracePeriodMs, keepBackground, restart} = this.#plan;
    return new ProcessControl({
      ...childCommand(command, this.#runId, ownEnvironment, inheritance),
      gracePeriodMs,
      keepBackground,
      restart: restart.afterViolation,
      restartPolicy: restart.policy,
      exitRestart: restart.afterExit,
      onAttemptStarted: (attempt) => {
        this.#watch(attempt);
      },
      contain: () => this.#contain(),
      fence: () => fenceOf(this.#plan, this.#limits.current),
      onChildExited: (attempt) => {
        this.#containment?.childExited(this.#manager, this.#control);
        // What is left in the background is not judged, unless the tree is being ended for a violation.
        if (!attempt.terminator.begun) this.#manager?.stop();
      },
      onAttemptEnded: (end) => this.#attemptEnded(end),
      onAction: (text, reason) => {
        this.#teller.action(text, reason);
      },
      onNotice: (text) => {
        this.#teller.notice('info', text);
      },
      onState: (state) => {
        this.#teller.tell({kind: 'state_changed', state});
      },
    });
  }

  #contain(): Containment | undefined {
    const group = this.#containment?.openAttempt(this.#limits.current);
    if (group !== undefined) this.#guard.contain(group.directories);
    return group;
  }

  #openHooks(): ViolationHooks | undefined {
    const {hook, name, command} = this.#plan;
    if (hook === undefined) return undefined;
    return new ViolationHooks({
      plan: hook,
      runId: this.#runId,
      ...(name === undefined ? {} : {name}),
      // Without the run's own marker: a hook is no part of the tree. One of a run around this one stays.
      environment: {...ownEnvironment, ...command.environment},
      onDone: (text, violation) => {
        this.#teller.tell({kind: 'action_taken', actor: 'limitrun', text, violation});
      },
      onFailed: (text) => {
        this.#teller.notice('warning', text);
      },
    });
  }

  #watch(attempt: Attempt): void {
    this.#guard.watch(attempt.pid);
    const {handling, gracePeriodMs, monitoring, restart} = this.#plan;
    const limits = this.#limits.current;
    this.#teller.tell({
      kind: 'attempt_started',
      attempt: attempt.number,
      pid: attempt.pid,
      limits: this.#limits.told(),
    });
    this.#hooks?.attemptStarted(attempt);
    const manager = new ResourceLimitManager({
      pid: attempt.pid,
      limits: monitoring.enabled ? limits : timeoutOnly(limits),
      violationHandling: handling,
      gracePeriodMs,
      intervalMs: monitoring.intervalMs,
      ...(this.#onlookers.wantSamples ? {sampleEveryMs: monitoring.intervalMs} : {}),
      historyRetentionMs: monitoring.historyRetentionMs,
      startupGraceMs: restart.startupGraceMs,
      ownChild: true,
      memberArguments: !this.#plan.redactArguments,
      probe: attempt.probe,
      terminator: attempt.terminator,
      beforeAction: (violation) => this.#hooks?.before(violation),
      afterAction: () => this.#hooks?.after(),
      throttle: attempt.throttle,
      askKernel: () => this.#containment?.judge(manager, this.#control),
      onEvent: (event) => {
        this.#limitEvent(event);
      },
    });
    manager.setViolationCallback((violation) => {
      this.#control.handleViolation(violation);
    });
    this.#manager = manager;
    void manager.start();
    attempt.begin(manager.settled);
  }

  #tree(): Extract<Happening, {kind: 'tree_sampled'}> | undefined {
    const tree = this.#control.pid === undefined ? undefined : this.#manager?.getMembers(MEMBERS_RECORDED);
    return tree === undefined || tree.members.length === 0 ? undefined : {kind: 'tree_sampled', ...tree};
  }

  #limitEvent(event: LimitEvent): void {
    switch (event.kind) {
      case 'usage_sampled':
        this.#teller.tell(event);
        this.#containment?.look(this.#manager, this.#control);
        return;
      case 'violation_begun':
      case 'violation_ended':
      case 'notice':
        this.#teller.tell(event);
        return;
      case 'action_taken':
        this.#teller.action(event.text, event.reason);
        return;
      case 'enforced':
        this.#control.isEnding({kind: 'violation', limitType: event.violation.limitType});
        return;
      case 'tree_ended':
        return;
      case 'fault':
        this.#control.stop({
          kind: 'fault',
          message: `cannot watch the command any more: ${event.error.message}`,
        });
        return;
    }
  }

  async #attemptEnded({attempt, cause, child, tree, nextInMs}: AttemptEnd): Promise<void> {
    this.#manager?.stop();
    this.#hooks?.attemptEnded();
    const last = await this.#manager?.finalUsage();
    const outOfMemory = this.#containment?.foreignKill;
    if (outOfMemory !== undefined) this.#teller.notice('info', outOfMemory);
    else if (child?.signal === 'SIGKILL' && cause.kind === 'exited') {
      this.#teller.notice('info', 'the command was killed by SIGKILL, which limitrun did not send');
    }
    const peakGroupBytes = this.#containment?.memoryPeak;
    await this.#containment?.closeAttempt();
    this.#teller.tell({
      kind: 'attempt_ended',
      attempt: attempt.number,
      cause,
      ...child,
      forced: tree.forced,
      ...(last?.cpu.timeMs === undefined ? {} : {cpuTimeMs: last.cpu.timeMs}),
      ...(last?.io.readBytes === undefined ? {} : {readBytes: last.io.readBytes}),
      ...(last?.io.writtenBytes === undefined ? {} : {writtenBytes: last.io.writtenBytes}),
      ...(peakGroupBytes && {peakGroupBytes}),
      ...(nextInMs === undefined ? {} : {nextInMs}),
    });
    if (nextInMs === undefined) return;
    const broken =
      cause.kind === 'violation' ? endingViolation(this.#teller.record(), cause.limitType) : undefined;
    const raised = broken && this.#limits.raiseAfter(broken, attempt.number + 1);
    if (raised !== undefined) this.#teller.notice('info', raised);
  }
}
