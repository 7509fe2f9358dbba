import type {ResourceViolation} from './limits/resource-violation.js';
import type {HookPlan} from './plan/run-plan.js';
import type {Attempt} from './process/attempt.js';
import {TreeFreezer} from './process/tree-freezer.js';
import {startHook, type HookEnd, type RunningHook} from './process/violation-hook.js';
import {hookFailure, hookName} from './report/hook-text.js';
import {hookInput} from './report/violation-json.js';

/** A limit that is broken again and again must not fill the machine with hooks. */
const MOST_AT_ONCE = 8;

export interface ViolationHooksOptions {
  readonly plan: HookPlan;
  readonly runId: string;
  readonly name?: string;
  /** Of the hook: that of the command without the marker of its tree. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onDone: (text: string, violation: ResourceViolation) => void;
  readonly onFailed: (text: string) => void;
}

/** Runs the hook for the violations of a run, beside the tree or while it stands still. */
export class ViolationHooks {
  readonly #options: ViolationHooksOptions;
  readonly #running = new Set<RunningHook>();
  #attempt: Attempt | undefined;
  #freezer: TreeFreezer | undefined;
  /** Ends the wait of the action for the hook. */
  #release: () => void = () => undefined;
  /** The run is to end: nothing is stopped any more. */
  #ending = false;
  /** limitrun was asked to end while hooks were running. */
  #asked = false;
  #over = false;

  constructor(options: ViolationHooksOptions) {
    this.#options = options;
  }

  /** Whose violations come next. */
  attemptStarted(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#freezer = new TreeFreezer(attempt.probe, () => attempt.terminator.begun, attempt.group);
  }

  /** Before an attempt's tree is forgotten: nothing of it stays stopped. */
  attemptEnded(): void {
    this.#letGo();
    this.#freezer = undefined;
  }

  /** @returns a promise if the action has to wait for the hook: the tree is stopped meanwhile */
  before(violation: ResourceViolation): Promise<void> | undefined {
    const attempt = this.#attempt;
    if (violation.policy === 'none' || attempt === undefined || this.#over) return undefined;
    const freezer = this.#freezer;
    const freeze = this.#options.plan.freeze && violation.limitType !== 'timeout' && !this.#ending;
    if (!freeze || freezer === undefined || attempt.terminator.begun) {
      void this.#run(violation, attempt);
      return undefined;
    }
    const released = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    const done = freezer.freeze().then(() => this.#run(violation, attempt));
    return Promise.race([done, released]);
  }

  /** After the policy has been applied: whoever ends the tree wakes it up, otherwise it goes on now. */
  after(): void {
    if (this.#attempt?.terminator.begun !== true) this.#freezer?.thaw();
  }

  /** Whoever asks limitrun to end waits for no frozen tree; asked again, for no hook either. */
  endingSignal(signal: NodeJS.Signals): void {
    // After the others the command decides whether it goes on.
    if (signal === 'SIGTERM' || signal === 'SIGHUP') this.#ending = true;
    this.#letGo();
    if (this.#asked) for (const hook of this.#running) hook.kill();
    this.#asked = this.#running.size > 0;
  }

  /** Kills the hooks that run and starts no more. */
  abort(): void {
    this.#over = true;
    this.#letGo();
    for (const hook of this.#running) hook.kill();
  }

  /** When every hook has ended, each within its time. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all([...this.#running].map(({ended}) => ended));
      // What waited for the last one may start another.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #letGo(): void {
    this.#release();
    this.after();
  }

  async #run(violation: ResourceViolation, attempt: Attempt): Promise<void> {
    const {plan, runId, name, environment, onDone, onFailed} = this.#options;
    const [file, ...args] = plan.words;
    if (this.#over) return;
    if (this.#running.size >= MOST_AT_ONCE) {
      onFailed(`hook ${hookName(file)} was not run: ${String(MOST_AT_ONCE)} of them are still running`);
      return;
    }
    const hook = startHook({
      file,
      args,
      environment: {...environment, LIMITRUN_HOOK_RUN_ID: runId, LIMITRUN_VIOLATION: violation.limitType},
      input: hookInput(violation, {
        runId,
        ...(name === undefined ? {} : {name}),
        pid: attempt.pid,
        attempt: attempt.number,
      }),
      deadlineMs: plan.timeoutMs,
      // A hook's CPU time is none of the tree's.
      onReaped: () => this.#attempt?.probe.disownReaped?.(),
    });
    this.#running.add(hook);
    const end: HookEnd = await hook.ended;
    this.#running.delete(hook);
    if (this.#running.size === 0) this.#asked = false;
    const failure = hookFailure(end, plan.timeoutMs);
    if (failure === undefined) onDone(`hook ${hookName(file)} done`, violation);
    else onFailed(`hook ${hookName(file)} failed: ${failure}`);
  }
}
