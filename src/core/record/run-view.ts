import type {ViolationMember} from '../limits/resource-violation.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import {RunFolder} from './fold-run.js';
import type {RunEvent, RunStateName} from './run-event.js';
import type {RunRecord} from './run-record.js';
import {type UsageSeries, UsageSeriesFolder} from './usage-series.js';

/** How far back {@link RunView.recent} goes. */
export const RECENT_MS = 60_000;
/** Samples of the last minute are kept at least this far apart. */
const RECENT_STEP_MS = 1000;
/** Beside a newer plain sum an older proportional size would mislead; it is read about once a second. */
const PSS_LASTS_MS = 1500;
/** How many events {@link RunView.latest} holds. */
const LATEST_KEPT = 20;

/** A run as it is at one moment, for those who look on. */
export interface RunView {
  readonly record: RunRecord;
  /** `ended`: it is over. Who reads a record must find out by itself whether its limitrun still lives. */
  readonly state: RunStateName | 'ended';
  /**
   * The latest sample of the attempt that runs, with the latest of the figures that not every sample has; absent before
   * the first one and between attempts.
   */
  readonly usage?: ResourceUsage;
  /** Samples of the last minute, oldest first, a second apart or more; the last one is the latest. */
  readonly recent: readonly ResourceUsage[];
  /** The whole run, in coarser steps the longer it is. */
  readonly series: UsageSeries;
  readonly tree?: {
    readonly members: readonly ViolationMember[];
    readonly omitted: number;
    readonly timestampMs: number;
  };
  /** The latest of the events that are told in words (not samples and the like), oldest first. */
  readonly latest: readonly RunEvent[];
  /** When the last event happened. */
  readonly atMs: number;
  readonly timestampMs: number;
}

/** Folds the events of a run into what those see who look on while it goes on. */
export class RunViewFolder {
  readonly #folder = new RunFolder();
  readonly #series = new UsageSeriesFolder();
  #state: RunView['state'] = 'starting';
  #usage: ResourceUsage | undefined;
  #recent: ResourceUsage[] = [];
  #pssAtMs = -Infinity;
  #tree: RunView['tree'];
  readonly #latest: RunEvent[] = [];
  #last: {readonly atMs: number; readonly timestampMs: number} = {atMs: 0, timestampMs: 0};

  add(event: RunEvent): void {
    this.#folder.add(event);
    this.#last = event;
    switch (event.kind) {
      case 'usage_sampled':
        this.#sampled(event.usage);
        return;
      case 'tree_sampled': {
        const {members, omitted, timestampMs} = event;
        this.#tree = {members, omitted, timestampMs};
        return;
      }
      case 'state_changed':
        if (this.#state !== 'ended') this.#state = event.state;
        return;
      case 'checkpoint':
        return;
      case 'attempt_ended':
        this.#usage = undefined;
        this.#series.attemptEnded();
        break;
      case 'run_ended':
        this.#state = 'ended';
        break;
      case 'run_started':
      case 'attempt_started':
      case 'notice':
      case 'violation_begun':
      case 'violation_ended':
      case 'action_taken':
        break;
    }
    this.#latest.push(event);
    if (this.#latest.length > LATEST_KEPT) this.#latest.shift();
  }

  /**
   * The view as of the last event added.
   * @throws Error before `run_started`
   */
  view(): RunView {
    return {
      record: this.#folder.record(),
      state: this.#state,
      ...(this.#usage !== undefined && {usage: this.#usage}),
      recent: [...this.#recent],
      series: this.#series.series(),
      ...(this.#tree !== undefined && {tree: this.#tree}),
      latest: [...this.#latest],
      atMs: this.#last.atMs,
      timestampMs: this.#last.timestampMs,
    };
  }

  /** @throws Error before `run_started` */
  record(): RunRecord {
    return this.#folder.record();
  }

  /** See {@link RunFolder.checkpoint}. */
  checkpoint(): ReturnType<RunFolder['checkpoint']> {
    return this.#folder.checkpoint();
  }

  /** Those between the steps replace one another, so that the last one is always the latest. */
  #sampled(sampled: ResourceUsage): void {
    if (sampled.memory.pssBytes !== undefined) this.#pssAtMs = sampled.atMs;
    const usage = withLatest(sampled, this.#usage, sampled.atMs - this.#pssAtMs <= PSS_LASTS_MS);
    this.#usage = usage;
    this.#series.add(usage);
    const [before, last] = this.#recent.slice(-2);
    if (before !== undefined && last !== undefined && last.atMs - before.atMs < RECENT_STEP_MS)
      this.#recent.pop();
    this.#recent.push(usage);
    const oldest = this.#recent[0];
    if (oldest !== undefined && usage.atMs - oldest.atMs > RECENT_MS) this.#recent.shift();
  }
}

/** Not every sample reads every figure: one that this sample has not read is as it was in the one before. */
function withLatest(
  sampled: ResourceUsage,
  before: ResourceUsage | undefined,
  withPss: boolean,
): ResourceUsage {
  if (before === undefined) return sampled;
  const {pssBytes, ...memory} = before.memory;
  // It is never more than the resident memory: if it is, it is of another time.
  const lasts = withPss && pssBytes !== undefined && pssBytes <= (sampled.memory.rssBytes ?? pssBytes);
  return {
    ...sampled,
    memory: {...memory, ...(lasts && {pssBytes}), ...sampled.memory},
    cpu: {...before.cpu, ...sampled.cpu},
    io: {...before.io, ...sampled.io},
    process: {...before.process, ...sampled.process},
  };
}

/** The view of a whole list of events. @throws Error when `run_started` is not among them */
export function viewRun(events: Iterable<RunEvent>): RunView {
  const folder = new RunViewFolder();
  for (const event of events) folder.add(event);
  return folder.view();
}
