import {withoutTree} from './recordable.js';
import type {RunEvent} from './run-event.js';
import {violationKey} from './violation-key.js';

/** Between two samples: this long, and this share of the run so far. A day comes to some 4000. */
const SAMPLE_GAP = {leastMs: 250, share: 1 / 500};
const TREE_GAP = {leastMs: 10_000, share: 1 / 10};
/** So many are kept whole, then those that are this share of all so far apart. */
const VIOLATIONS = {whole: 150, share: 1 / 50};
const ATTEMPTS = {whole: 300, share: 1 / 50};
const NOTICES = {whole: 300, share: 1 / 50};
/** Violations that keep their tree. */
const TREES = 20;
/** Actions kept of one violation. */
const ACTIONS = 20;
/** Events kept of an attempt that may turn out to be the last. */
const HELD = 40;

/**
 * Leaves out of a stream of events what a record has no room for: the longer a run goes on, the rarer what is kept. The
 * last attempt is always kept, and whoever adds checkpoints makes good what is left out. It has no clock: it goes by the
 * times of the events.
 */
export class RecordThinner {
  #startedAtMs: number | undefined;
  readonly #samples = new GrowingGap(SAMPLE_GAP);
  readonly #treeSamples = new GrowingGap(TREE_GAP);
  readonly #violations = new GrowingStride(VIOLATIONS);
  readonly #attempts = new GrowingStride(ATTEMPTS);
  readonly #notices = new GrowingStride(NOTICES);
  /** The violations that are kept, and how many actions of each. */
  readonly #actions = new Map<string, number>();
  #trees = 0;
  /** The attempt that is left out unless no other follows; undefined while one is kept. */
  #held: RunEvent[] | undefined;

  /**
   * Takes the next event.
   * @returns what is to be kept now: nothing, this event (perhaps without its tree), or with it what was held back
   */
  take(event: RunEvent): readonly RunEvent[] {
    this.#startedAtMs ??= event.atMs;
    const elapsedMs = event.atMs - this.#startedAtMs;
    switch (event.kind) {
      case 'usage_sampled':
        return this.#samples.due(event.atMs, elapsedMs) ? [event] : [];
      case 'tree_sampled':
        return this.#treeSamples.due(event.atMs, elapsedMs) ? [event] : [];
      case 'run_started':
        return [event];
      case 'run_ended':
        return [...this.#release(), event];
      case 'attempt_started':
        this.#held = this.#attempts.takesNext() ? undefined : [];
        return this.#ofAttempt(event);
      case 'notice':
        return this.#notices.takesNext() ? [event] : [];
      case 'attempt_ended':
      case 'state_changed':
      case 'checkpoint':
        return this.#ofAttempt(event);
      case 'violation_begun':
      case 'violation_ended':
      case 'action_taken':
        return this.#held === undefined ? this.#ofViolation(event) : this.#ofAttempt(event);
    }
  }

  #ofAttempt(event: RunEvent): readonly RunEvent[] {
    if (this.#held === undefined) return [event];
    if (this.#held.length < HELD || event.kind === 'attempt_ended') this.#held.push(event);
    return [];
  }

  #release(): readonly RunEvent[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  #ofViolation(
    event: Extract<RunEvent, {kind: 'violation_begun' | 'violation_ended' | 'action_taken'}>,
  ): readonly RunEvent[] {
    switch (event.kind) {
      case 'violation_begun':
        return this.#begun(event);
      case 'violation_ended':
        return this.#actions.has(violationKey(event.ended.violation)) ? [event] : [];
      case 'action_taken': {
        if (event.violation === undefined) return this.#notices.takesNext() ? [event] : [];
        const key = violationKey(event.violation);
        const actions = this.#actions.get(key) ?? ACTIONS;
        if (actions === ACTIONS) return [];
        this.#actions.set(key, actions + 1);
        return [event];
      }
    }
  }

  #begun(event: Extract<RunEvent, {kind: 'violation_begun'}>): readonly RunEvent[] {
    if (!this.#violations.takesNext()) return [];
    this.#actions.set(violationKey(event.violation), 0);
    if (event.violation.tree === undefined) return [event];
    this.#trees += 1;
    return [this.#trees <= TREES ? event : {...event, violation: withoutTree(event.violation)}];
  }
}

/** The first, and each that comes long enough after the one before. */
class GrowingGap {
  #lastAtMs: number | undefined;

  constructor(private readonly gap: {readonly leastMs: number; readonly share: number}) {}

  due(atMs: number, elapsedMs: number): boolean {
    const gapMs = Math.max(this.gap.leastMs, elapsedMs * this.gap.share);
    if (this.#lastAtMs !== undefined && atMs - this.#lastAtMs < gapMs) return false;
    this.#lastAtMs = atMs;
    return true;
  }
}

/** The first ones, then fewer and fewer. */
class GrowingStride {
  #count = 0;
  #last = 0;

  constructor(private readonly rule: {readonly whole: number; readonly share: number}) {}

  takesNext(): boolean {
    this.#count += 1;
    const {whole, share} = this.rule;
    if (this.#count > whole && this.#count - this.#last < this.#count * share) return false;
    this.#last = this.#count;
    return true;
  }
}
