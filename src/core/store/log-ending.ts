import {eventToJson} from '../record/event-json.js';
import type {RunEvent} from '../record/run-event.js';

/** Without these a run that has ended looks lost. They are kept for a log that has no room for anything else. */
export class LogEnding {
  #started: RunEvent | undefined;
  /** The last attempt as far as it has come, and the end of the run. */
  #last: RunEvent[] = [];

  add(event: RunEvent): void {
    switch (event.kind) {
      case 'run_started':
        this.#started = event;
        return;
      case 'attempt_started':
        this.#last = [event];
        return;
      case 'checkpoint':
        if (this.#last.at(-1)?.kind === 'checkpoint') this.#last.pop();
        this.#last.push(event);
        return;
      case 'attempt_ended':
      case 'run_ended':
        this.#last.push(event);
        return;
      case 'state_changed':
      case 'usage_sampled':
      case 'tree_sampled':
      case 'violation_begun':
      case 'violation_ended':
      case 'action_taken':
      case 'notice':
        return;
    }
  }

  /** @param empty there is nothing in the log, not even the start of the run */
  lines(empty: boolean): readonly string[] {
    const events = empty && this.#started !== undefined ? [this.#started, ...this.#last] : this.#last;
    return events.map(eventToJson);
  }
}
