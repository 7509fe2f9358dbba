import {eventToJson} from '../record/event-json.js';
import {withoutTree} from '../record/recordable.js';
import type {RunEvent} from '../record/run-event.js';
import {violationKey} from '../record/violation-key.js';

/** How far back samples are kept, about a second apart. */
const SAMPLES_MS = 60_000;
const SAMPLE_STEP_MS = 900;
/** Events in words that are kept. */
const TOLD = 20;

type UsageSampled = Extract<RunEvent, {kind: 'usage_sampled'}>;

/**
 * The lines of a live file: a small log that folds to what the run is now. Every event is encoded at most once, and
 * those that are in the log by the same line, by which readers know them again.
 */
export class LiveLines {
  #started: string | undefined;
  #attempt: string | undefined;
  #attemptEnded: string | undefined;
  #state: string | undefined;
  #ended: string | undefined;
  readonly #open = new Map<string, string>();
  readonly #told: string[] = [];
  #samples: {readonly atMs: number; readonly line: string}[] = [];
  #latest: {readonly event: UsageSampled; readonly line: string | undefined} | undefined;
  #skipped = false;
  /** Whether something has happened that is not a sample, since the text was made last. */
  #news = true;

  /** @param logged its line in the log; undefined when it is left out there */
  add(event: RunEvent, logged: string | undefined): void {
    if (event.kind === 'usage_sampled') {
      this.#skipped ||= this.#latest !== undefined;
      this.#latest = {event, line: logged};
      return;
    }
    this.#news = true;
    const line = logged ?? eventToJson(small(event));
    switch (event.kind) {
      case 'run_started':
        this.#started = line;
        return;
      case 'attempt_started':
        this.#attempt = line;
        this.#attemptEnded = undefined;
        this.#open.clear();
        return;
      case 'attempt_ended':
        this.#attemptEnded = line;
        return;
      case 'run_ended':
        this.#ended = line;
        return;
      case 'state_changed':
        this.#state = line;
        return;
      case 'violation_begun':
        this.#open.set(violationKey(event.violation), line);
        return;
      case 'violation_ended':
        this.#tell(this.#open.get(violationKey(event.ended.violation)));
        this.#open.delete(violationKey(event.ended.violation));
        this.#tell(line);
        return;
      case 'action_taken':
      case 'notice':
        this.#tell(line);
        return;
      case 'tree_sampled':
      case 'checkpoint':
        return;
    }
  }

  /** Whether the file can grow by {@link more}: there is a new sample, and nothing else has happened. */
  get growing(): boolean {
    return !this.#news && this.#latest !== undefined;
  }

  /** Whether there were samples since the last text that it will not have. */
  get skipped(): boolean {
    return this.#skipped;
  }

  /** What the file grows by: the latest sample, and a checkpoint and the tree, if they are told. */
  more(now: readonly RunEvent[]): string {
    const sample = this.#takeSample();
    const lines = now.map(eventToJson);
    if (sample !== undefined) lines.unshift(sample);
    return `${lines.join('\n')}\n`;
  }

  /**
   * The text of the file, line breaks included.
   * @param now a checkpoint and the tree
   */
  text(now: readonly RunEvent[]): string {
    this.#takeSample();
    this.#news = false;
    const lines = [
      this.#started,
      this.#attempt,
      this.#state,
      ...this.#told,
      ...this.#open.values(),
      ...this.#samples.map(({line}) => line),
      ...now.map(eventToJson),
      this.#attemptEnded,
      this.#ended,
    ];
    return lines.filter((line) => line !== undefined).join('\n') + '\n';
  }

  #takeSample(): string | undefined {
    const latest = this.#latest;
    if (latest === undefined) return undefined;
    this.#latest = undefined;
    this.#skipped = false;
    const {atMs} = latest.event;
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= SAMPLES_MS);
    const [before, last] = this.#samples.slice(-2);
    if (before !== undefined && last !== undefined && last.atMs - before.atMs < SAMPLE_STEP_MS)
      this.#samples.pop();
    const line = latest.line ?? eventToJson(latest.event);
    this.#samples.push({atMs, line});
    return line;
  }

  #tell(line: string | undefined): void {
    if (line === undefined) return;
    this.#told.push(line);
    if (this.#told.length > TOLD) this.#told.shift();
  }
}

/** What is not in the log is told without its tree: the file is written every second. */
function small(event: RunEvent): RunEvent {
  return event.kind === 'violation_begun' ? {...event, violation: withoutTree(event.violation)} : event;
}
