import {roomOnStandardError} from '../table-room.js';
import {errorMessage} from '../error-message.js';
import {LineWriter} from '../line-writer.js';
import type {OnlookerPlan} from '../plan/resolve-watch.js';
import {UsageError} from '../plan/usage-error.js';
import {EXIT_OWN_FAULT} from '../process/exit-code.js';
import type {RunEvent} from '../record/run-event.js';
import {printable} from '../report/printable.js';
import type {RunReader, StoredRun} from '../store/run-store.js';
import type {Display, Picture, Target} from './display.js';
import {leavingCode, lookOn} from './look-on.js';
import {openDisplay} from './open-display.js';
import {stopRun} from './stop-run.js';
import {STANDARD_ERROR_PAINT} from '../standard-error-paint.js';

/** How often the record is looked at. */
const READ_EVERY_MS = 250;

/**
 * Looks on at a run of another limitrun until it ends, is lost, or somebody leaves.
 * @returns the exit code: the run's own when it has ended
 * @throws UsageError when there is no record of it
 */
export async function watchRun(reader: RunReader, runId: string, plan: OnlookerPlan): Promise<number> {
  const first = await reader.read();
  if (first === undefined) throw new UsageError(`the record of run ${runId} is gone`);
  return new WatchedRun(reader, first, plan).run();
}

class WatchedRun implements Target {
  readonly title: string;
  readonly #reader: RunReader;
  readonly #plan: OnlookerPlan;
  readonly #writer = new LineWriter(2);
  readonly #display: Display;
  #stored: StoredRun;
  /** The latest event that has been told. */
  #told: RunEvent | undefined;

  constructor(reader: RunReader, first: StoredRun, plan: OnlookerPlan) {
    const {runId, name} = first.view.record;
    this.title = `run ${printable(name ?? runId)}`;
    this.#reader = reader;
    this.#plan = plan;
    this.#stored = first;
    this.#told = first.view.latest.at(-1);
    this.#display = openDisplay(this, plan);
  }

  async run(): Promise<number> {
    if (this.#stored.fate !== 'running') return this.#tellTheEnd(true);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve, reject) => {
      const look = async (): Promise<void> => {
        await this.#look();
        if (this.#stored.fate !== 'running') resolve();
        else timer = setTimeout(lookSoon, READ_EVERY_MS);
      };
      const lookSoon = (): void => {
        look().catch(reject);
      };
      timer = setTimeout(lookSoon, READ_EVERY_MS);
    });
    const leaving = await lookOn(this.#display, ended);
    clearTimeout(timer);
    if (leaving.kind === 'target_ended') return this.#tellTheEnd(false);
    if (leaving.kind === 'fault') {
      this.#writer.line(`limitrun: failed: ${printable(errorMessage(leaving.error))}`);
      await this.#writer.flush();
    }
    return leavingCode(leaving);
  }

  picture(): Picture {
    const {view, fate} = this.#stored;
    const {startedAtMs, startedTimestampMs, endedAtMs} = view.record;
    // The monotonic clock of another process has another beginning, so while it runs the time of day has to do.
    const elapsedMs =
      fate === 'running' ? Date.now() - startedTimestampMs : (endedAtMs ?? view.atMs) - startedAtMs;
    return {view, fate, elapsedMs: Math.max(0, elapsedMs)};
  }

  stop(): string {
    return stopRun(this.title, this.#stored);
  }

  async #look(): Promise<void> {
    const stored = await this.#reader.read();
    // A record that was cleared away says no more than that its run is over.
    this.#stored = stored ?? {...this.#stored, fate: 'lost'};
    for (const event of this.#news()) this.#display.tell(event);
    this.#display.refresh();
  }

  #news(): readonly RunEvent[] {
    const {latest} = this.#stored.view;
    const last = this.#told;
    this.#told = latest.at(-1) ?? last;
    return last === undefined ? latest : latest.filter(({atMs}) => atMs > last.atMs);
  }

  /** @param before whether it had ended when we came */
  async #tellTheEnd(before: boolean): Promise<number> {
    const {view, fate} = this.#stored;
    const {exitCode = EXIT_OWN_FAULT} = view.record;
    if (fate === 'ended') {
      const {summary} = await import('../report/summary.js');
      if (before && !this.#plan.quiet) this.#writer.line(`limitrun: ${this.title} has ended already`);
      if (!this.#plan.quiet)
        this.#writer.line(summary(view.record, STANDARD_ERROR_PAINT, roomOnStandardError()));
    } else {
      this.#writer.line(
        `limitrun: ${this.title} is lost: its limitrun was killed or the machine restarted, and nobody knows the outcome`,
      );
    }
    await this.#writer.flush();
    return fate === 'ended' ? exitCode : EXIT_OWN_FAULT;
  }
}
