import {eventFromJson, isFromNewerVersion} from '../record/event-from-json.js';
import type {RunEvent} from '../record/run-event.js';

/**
 * Takes the lines of a record one by one and keeps the events in them. A line that is there twice counts once: where a
 * disk is full, the end of a run may be written again.
 */
export class RecordLines {
  readonly events: RunEvent[] = [];
  /** By the time of the event: a number is found faster than a line. */
  readonly #lines = new Map<number, string[]>();
  #damaged = 0;
  #newer = 0;

  add(lines: Iterable<string>): this {
    for (const line of lines) {
      const event = eventFromJson(line);
      if (event !== undefined) this.#keep(event, line);
      else if (isFromNewerVersion(line)) this.#newer += 1;
      else this.#damaged += 1;
    }
    return this;
  }

  /** What is wrong with it, one line; undefined when nothing is. */
  get fault(): string | undefined {
    if (this.#newer > 0) return 'written by a newer limitrun';
    // One that has no line yet, or never got one, is nothing that could be wrong.
    if (this.events.length === 0 && this.#damaged === 0) return undefined;
    if (!isRun(this.events)) return 'no record of a run';
    if (this.#damaged === 0) return undefined;
    return `${String(this.#damaged)} ${this.#damaged === 1 ? 'line' : 'lines'} of it cannot be read`;
  }

  /**
   * These events and those of another file of the same run, in the order in which they happened. What both files tell is
   * in both by the same line, and is told once.
   */
  with(lines: Iterable<string>): readonly RunEvent[] {
    const others = new RecordLines();
    for (const line of lines) {
      const event = eventFromJson(line);
      if (event !== undefined && !this.#has(event, line)) others.#keep(event, line);
    }
    return [...this.events, ...others.events].sort((one, other) => one.atMs - other.atMs);
  }

  #keep(event: RunEvent, line: string): void {
    if (this.#has(event, line)) return;
    this.events.push(event);
    const lines = this.#lines.get(event.atMs);
    if (lines === undefined) this.#lines.set(event.atMs, [line]);
    else lines.push(line);
  }

  #has(event: RunEvent, line: string): boolean {
    return this.#lines.get(event.atMs)?.includes(line) === true;
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
