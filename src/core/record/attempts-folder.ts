import type {ResourceUsage} from '../monitor/resource-usage.js';
import {FirstAndLast} from './first-and-last.js';
import {peakRss} from './figures-folder.js';
import {higherFigure} from './higher-figure.js';
import type {RunEvent} from './run-event.js';
import type {AttemptRecord, Sourced} from './run-record.js';

/** Attempts kept at either end of a run. */
const KEPT_ATTEMPTS = 500;

type AttemptStarted = Extract<RunEvent, {kind: 'attempt_started'}>;
type AttemptEnded = Extract<RunEvent, {kind: 'attempt_ended'}>;

interface Attempt {
  readonly started: AttemptStarted;
  ended?: AttemptEnded;
  cpuTimeMs: Sourced | undefined;
  peakRssBytes: Sourced | undefined;
}

/** The attempts of a run. */
export class AttemptsFolder {
  readonly #attempts = new FirstAndLast<Attempt>(KEPT_ATTEMPTS);
  #current: Attempt | undefined;

  /** Attempts that are no longer kept. */
  get omitted(): number {
    return this.#attempts.omitted;
  }

  started(started: AttemptStarted): void {
    this.#current = {started, cpuTimeMs: undefined, peakRssBytes: undefined};
    this.#attempts.add(this.#current);
  }

  usageSampled(usage: ResourceUsage): void {
    if (this.#current === undefined) return;
    this.#current.peakRssBytes = higherFigure(this.#current.peakRssBytes, peakRss(usage), usage.source);
  }

  /** Of the attempt that runs. */
  get peakRss(): Sourced | undefined {
    return this.#current?.peakRssBytes;
  }

  /** Told by one who has seen every sample. */
  checkpoint(peakRss: Sourced | undefined): void {
    if (this.#current === undefined || peakRss === undefined) return;
    this.#current.peakRssBytes = higherFigure(this.#current.peakRssBytes, peakRss.value, peakRss.source);
  }

  ended(ended: AttemptEnded, cpuTimeMs: Sourced | undefined): void {
    const attempt = this.#attempts.findLast(({started}) => started.attempt === ended.attempt);
    if (attempt !== undefined) {
      attempt.ended = ended;
      attempt.cpuTimeMs = cpuTimeMs;
    }
    this.#current = undefined;
  }

  records(): AttemptRecord[] {
    return this.#attempts.map(record);
  }
}

function record({started, ended, cpuTimeMs, peakRssBytes}: Attempt): AttemptRecord {
  return {
    attempt: started.attempt,
    pid: started.pid,
    ...(started.limits && {limits: started.limits}),
    startedAtMs: started.atMs,
    startedTimestampMs: started.timestampMs,
    ...(ended && {endedAtMs: ended.atMs, endedTimestampMs: ended.timestampMs, cause: ended.cause}),
    ...(ended?.exitCode !== undefined && {exitCode: ended.exitCode}),
    ...(ended?.signal !== undefined && {signal: ended.signal}),
    forced: ended?.forced ?? false,
    ...(ended?.nextInMs !== undefined && {nextInMs: ended.nextInMs}),
    ...(cpuTimeMs && {cpuTimeMs}),
    ...(peakRssBytes && {peakRssBytes}),
  };
}
