import type {ResourceUsage} from '../monitor/resource-usage.js';

/** At most so many steps are kept; then two become one. Even, so that no step is left alone. */
const MOST_STEPS = 240;
/** A short run is told in detail. */
const FIRST_STEP_MS = 100;

/** The highest values of a step of time; what was not measured is absent. */
export interface UsageStep {
  readonly rssBytes?: number;
  /** 100 is one core. */
  readonly cpuPercent?: number;
}

/** A whole run in steps of equal length. */
export interface UsageSeries {
  readonly stepMs: number;
  /** From the first sample on; where none fell into a step the one before it still holds, until its attempt ended. */
  readonly steps: readonly UsageStep[];
}

/** Folds samples into a series whose size does not grow with the run: the longer the run, the longer its steps. */
export class UsageSeriesFolder {
  #stepMs = FIRST_STEP_MS;
  #steps: UsageStep[] = [];
  #firstAtMs: number | undefined;
  /** What still holds until the next sample. */
  #latest: UsageStep = {};

  add({atMs, memory: {rssBytes}, cpu: {percent}}: ResourceUsage): void {
    this.#firstAtMs ??= atMs;
    const sinceMs = Math.max(0, atMs - this.#firstAtMs);
    if (!Number.isFinite(sinceMs)) return;
    while (sinceMs >= this.#stepMs * MOST_STEPS) this.#double();
    const index = Math.floor(sinceMs / this.#stepMs);
    while (this.#steps.length < index) this.#steps.push(this.#latest);
    const step = {
      ...(rssBytes !== undefined && {rssBytes}),
      ...(percent !== undefined && {cpuPercent: percent}),
    };
    this.#steps[index] = highest(this.#steps[index], step);
    this.#latest = step;
  }

  /** Until the next sample nothing is known. */
  attemptEnded(): void {
    this.#latest = {};
  }

  series(): UsageSeries {
    return {stepMs: this.#stepMs, steps: [...this.#steps]};
  }

  #double(): void {
    this.#stepMs *= 2;
    this.#steps = this.#steps.flatMap((step, index, all) =>
      index % 2 === 0 ? [highest(step, all[index + 1])] : [],
    );
  }
}

/** Of one value of the steps, in at most so many steps: of several that become one the highest. */
export function seriesOf(
  {steps}: UsageSeries,
  valueOf: (step: UsageStep) => number | undefined,
  cells: number,
): (number | undefined)[] {
  const count = Math.min(Math.max(0, cells), steps.length);
  return Array.from({length: count}, (_, cell) => {
    const from = Math.floor((cell * steps.length) / count);
    const to = Math.floor(((cell + 1) * steps.length) / count);
    return steps.slice(from, to).map(valueOf).reduce(higher, undefined);
  });
}

function highest(one: UsageStep = {}, other: UsageStep = {}): UsageStep {
  const rssBytes = higher(one.rssBytes, other.rssBytes);
  const cpuPercent = higher(one.cpuPercent, other.cpuPercent);
  return {...(rssBytes !== undefined && {rssBytes}), ...(cpuPercent !== undefined && {cpuPercent})};
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
