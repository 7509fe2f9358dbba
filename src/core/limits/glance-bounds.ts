import type {ResourceUsage} from '../monitor/resource-usage.js';
import {FAST_GROWTH_PER_MS} from '../monitor/screen-gap.js';
import {NO_BOUNDS, type GlanceBounds} from '../monitor/usage-glance.js';
import type {Limit, LimitType} from './resource-limits.js';
import type {CheckerState, LimitState} from './resource-violation-checker.js';

/** What a glance tells of the figures that are limited. */
const GLANCED: Partial<Record<LimitType, keyof GlanceBounds>> = {
  max_rss: 'rssBytes',
  max_virtual: 'virtualBytes',
  max_processes: 'processes',
  max_time: 'cpuTimeMs',
  max_percent: 'cpuPercent',
};

/** How the tree is looked at. */
export interface Looking {
  /** Between two looks, milliseconds. */
  readonly intervalMs: number;
  readonly cores: number;
}

/** Up to where glances are enough until the next sample: the lowest bound of the limits that can be kept so. */
export function glanceBounds(
  limits: readonly Limit[],
  state: CheckerState,
  usage: ResourceUsage,
  looking: Looking,
): GlanceBounds {
  const bounds: Record<keyof GlanceBounds, number> = {...NO_BOUNDS};
  limits.forEach((limit, index) => {
    const figure = GLANCED[limit.kind.type];
    if (figure === undefined || !isGlanced(limit, state[index], usage, looking)) return;
    bounds[figure] = Math.min(bounds[figure], boundOf(limit, looking));
  });
  return bounds;
}

/**
 * Whether a glance at every interval is enough to keep this limit: nothing has begun that samples would have to follow
 * (a warning, a violation, its end), and the figure is where nothing can begin until a glance finds it elsewhere.
 */
export function isGlanced(
  limit: Limit,
  state: LimitState | undefined,
  usage: ResourceUsage,
  looking: Looking,
): boolean {
  if (state !== undefined && (state.open !== undefined || state.warned || state.brokenSamples > 0))
    return false;
  const figure = figureOf(limit.kind.type, usage);
  return figure !== undefined && figure <= boundOf(limit, looking);
}

/** Figures are whole, or so finely divided that a sample more does not matter. */
function boundOf({kind, value, warnFrom}: Limit, {intervalMs, cores}: Looking): number {
  return Math.min(value - withinAnInterval(kind.type, intervalMs, cores), warnFrom - 1);
}

/** From there on the distance decides how long until the next sample, which may be less than an interval. */
function withinAnInterval(type: LimitType, intervalMs: number, cores: number): number {
  if (type === 'max_virtual') return FAST_GROWTH_PER_MS * intervalMs;
  return type === 'max_time' ? cores * intervalMs : 0;
}

function figureOf(type: LimitType, {memory, cpu, process}: ResourceUsage): number | undefined {
  switch (type) {
    case 'max_rss':
      return memory.rssBytes;
    case 'max_virtual':
      return memory.virtualBytes;
    case 'max_processes':
      return process.processes;
    case 'max_time':
      return cpu.timeMs;
    case 'max_percent':
      return cpu.percent;
    case 'max_swap':
    case 'max_file_descriptors':
    case 'max_read_bps':
    case 'max_write_bps':
    case 'timeout':
      return undefined;
  }
}
