import {availableParallelism} from 'node:os';
import {DETAIL_METRICS, type Probe} from '../monitor/probe.js';
import type {ResourceMonitorOptions} from '../monitor/resource-monitor.js';
import {glanceBounds} from './glance-bounds.js';
import {mayBeShared} from './may-be-shared.js';
import {nextGapMs} from './next-gap.js';
import type {Limit} from './resource-limits.js';
import type {CheckerState} from './resource-violation-checker.js';
import {screenBounds} from './screen-bounds.js';

let knownCores: number | undefined;

/** Not before the first sample: node:os is loaded for it, which a run that is over by then does not need. */
const cores = (): number => (knownCores ??= availableParallelism());

export interface LookedAtTree {
  readonly probe: Probe;
  readonly limits: readonly Limit[];
  /** Longest gap between two looks at the limits. */
  readonly intervalMs: number;
  /** Longest gap between two samples, where the probe has cheaper looks. */
  readonly sampleEveryMs: number;
  /** As of the last sample. */
  readonly state: () => CheckerState;
  readonly startedAtMs: () => number;
}

/** What of a tree has to be looked at, and when, for its limits to be kept. */
export function lookingRules({
  probe,
  limits,
  intervalMs,
  sampleEveryMs,
  state,
  startedAtMs,
}: LookedAtTree): Pick<
  ResourceMonitorOptions,
  'nextGapMs' | 'lookEveryMs' | 'screenBounds' | 'glanceBounds' | 'needsPss' | 'needsDetails'
> {
  const fixed = {
    intervalMs,
    limits,
    screened: probe.screen !== undefined,
    ...(probe.glance !== undefined && {sampleEveryMs}),
  };
  const rss = limits.filter(({kind}) => kind.type === 'max_rss');
  return {
    nextGapMs: (usage, previous) =>
      nextGapMs({...fixed, cores: cores(), state: state(), usage, previous, startedAtMs: startedAtMs()}),
    lookEveryMs: intervalMs,
    screenBounds: (usage) => screenBounds(limits, state(), usage),
    glanceBounds: (usage) => glanceBounds(limits, state(), usage, {intervalMs, cores: cores()}),
    needsPss: (usage) => mayBeShared(usage, rss),
    needsDetails: limits.some(({kind}) => kind.needs !== undefined && DETAIL_METRICS.has(kind.needs)),
  };
}
