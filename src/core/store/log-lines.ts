import {eventToJson} from '../record/event-json.js';
import {RecordThinner} from '../record/record-thinner.js';
import type {RunEvent} from '../record/run-event.js';

/** The thinner keeps a day below 5 MiB; this holds whatever happens, for weeks, with the end of the run besides. */
const MOST_BYTES = 4.75 * 1024 * 1024;

/** The lines of a log: the events that are kept, and of a log that is full only how the run ends. */
export class LogLines {
  readonly #thinner = new RecordThinner();
  #bytes = 0;
  /** Of the attempt that began when the log was full. */
  #lastAttempt: string | undefined;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  /** @returns the lines to be written now, the one of `event` itself last if it is kept */
  take(event: RunEvent): readonly string[] {
    return this.#fitting(this.#thinner.take(event));
  }

  /** As {@link take}, for what is to be kept in any case: the last checkpoint and the last tree. */
  takeLast(event: RunEvent): readonly string[] {
    return this.#fitting([event], true);
  }

  #fitting(events: readonly RunEvent[], last = false): readonly string[] {
    const lines: string[] = [];
    for (const event of events) {
      const line = eventToJson(event);
      if (this.#bytes + line.length < this.mostBytes || event.kind === 'run_ended' || last) lines.push(line);
      else if (event.kind === 'attempt_started') this.#lastAttempt = line;
      else if (event.kind === 'attempt_ended' && event.nextInMs === undefined) {
        if (this.#lastAttempt !== undefined) lines.push(this.#lastAttempt);
        lines.push(line);
      }
    }
    this.#bytes += lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    return lines;
  }
}
