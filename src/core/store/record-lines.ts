import {eventFromJson, isFromNewerVersion} from '../record/event-json.js';
import type {RunEvent} from '../record/run-event.js';

/** Takes the lines of a record one by one and keeps the events in them. */
export class RecordLines {
  readonly events: RunEvent[] = [];
  readonly #seen = new Set<string>();
  #damaged = 0;
  #newer = 0;

  /** A line that was taken before (an event is in the log and in the live file) is not taken again. */
  add(lines: Iterable<string>): this {
    for (const line of lines) {
      if (this.#seen.has(line)) continue;
      this.#seen.add(line);
      const event = eventFromJson(line);
      if (event !== undefined) this.events.push(event);
      else if (isFromNewerVersion(line)) this.#newer += 1;
      else this.#damaged += 1;
    }
    return this;
  }

  /** What is wrong with it, one line; undefined when nothing is. */
  get fault(): string | undefined {
    if (this.#newer > 0) return 'written by a newer limitrun';
    if (!isRun(this.events)) return 'no record of a run';
    if (this.#damaged === 0) return undefined;
    return `${String(this.#damaged)} ${this.#damaged === 1 ? 'line' : 'lines'} of it cannot be read`;
  }

  /** These events and the others that are not among them, in the order in which they happened. */
  with(lines: Iterable<string>): RunEvent[] {
    const others = [...lines].filter((line) => !this.#seen.has(line));
    const events = [...this.events, ...new RecordLines().add(others).events];
    return events.sort((one, other) => one.atMs - other.atMs);
  }
}

/** Whether these events tell of a run at all. */
export function isRun(events: readonly RunEvent[]): boolean {
  return events.some(({kind}) => kind === 'run_started');
}

/** Samples before a checkpoint are in its figures already, and they are most of the lines of a log. */
export function withoutSamplesBeforeCheckpoint(lines: readonly string[]): readonly string[] {
  const checkpoint = lines.findLastIndex((line) => line.includes('"kind":"checkpoint"'));
  return lines.filter((line, index) => index > checkpoint || !line.includes('"kind":"usage_sampled"'));
}
