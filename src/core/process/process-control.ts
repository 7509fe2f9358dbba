import {callAt, systemClock, type Clock} from '../clock.js';
import {endsTheTree, startsAgain} from '../limits/resource-policy.js';
import type {ResourceViolation} from '../limits/resource-violation.js';
import {startsAgainAfterExit, type RestartPolicy} from '../limits/restart-policy.js';
import {randomFraction} from '../random-hex.js';
import type {EndCause} from '../record/run-event.js';
import {startAttempt, type Attempt, type AttemptOptions, type StartedAttempt} from './attempt.js';
import {RestartCircuitBreaker, type BreakerRules} from './restart-circuit-breaker.js';
import {IDLE, transition, type ChildEnd, type RunAction, type RunInput, type RunState} from './run-state.js';
import type {TerminationReason, TreeEnd} from './tree-terminator.js';

/** How an attempt ended. */
export interface AttemptEnd {
  readonly attempt: Attempt;
  readonly cause: EndCause;
  readonly child: ChildEnd | undefined;
  readonly tree: TreeEnd;
  /** Until the next attempt; absent when there is none. */
  readonly nextInMs?: number;
}

/** How the whole run ended. */
export interface RunEnd {
  readonly cause: EndCause;
  readonly child: ChildEnd | undefined;
  readonly forced: boolean;
  readonly survivors: readonly number[];
}

export interface ProcessControlOptions extends Omit<AttemptOptions, 'clock'> {
  /** From SIGTERM to SIGKILL. Default 5 s. */
  readonly gracePeriodMs?: number;
  /** Leave what the command left running in the background. Default false: it is ended. */
  readonly keepBackground?: boolean;
  /** After a violation whose policy asks for a restart. Default: no restarts. */
  readonly restart?: BreakerRules;
  /** When the child ends by itself. Default `never`. */
  readonly restartPolicy?: RestartPolicy;
  /** For {@link restartPolicy}; restarts of either reason count. Default: as `restart`. */
  readonly exitRestart?: BreakerRules;
  /** For the jitter of delays: from 0 to 1, without 1. Default: by chance. */
  readonly random?: () => number;
  readonly clock?: Clock;
  /** The child runs: the time to begin watching it. */
  readonly onAttemptStarted?: (attempt: Attempt) => void;
  /** The child of an attempt has ended by itself or been ended; its tree may still live. */
  readonly onChildExited?: (attempt: Attempt) => void;
  /** Nothing of an attempt's tree is left; waited for before the next one starts. */
  readonly onAttemptEnded?: (end: AttemptEnd) => void | Promise<void>;
  readonly onNotice?: (text: string) => void;
  readonly onState?: (state: RunState['name']) => void;
}

const NO_RESTARTS: BreakerRules = {maxRestarts: 0, delayMs: 0, backoffRate: 1};

/**
 * The child's life: start, graceful stop, kill, and restart through the circuit breaker. What is to be done is decided by
 * {@link transition}; this class does it. It does not know how usage is measured.
 */
export class ProcessControl {
  readonly #options: ProcessControlOptions;
  readonly #clock: Clock;
  readonly #gracePeriodMs: number;
  #breaker: RestartCircuitBreaker | undefined;
  #state: RunState = IDLE;
  #current: StartedAttempt | undefined;
  /** The one whose policy is being applied. */
  #violation: ResourceViolation | undefined;
  #forced = false;
  #survivors: readonly number[] = [];
  #cancelTimer: () => void = () => undefined;
  #finish!: (end: RunEnd) => void;
  /** Resolves when the run is over; never rejects. */
  readonly ended: Promise<RunEnd>;

  constructor(options: ProcessControlOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#gracePeriodMs = options.gracePeriodMs ?? 5000;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get state(): RunState['name'] {
    return this.#state.name;
  }

  /** Pid of the child that runs now. */
  get pid(): number | undefined {
    return this.#current?.pid;
  }

  /** Starts the child. A command that cannot be started ends the run with cause `spawn_failed`. */
  start(): void {
    this.#input({kind: 'start'});
  }

  /** SIGTERM to the whole tree, SIGKILL after the grace period. */
  stop(cause: EndCause): void {
    this.#input({kind: 'stop', cause});
  }

  /** SIGKILL to the whole tree. */
  kill(cause: EndCause): void {
    this.#input({kind: 'kill', cause});
  }

  /** Somebody else (the enforcer of mode `internal`) is ending the tree. */
  isEnding(cause: EndCause): void {
    this.#input({kind: 'ending', cause});
  }

  /** A signal has reached limitrun. @param alreadyThere the terminal has sent it to the child too */
  signal(signal: NodeJS.Signals, alreadyThere: boolean): void {
    this.#input({kind: 'signal', signal, forward: !alreadyThere});
  }

  /** The callback of a manager in mode `external`: applies the violation's policy. */
  handleViolation(violation: ResourceViolation): void {
    const {policy} = violation;
    if (violation.severity === 'warning') return;
    if (policy === 'throttle') this.#current?.throttle.begin(violation, 'process_control');
    if (!endsTheTree(policy)) return;
    // Ended by itself just now: its own exit code counts. A tree that is being ended can still be killed.
    const attempt = this.#current;
    if (attempt === undefined) return;
    const byKernel = violation.source !== undefined;
    attempt.killedByKernel ||= byKernel;
    if (!byKernel && !attempt.probe.isRootAlive() && !attempt.terminator.begun) return;
    const cause: EndCause = {kind: 'violation', limitType: violation.limitType};
    this.#violation = violation;
    if (startsAgain(policy)) this.#input({kind: 'restart', cause});
    else this.#input({kind: policy === 'immediate_kill' || byKernel ? 'kill' : 'stop', cause});
  }

  #input(input: RunInput): void {
    const {state, actions} = transition(this.#state, input);
    if (this.#current !== undefined && state.name !== this.#state.name && state.name !== 'running') {
      this.#current.endingAtMs ??= this.#clock.nowMs();
    }
    const changed = state.name !== this.#state.name;
    this.#state = state;
    if (changed) this.#options.onState?.(state.name);
    for (const action of actions) this.#do(action);
  }

  #do(action: RunAction): void {
    switch (action.kind) {
      case 'spawn':
        this.#spawn();
        return;
      case 'forward':
        this.#current?.launched.kill(action.signal);
        return;
      case 'arm_grace':
        // The time to end in is not taken away from it.
        this.#current?.throttle.close();
        this.#arm(this.#gracePeriodMs, {kind: 'grace_elapsed'});
        return;
      case 'stop_tree':
        this.#current?.terminator.endGracefully(this.#gracePeriodMs, this.#reason(action.cause));
        this.#awaitTree();
        return;
      case 'kill_tree':
        this.#current?.terminator.killAll(this.#reason(action.cause));
        this.#awaitTree();
        return;
      case 'await_tree':
        this.#awaitTree();
        return;
      case 'end_background':
        this.#endBackground();
        return;
      case 'consult_breaker':
        this.#consultBreaker(action.cause);
        return;
      case 'arm_delay':
        this.#arm(action.delayMs, {kind: 'delay_elapsed'});
        return;
      case 'cancel_delay':
        this.#cancelTimer();
        return;
      case 'finish':
        void this.#end(action.cause);
        return;
    }
  }

  #spawn(): void {
    const started = startAttempt(this.#state.attempt, {...this.#options, clock: this.#clock});
    if (!started.ok) {
      void started.failure.then((failure) => {
        this.#input({kind: 'spawn_failed', ...failure});
      });
      return;
    }
    const {attempt} = started;
    this.#current = attempt;
    void attempt.launched.exited.then((child) => {
      this.#options.onChildExited?.(attempt);
      const again = startsAgainAfterExit(this.#options.restartPolicy ?? 'never', child.exitCode);
      this.#input({kind: 'child_exited', child, again});
      this.#treeMayBeGone(attempt);
    });
    this.#options.onAttemptStarted?.(attempt);
    this.#input({kind: 'spawned'});
  }

  #endBackground(): void {
    const attempt = this.#current;
    if (attempt === undefined) return;
    const mayStay = this.#state.next === 'finish' && !attempt.terminator.begun;
    // Beside another attempt it would be a second tree.
    if (this.#options.keepBackground === true && mayStay) {
      void this.#leaveBackground(attempt);
      return;
    }
    attempt.terminator.endGracefully(this.#gracePeriodMs, {actor: 'process_control', background: true});
    this.#awaitTree();
  }

  async #leaveBackground(attempt: StartedAttempt): Promise<void> {
    const left = await attempt.probe.members('everywhere');
    if (left.length > 0) {
      const pids = left.map((member) => member.pid).join(', ');
      this.#options.onNotice?.(`left running in the background, no longer limited: ${pids}`);
    }
    attempt.tree = {survivors: [], forced: false};
    this.#treeMayBeGone(attempt);
  }

  #awaitTree(): void {
    const attempt = this.#current;
    void attempt?.terminator.ended().then((tree) => {
      attempt.tree = tree;
      this.#treeMayBeGone(attempt);
    });
  }

  /** The tree is gone when no member is left and the child has been waited for, or cannot be ended at all. */
  #treeMayBeGone(attempt: StartedAttempt): void {
    if (attempt.tree === undefined || this.#current !== attempt) return;
    const tree = (attempt.tree = {...attempt.tree, forced: attempt.tree.forced || attempt.killedByKernel});
    if (this.#state.child === undefined && !tree.survivors.includes(attempt.pid)) return;
    this.#cancelTimer();
    this.#forced = tree.forced;
    this.#survivors = [...this.#survivors, ...tree.survivors];
    this.#input({kind: 'tree_gone', survivors: tree.survivors.length});
  }

  #consultBreaker(cause: EndCause): void {
    const {restart, exitRestart = restart, random = randomFraction} = this.#options;
    this.#breaker ??= new RestartCircuitBreaker(restart ?? NO_RESTARTS, random);
    const rules = cause.kind === 'violation' ? restart : exitRestart;
    const delayMs = this.#breaker.request(this.#clock.nowMs(), this.#livedMs(), rules ?? NO_RESTARTS);
    void this.#closeAttempt(cause, delayMs).then(() => {
      this.#input(delayMs === undefined ? {kind: 'no_retry'} : {kind: 'retry', delayMs});
    });
  }

  /** How long the current attempt was up; what it took to end it does not count. */
  #livedMs(): number {
    const attempt = this.#current;
    if (attempt === undefined) return 0;
    return (attempt.endingAtMs ?? this.#clock.nowMs()) - attempt.startedAtMs;
  }

  /** Tells the end of the current attempt, once. */
  async #closeAttempt(cause: EndCause, nextInMs?: number): Promise<void> {
    const attempt = this.#current;
    if (attempt === undefined) return;
    this.#current = undefined;
    attempt.throttle.close();
    await this.#options.onAttemptEnded?.({
      attempt,
      cause,
      child: this.#state.child,
      tree: attempt.tree ?? {survivors: [], forced: false},
      ...(nextInMs === undefined ? {} : {nextInMs}),
    });
    attempt.close();
  }

  async #end(cause: EndCause): Promise<void> {
    const {child} = this.#state;
    await this.#closeAttempt(cause);
    this.#finish({cause, child, forced: this.#forced, survivors: this.#survivors});
  }

  #arm(ms: number, input: RunInput): void {
    this.#cancelTimer();
    this.#cancelTimer = callAt(this.#clock, this.#clock.nowMs() + ms, () => {
      this.#input(input);
    });
  }

  #reason(cause: EndCause): TerminationReason {
    const violation = cause.kind === 'violation' ? this.#violation : undefined;
    return {actor: 'process_control', ...(violation === undefined ? {} : {violation})};
  }
}
