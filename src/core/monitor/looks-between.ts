import type {Probe} from './probe.js';
import type {ResourceUsage} from './resource-usage.js';
import {SHORT_GAP_MS} from './screen-gap.js';
import {NO_BOUNDS, UsageGlance, type GlanceBounds} from './usage-glance.js';
import type {UsageMeter} from './usage-meter.js';
import {UsageScreen, type ScreenBounds} from './usage-screen.js';

/** What is asked after each sample. */
export interface LookingRules {
  /** Longest gap between two looks that see all limits: samples, or glances where they are enough. */
  readonly lookEveryMs: number;
  /**
   * Up to where looks that see nothing but resident memory and processes (`Probe.screen`) are enough until the next
   * glance or sample. Undefined: there are none.
   */
  readonly screenBounds?: (usage: ResourceUsage) => ScreenBounds | undefined;
  /** Up to where glances (`Probe.glance`) are enough until the next sample. */
  readonly glanceBounds?: (usage: ResourceUsage) => GlanceBounds;
}

/** A timer may be early by this much, and what is due then is done then: one wakening and not two. */
const EARLY_MS = 0.9;
/** How quickly the idea of what a look costs follows a dear one; a single slow one (a busy machine) is no rule. */
const COST_SMOOTHING = 0.2;

/**
 * How often, and how many times after the start, it is asked whether the tree has become a crowd, where that is cheap to
 * tell: a fork bomb at the start of a command is met while it still leaves CPU time to others. Not for so long, since on
 * a slow machine a command takes longer to begin.
 */
const CROWD_LOOK_EVERY_MS = 1;
const YOUNG_FOR_LOOKS = 100;

/** The idea of what something costs: quick to fall, slow to rise. */
export function smoothed(beforeMs: number, costMs: number): number {
  return Math.min(costMs, beforeMs + (costMs - beforeMs) * COST_SMOOTHING);
}

/**
 * The looks between two samples that cost less than one, and tell nothing but whether a sample is needed now: glances
 * at every interval, and near a limit screenings in between.
 */
export class LooksBetween {
  readonly #probe: Probe;
  readonly #rules: LookingRules;
  readonly #meter: UsageMeter;
  readonly #screen = new UsageScreen();
  readonly #glance = new UsageGlance();
  readonly #cpu = {cpuTimeMs: 0, cpuPercent: 0};
  /** When the next sample is due, whatever is seen until then. */
  #dueMs = 0;
  #glanceDueMs = Infinity;
  #screens = false;
  #costMs = 0;
  #lastMs = 0;
  #worstGapMs = 0;
  /** When the next look but that for a crowd is due. */
  #lookDueMs = 0;
  #youngLooksLeft = 0;

  constructor(probe: Probe, rules: LookingRules, meter: UsageMeter) {
    this.#probe = probe;
    this.#rules = rules;
    this.#meter = meter;
  }

  /**
   * A sample has been taken.
   * @param gapMs until the next one, if nothing is seen before
   * @returns how long until something is to be done, milliseconds
   */
  begin(usage: ResourceUsage, previous: ResourceUsage | undefined, gapMs: number, nowMs: number): number {
    const {lookEveryMs, screenBounds, glanceBounds} = this.#rules;
    // What something asked for comes early: where something is going on more may follow.
    const firstMs = nowMs < this.#dueMs - lookEveryMs ? Math.min(lookEveryMs, SHORT_GAP_MS) : lookEveryMs;
    this.#dueMs = nowMs + gapMs;
    this.#lastMs = usage.atMs;
    this.#worstGapMs = 0;
    const glances = this.#probe.glance !== undefined && gapMs > lookEveryMs;
    this.#glanceDueMs = glances ? nowMs + firstMs : Infinity;
    this.#glance.sampled(usage, (glances ? glanceBounds?.(usage) : undefined) ?? NO_BOUNDS);
    const bounds = this.#probe.screen === undefined ? undefined : screenBounds?.(usage);
    this.#screens = bounds !== undefined;
    const screenMs = bounds === undefined ? Infinity : this.#screen.begin(bounds, usage, previous);
    return this.#wakeIn(Math.min(screenMs, glances ? firstMs : gapMs), nowMs);
  }

  /** No sample could be taken: there are no looks until one is. */
  none(): void {
    this.#dueMs = -Infinity;
  }

  /** A sample has been taken at this time. @returns the longest gap between two looks since the one before */
  worstGapMs(atMs: number): number {
    return Math.max(this.#worstGapMs, atMs - this.#lastMs);
  }

  /** The watching begins. */
  start(nowMs: number): void {
    this.#lastMs = nowMs;
    if (this.#probe.crowded !== undefined) this.#youngLooksLeft = YOUNG_FOR_LOOKS;
  }

  /** The tree is so new that it is looked at all the time. */
  get young(): boolean {
    return this.#youngLooksLeft > 0;
  }

  /** Looks, if one is due. @returns how long until the next look, milliseconds; 0: a sample is needed now */
  look(nowMs: number, now: () => number): number {
    if (this.young) this.#youngLooksLeft -= 1;
    try {
      // Before anything that takes time: a crowd leaves little of it to others.
      if (this.#probe.crowded?.() === true || nowMs >= this.#dueMs - EARLY_MS) return 0;
      if (nowMs < this.#lookDueMs - EARLY_MS) return this.#wakeIn(this.#lookDueMs - nowMs, nowMs);
      const glanceIsDue = nowMs >= this.#glanceDueMs - EARLY_MS;
      const gapMs = glanceIsDue ? this.#glanceGapMs(nowMs) : this.#screenGapMs(nowMs, now);
      return gapMs === 0 ? 0 : this.#wakeIn(gapMs, nowMs);
    } catch {
      // Whatever it was, the sample will meet it too, and tells it.
      return 0;
    }
  }

  /** @returns how long until something is to be done, if the next look comes after this gap */
  #wakeIn(gapMs: number, nowMs: number): number {
    this.#lookDueMs = nowMs + gapMs;
    return this.young ? Math.min(gapMs, CROWD_LOOK_EVERY_MS) : gapMs;
  }

  /** Sees what all limits that are kept so are about, and what the next screening goes on from. */
  #glanceGapMs(nowMs: number): number {
    const {lookEveryMs} = this.#rules;
    // What comes within half a gap is done at once: one wakening and not two.
    if (this.#dueMs - nowMs < lookEveryMs / 2) return 0;
    const seen = this.#probe.glance?.();
    if (seen === undefined) return 0;
    this.#meter.cpuAt(nowMs, seen.cpuGrowthMs, this.#cpu);
    if (this.#glance.asksForSample(seen, this.#cpu)) return 0;
    this.#worstGapMs = this.worstGapMs(nowMs);
    this.#lastMs = nowMs;
    this.#glanceDueMs = nowMs + lookEveryMs;
    return this.#screens ? Math.min(this.#screen.next(seen, nowMs), lookEveryMs) : lookEveryMs;
  }

  #screenGapMs(begunMs: number, now: () => number): number {
    const screenMs = this.#screen.next(this.#probe.screen?.(this.#screen.watchesProcesses), begunMs);
    if (screenMs === 0) return 0;
    const nowMs = now();
    this.#costMs = smoothed(this.#costMs, nowMs - begunMs);
    const dueMs = Math.min(this.#dueMs, this.#glanceDueMs);
    return Math.min(Math.max(screenMs, this.#costMs), dueMs - nowMs);
  }
}
