import {LineWriter} from '../line-writer.js';
import type {OnlookerPlan} from '../plan/resolve-watch.js';
import type {RunEvent} from '../record/run-event.js';
import {eventLine} from '../report/event-line.js';
import {progressLine} from '../report/progress-line.js';
import type {Display, Target} from './display.js';
import {STANDARD_ERROR_PAINT} from '../standard-error-paint.js';

/** A target in lines on standard error: what happens, and usage now and then. */
export class PlainDisplay implements Display {
  readonly #writer = new LineWriter(2);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly target: Target,
    private readonly plan: OnlookerPlan,
  ) {}

  open(): void {
    if (this.plan.quiet) return;
    this.#timer = setInterval(() => {
      const picture = this.target.picture();
      if (picture === undefined) return;
      this.#writer.line(progressLine(picture.view, picture.elapsedMs, STANDARD_ERROR_PAINT));
    }, this.plan.progressIntervalMs);
  }

  refresh(): void {
    // The next line of usage is soon enough.
  }

  tell(event: RunEvent): void {
    if (this.plan.quiet) return;
    const handling = this.target.picture()?.view.record.handling;
    const options = {verbose: this.plan.verbose, ...(handling === undefined ? {} : {handling})};
    const line = eventLine(event, STANDARD_ERROR_PAINT, options);
    if (line !== undefined) this.#writer.line(line);
  }

  restore(): void {
    clearInterval(this.#timer);
  }

  async close(): Promise<void> {
    this.restore();
    await this.#writer.flush();
  }
}
