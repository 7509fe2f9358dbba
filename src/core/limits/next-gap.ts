import type {ResourceUsage} from '../monitor/resource-usage.js';
import {FAST_GROWTH_PER_MS, gapUntil, gapUntilCount, SHORTEST_GAP_MS} from '../monitor/screen-gap.js';
import {isGlanced} from './glance-bounds.js';
import {endsTheTree} from './resource-policy.js';
import type {Limit, LimitUnit} from './resource-limits.js';
import type {CheckerState, LimitState} from './resource-violation-checker.js';
import {isScreened} from './screen-bounds.js';

/** Where sampling is dense for the sake of true peaks only. */
const GAP_AT_START_MS = 5;
/** While a tree is being ended its growth is still watched, but not as closely. */
const GAP_WHILE_ENDING_MS = 20;

export interface GapFacts {
  readonly limits: readonly Limit[];
  readonly state: CheckerState;
  readonly usage: ResourceUsage;
  readonly previous: ResourceUsage | undefined;
  /** `--interval`: the longest gap between two looks. */
  readonly intervalMs: number;
  /** The longest gap between two samples, where glances are taken in between. Absent: there are none. */
  readonly sampleEveryMs?: number;
  readonly startedAtMs: number;
  readonly cores: number;
  /** Between samples the tree is screened: what `screenBounds` covers does not shorten the gap. */
  readonly screened?: boolean;
}

/**
 * How long until the next sample, milliseconds. The gap follows from the distance to the nearest limit and the
 * faster of two growths: one and a half times what was observed, and what a fast program could do (4 GiB/s).
 * At the start it is short and widens, so that short runs are measured too. 0: at once. It is longer than the interval
 * only as long as glances at every interval keep all limits.
 */
export function nextGapMs(facts: GapFacts): number {
  const age = facts.usage.atMs - facts.startedAtMs;
  const widening = Math.max(GAP_AT_START_MS, age / 4);
  const longest = Math.max(facts.sampleEveryMs ?? 0, facts.intervalMs);
  let gap = Math.min(widening < facts.intervalMs ? widening : longest, gapForTruePeak(facts));
  facts.limits.forEach((limit, index) => {
    gap = Math.min(gap, gapFor(limit, index, facts));
  });
  return isUnconfirmed(facts) ? 0 : Math.max(SHORTEST_GAP_MS, gap);
}

/**
 * A first sample above a memory limit is confirmed at once if there is one process: what a second sample is for, the
 * moment between fork and exec, takes two, and lasts.
 */
function isUnconfirmed({limits, state, usage}: GapFacts): boolean {
  if (usage.process.processes !== 1) return false;
  return limits.some(({kind, sustainMs}, index) => {
    const samples = state[index]?.brokenSamples ?? 0;
    return sustainMs === 0 && samples > 0 && samples < kind.confirmations;
  });
}

/** While memory grows steeply the next sample comes before it has grown by a tenth, limit or not. */
function gapForTruePeak({usage, previous}: GapFacts): number {
  const now = usage.memory.rssBytes;
  const before = previous?.memory.rssBytes;
  if (now === undefined || before === undefined || previous === undefined || now <= before) return Infinity;
  const growthPerMs = (now - before) / (usage.atMs - previous.atMs);
  return Math.max(GAP_AT_START_MS, now / 10 / growthPerMs);
}

function gapFor(limit: Limit, index: number, facts: GapFacts): number {
  // A timer, and not sampled.
  if (limit.kind.metricOf === undefined) return Infinity;
  const state = facts.state[index];
  const gap = gapOfSamples(limit, state, facts);
  if (gap >= facts.intervalMs && isGlanced(limit, state, facts.usage, facts)) return Infinity;
  return Math.min(gap, facts.intervalMs);
}

function gapOfSamples(limit: Limit, state: LimitState | undefined, facts: GapFacts): number {
  const value = limit.kind.metricOf?.(facts.usage);
  if (value === undefined) return facts.intervalMs;
  if (facts.screened === true && isScreened(limit, state, facts.usage)) return facts.intervalMs;
  const open = state?.open?.violation;
  if (open?.severity === 'critical' && open.betweenSamples !== true) {
    return endsTheTree(limit.policy) ? GAP_WHILE_ENDING_MS : facts.intervalMs;
  }
  if (value > limit.value && state?.brokenSinceMs !== undefined) {
    // Broken but not yet for long enough, or not yet confirmed by a second sample.
    return limit.sustainMs - (facts.usage.atMs - state.brokenSinceMs);
  }
  return gapUntilLimit(limit.kind.unit, limit.value - value, observedGrowthPerMs(limit, value, facts), facts);
}

function observedGrowthPerMs(limit: Limit, value: number, facts: GapFacts): number {
  const before = facts.previous && limit.kind.metricOf?.(facts.previous);
  if (before === undefined || facts.previous === undefined) return 0;
  const elapsed = facts.usage.atMs - facts.previous.atMs;
  return elapsed > 0 ? (value - before) / elapsed : 0;
}

function gapUntilLimit(
  unit: LimitUnit,
  headroom: number,
  observedPerMs: number,
  {cores, intervalMs}: GapFacts,
): number {
  switch (unit) {
    case 'bytes':
      return gapUntil(headroom, FAST_GROWTH_PER_MS, observedPerMs);
    case 'ms':
      return gapUntil(headroom, cores, observedPerMs);
    case 'count':
      return gapUntilCount(headroom, observedPerMs);
    case 'percent':
    case 'bytesPerSecond':
      // Their window is a second anyway.
      return intervalMs;
  }
}
