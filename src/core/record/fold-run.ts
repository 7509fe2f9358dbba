import {AttemptsFolder} from './attempts-folder.js';
import {FiguresFolder} from './figures-folder.js';
import {FirstAndLast} from './first-and-last.js';
import type {Happening, RunEvent} from './run-event.js';
import type {RunRecord} from './run-record.js';
import {ViolationsFolder} from './violations-folder.js';

/** Notices kept at either end of a run. */
const KEPT_NOTICES = 100;

type RunStarted = Extract<RunEvent, {kind: 'run_started'}>;
type RunEnded = Extract<RunEvent, {kind: 'run_ended'}>;
type Checkpointed = Extract<Happening, {kind: 'checkpoint'}>;
type UsageSampled = Extract<RunEvent, {kind: 'usage_sampled'}>;

/**
 * Folds the events of a run into its record, one by one. An accumulator and not a function from record to record,
 * because it takes every sample: a sample costs the same and leaves nothing behind however long the run is.
 */
export class RunFolder {
  readonly #figures = new FiguresFolder();
  readonly #violations = new ViolationsFolder();
  readonly #attempts = new AttemptsFolder();
  readonly #notices = new FirstAndLast<string>(KEPT_NOTICES);
  #started: RunStarted | undefined;
  #ended: RunEnded | undefined;
  #attempt = 0;
  #samples = 0;
  #worstGapMs: number | undefined;
  #lastAtMs = 0;

  /** Takes the next event; those before `run_started` (early notices) are kept too. */
  add(event: RunEvent): void {
    this.#lastAtMs = event.atMs;
    switch (event.kind) {
      case 'run_started':
        this.#started = event;
        return;
      case 'notice':
        this.#notices.add(event.text);
        return;
      case 'state_changed':
      case 'tree_sampled':
        return;
      case 'checkpoint':
        this.#checkpoint(event);
        return;
      case 'attempt_started':
        this.#attempt = event.attempt;
        this.#figures.attemptStarted();
        this.#attempts.started(event);
        return;
      case 'usage_sampled':
        this.#sampled(event);
        return;
      case 'violation_begun':
        this.#violations.begun(event.violation, this.#attempt);
        return;
      case 'violation_ended':
        this.#violations.ended(event.ended);
        return;
      case 'action_taken':
        if (event.violation !== undefined) this.#violations.actionTaken(event.violation, event.text);
        return;
      case 'attempt_ended':
        this.#violations.attemptEnded();
        this.#attempts.ended(event, this.#figures.attemptEnded(event));
        return;
      case 'run_ended':
        // The first ending stays.
        this.#ended ??= event;
        return;
    }
  }

  /**
   * The record as of the last event added.
   * @throws Error before `run_started`
   */
  record(): RunRecord {
    const started = this.#started;
    if (started === undefined) throw new Error('a run has no record before it has started');
    const ended = this.#ended;
    return {
      runId: started.runId,
      ...(started.name !== undefined && {name: started.name}),
      command: started.command,
      handling: started.handling,
      promises: started.promises,
      ...(started.supervisor !== undefined && {supervisor: started.supervisor}),
      startedAtMs: started.atMs,
      startedTimestampMs: started.timestampMs,
      ...(ended && {
        endedAtMs: ended.atMs,
        endedTimestampMs: ended.timestampMs,
        cause: ended.cause,
        exitCode: ended.exitCode,
      }),
      figures: this.#figures.figures((ended?.atMs ?? this.#lastAtMs) - started.atMs),
      violationCounts: this.#violations.counts,
      violations: this.#violations.records(),
      violationsOmitted: this.#violations.omitted,
      attempts: this.#attempts.records(),
      attemptsOmitted: this.#attempts.omitted,
      samples: this.#samples,
      ...(this.#worstGapMs !== undefined && {worstGapMs: this.#worstGapMs}),
      notices: this.#noticesKept(),
      survivors: ended?.survivors ?? [],
    };
  }

  /** What one tells who has seen everything, for a stream from which something will be left out. */
  checkpoint(): Checkpointed {
    const attemptPeakRss = this.#attempts.peakRss;
    return {
      kind: 'checkpoint',
      figures: this.#figures.figures(this.#lastAtMs - (this.#started?.atMs ?? this.#lastAtMs)),
      samples: this.#samples,
      ...(this.#worstGapMs !== undefined && {worstGapMs: this.#worstGapMs}),
      counts: this.#violations.counts,
      openPeaks: this.#violations.openPeaks(),
      ...(attemptPeakRss && {attemptPeakRss}),
    };
  }

  #checkpoint({figures, samples, worstGapMs, counts, openPeaks, attemptPeakRss}: Checkpointed): void {
    this.#figures.checkpoint(figures);
    this.#violations.checkpoint(counts, openPeaks);
    this.#attempts.checkpoint(attemptPeakRss);
    this.#samples = Math.max(this.#samples, samples);
    if (worstGapMs !== undefined) this.#worstGapMs = Math.max(this.#worstGapMs ?? 0, worstGapMs);
  }

  #noticesKept(): string[] {
    const kept = this.#notices.map((text) => text);
    const {omitted} = this.#notices;
    return omitted === 0
      ? kept
      : [...kept, `${String(omitted)} notices between the first and the last are left out`];
  }

  #sampled({usage, gapMs}: UsageSampled): void {
    this.#samples += 1;
    this.#worstGapMs = Math.max(this.#worstGapMs ?? 0, gapMs);
    this.#figures.usageSampled(usage);
    this.#violations.usageSampled(usage);
    this.#attempts.usageSampled(usage);
  }
}

/**
 * The record of a whole list of events.
 * @throws Error when `run_started` is not among them
 */
export function foldRun(events: Iterable<RunEvent>): RunRecord {
  const folder = new RunFolder();
  for (const event of events) folder.add(event);
  return folder.record();
}
