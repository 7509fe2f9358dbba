import {systemClock} from './clock.js';
import {errorMessage} from './error-message.js';
import {callLater} from './later.js';
import type {RunPlan} from './plan/run-plan.js';
import type {Guard} from './process/guard.js';
import {callersDescriptors} from './process/own-inheritance.js';
import type {Happening} from './record/run-event.js';
import {progressMode} from './progress-mode.js';
import type {RunTeller} from './run-teller.js';
import type {LiveTable} from './terminal/live-table.js';
import {STANDARD_ERROR_PAINT} from './standard-error-paint.js';
import {isTerminal} from './terminal/is-terminal.js';

/** Nobody sees a run sooner than this in another terminal; one that is over by then need not be shown as it goes. */
const UNSEEN_MS = 50;

/** What onlookers want to know of the run besides its events. */
export interface LookedAt {
  readonly runId: string;
  /** Who is in the tree now; undefined while there is none. */
  readonly tree: () => Extract<Happening, {kind: 'tree_sampled'}> | undefined;
  /** What would mend a terminal if limitrun were killed now; see {@link Guard.mend}. */
  readonly mend: Guard['mend'];
}

/**
 * Those who look on while a command runs: its record, the file of its events, what is shown of its usage. They are
 * loaded once the command runs, and none of them can stop it.
 */
export class RunOnlookers {
  #joined: Promise<void> = Promise.resolve();
  #table: LiveTable | undefined;
  #lines: NodeJS.Timeout | undefined;
  #hurry: () => void = () => undefined;
  #isOver = false;

  constructor(
    private readonly plan: RunPlan,
    private readonly teller: RunTeller,
    private readonly run: LookedAt,
  ) {}

  /** Whether every look is to be a sample: they are written to a file, or the table shows them. */
  get wantSamples(): boolean {
    const mode = this.#progressMode();
    return this.plan.output.eventsFile !== undefined || mode === 'table' || mode === 'table-if-it-may';
  }

  /** Before the start. @throws UsageError when the events cannot be written where they are wanted */
  async open(): Promise<void> {
    const {eventsFile, reportFile} = this.plan.output;
    if (eventsFile === undefined) return;
    const {assertEventsWritable, EventsFile} = await import('./store/events-file.js');
    await assertEventsWritable(eventsFile, reportFile, callersDescriptors());
    this.teller.join(await EventsFile.open(eventsFile));
  }

  /**
   * The command has been started.
   * @param settled when there is time for what can wait
   */
  begin(settled = Promise.resolve()): void {
    const fail = (error: unknown): void => {
      this.teller.notice('warning', errorMessage(error));
    };
    this.#joined = settled
      .then(() => {
        const record = this.plan.record.enabled ? this.#record() : undefined;
        return Promise.all([record?.catch(fail), this.#progress().catch(fail)]);
      })
      .then(() => {
        this.teller.complete();
      });
  }

  /** The terminal has another size. */
  resized(): void {
    this.#table?.resized();
  }

  /** The command is over: nothing is shown any more, and the terminal is as it was. */
  async endProgress(): Promise<void> {
    this.#isOver = true;
    this.#hurry();
    await this.#joined;
    clearInterval(this.#lines);
    await this.#table?.close();
    this.teller.sayThrough(undefined);
  }

  async #unseen(): Promise<void> {
    // A command that could not be started is over before anything has been loaded.
    if (this.#isOver) return;
    await new Promise<void>((resolve) => {
      const cancel = callLater(UNSEEN_MS, resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }

  async #record(): Promise<void> {
    const {plan, teller, run} = this;
    const [{RunRecorder}, {statePlaces}] = await Promise.all([
      import('./store/run-recorder.js'),
      import('./store/state-places.js'),
    ]);
    const recorder = new RunRecorder({
      places: statePlaces(process.env),
      runId: run.runId,
      plan: plan.record,
      checkpoint: () => teller.checkpoint(),
      tree: run.tree,
      clock: systemClock,
      onFault: (text) => {
        teller.notice('warning', text);
      },
    });
    await Promise.all([recorder.prepare(), this.#unseen()]);
    recorder.begin(this.#isOver);
    teller.join({
      add: (event) => {
        recorder.add(event);
      },
      // What went wrong it has told by then.
      close: async () => {
        await recorder.close();
        return undefined;
      },
    });
  }

  async #progress(): Promise<void> {
    const {progressIntervalMs} = this.plan.output;
    const mode = this.#progressMode();
    if (mode === 'table' || mode === 'table-if-it-may') {
      const {openRunTable} = await import('./run-table.js');
      const {teller, run} = this;
      this.#table = openRunTable({mode: mode === 'table' ? 'live' : 'auto', teller, mend: run.mend});
      this.#table?.start();
    }
    if (mode === 'lines' || (mode === 'table' && this.#table === undefined)) {
      await this.#showLines(progressIntervalMs);
    }
  }

  #progressMode(): ReturnType<typeof progressMode> {
    return progressMode(this.plan.output.progress, {
      terminal: isTerminal(2),
      nested: process.env['LIMITRUN_RUN_ID'] !== undefined,
    });
  }

  async #showLines(everyMs: number): Promise<void> {
    const {progressLine} = await import('./report/progress-line.js');
    const {teller} = this;
    const look = teller.looker();
    this.#lines = setInterval(() => {
      const view = look();
      teller.say(progressLine(view, systemClock.nowMs() - view.record.startedAtMs, STANDARD_ERROR_PAINT));
    }, everyMs);
  }
}
