import {LIMIT_KINDS} from '../limits/resource-limits.js';
import type {EndedViolation, ResourceViolation} from '../limits/resource-violation.js';
import type {ResourceUsage} from '../monitor/resource-usage.js';
import {FirstAndLast} from './first-and-last.js';
import type {OpenPeak, ViolationCounts} from './run-event.js';
import type {ViolationRecord} from './run-record.js';

/** Violations kept at either end of a run. */
const KEPT_VIOLATIONS = 500;
/** Actions kept at either end of one violation. */
const KEPT_ACTIONS = 20;

/** Violations at either end of a run whose trees are kept. */
const KEPT_TREES = 20;

interface Episode {
  violation: ResourceViolation;
  readonly attempt: number;
  readonly actions: FirstAndLast<string>;
  readonly metricOf: ((usage: ResourceUsage) => number | undefined) | undefined;
  peakValue: number;
  ended?: EndedViolation;
}

/** The violations of a run with their peaks and with what was done about them. */
export class ViolationsFolder {
  readonly #episodes = new FirstAndLast<Episode>(KEPT_VIOLATIONS);
  /** Those whose peak may still rise. */
  readonly #open = new Set<Episode>();
  /** Those that have a tree, the first ones not among them. */
  readonly #withTrees: Episode[] = [];
  #trees = 0;
  #warnings = 0;
  #criticals = 0;

  get counts(): ViolationCounts {
    return {warning: this.#warnings, critical: this.#criticals};
  }

  /** Violations that are no longer kept. */
  get omitted(): number {
    return this.#episodes.omitted;
  }

  begun(violation: ResourceViolation, attempt: number): void {
    const episode: Episode = {
      violation,
      attempt,
      actions: new FirstAndLast(KEPT_ACTIONS),
      metricOf: LIMIT_KINDS.find((kind) => kind.type === violation.limitType)?.metricOf,
      peakValue: violation.currentValue,
    };
    this.#episodes.add(episode);
    if (violation.severity === 'warning') this.#warnings += 1;
    else this.#criticals += 1;
    this.#open.add(episode);
    if (violation.tree !== undefined) this.#boundTrees(episode);
  }

  /** Told by one who has seen all of them: some may have been left out of the stream. */
  checkpoint(counts: ViolationCounts, openPeaks: readonly OpenPeak[]): void {
    this.#warnings = Math.max(this.#warnings, counts.warning);
    this.#criticals = Math.max(this.#criticals, counts.critical);
    for (const peak of openPeaks) {
      const episode = this.#find(peak);
      if (episode !== undefined) episode.peakValue = Math.max(episode.peakValue, peak.peakValue);
    }
  }

  /** Of the violations that have not ended. */
  openPeaks(): OpenPeak[] {
    return [...this.#open].map(({violation: {limitType, limitValue, severity, atMs}, peakValue}) => ({
      limitType,
      limitValue,
      severity,
      atMs,
      peakValue,
    }));
  }

  /** A violation that ends the run is never said to have ended, so its peak is read from the samples. */
  usageSampled(usage: ResourceUsage): void {
    for (const episode of this.#open) {
      const value = episode.metricOf?.(usage);
      if (value !== undefined && value > episode.peakValue) episode.peakValue = value;
    }
  }

  ended(ended: EndedViolation): void {
    const episode = this.#find(ended.violation);
    if (episode === undefined) return;
    episode.ended = ended;
    episode.peakValue = Math.max(episode.peakValue, ended.peakValue);
    this.#open.delete(episode);
  }

  actionTaken(violation: ResourceViolation, text: string): void {
    this.#find(violation)?.actions.add(text);
  }

  /** Samples of the next attempt say nothing about the violations of this one. */
  attemptEnded(): void {
    this.#open.clear();
  }

  records(): ViolationRecord[] {
    return this.#episodes.map((episode) => ({
      violation: episode.violation,
      attempt: episode.attempt,
      peakValue: episode.peakValue,
      ...(episode.ended && {
        endedAtMs: episode.ended.atMs,
        endedTimestampMs: episode.ended.timestampMs,
      }),
      actions: episode.actions.map((action) => action),
    }));
  }

  /** A tree may be large, so only those of the first and the last violations are kept. */
  #boundTrees(episode: Episode): void {
    this.#trees += 1;
    if (this.#trees <= KEPT_TREES) return;
    this.#withTrees.push(episode);
    const oldest = this.#withTrees.length > KEPT_TREES ? this.#withTrees.shift() : undefined;
    if (oldest === undefined) return;
    const {tree: _left, ...rest} = oldest.violation;
    oldest.violation = rest;
  }

  /** Steps of one limit may begin in the same instant; their values differ. */
  #find(violation: Omit<OpenPeak, 'peakValue'>): Episode | undefined {
    const {limitType, limitValue, atMs, severity} = violation;
    return this.#episodes.findLast(
      ({violation: candidate}) =>
        candidate.limitType === limitType &&
        candidate.limitValue === limitValue &&
        candidate.atMs === atMs &&
        candidate.severity === severity,
    );
  }
}
