import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {ScreenBounds} from '../monitor/usage-screen.js';
import type {Limit} from './resource-limits.js';
import type {CheckerState, LimitState} from './resource-violation-checker.js';

/**
 * Up to where cheap looks at a tree are enough: the lowest limit on resident memory and on processes that usage is at or
 * below. The sum of RSS is never less than the proportional size, so where it is below the limit, that is too. Where it
 * is above, and the proportional size decides, there is little to screen by: a page that is written to after a fork
 * raises the one and not the other, so samples go on as planned. But a page that is added raises both, so in between the
 * bound is what is left to the limit.
 * @returns undefined when no limit can be kept so
 */
export function screenBounds(
  limits: readonly Limit[],
  state: CheckerState,
  usage: ResourceUsage,
): ScreenBounds | undefined {
  let rssBytes = Infinity;
  let processes = Infinity;
  limits.forEach((limit, index) => {
    const {kind, value} = limit;
    if (isScreened(limit, state[index], usage)) {
      if (kind.type === 'max_rss') rssBytes = Math.min(rssBytes, value);
      else processes = Math.min(processes, value);
    } else if (kind.type === 'max_rss' && !isBroken(state[index])) {
      rssBytes = Math.min(rssBytes, proportionalBound(value, usage));
    }
  });
  return rssBytes === Infinity && processes === Infinity ? undefined : {rssBytes, processes};
}

/** @returns Infinity where it is not known, or above the limit */
function proportionalBound(limit: number, {memory: {rssBytes, pssBytes}}: ResourceUsage): number {
  if (rssBytes === undefined || pssBytes === undefined || pssBytes > limit) return Infinity;
  return limit + rssBytes - pssBytes;
}

/** Whether cheap looks tell that this limit is still kept. */
export function isScreened(limit: Limit, state: LimitState | undefined, usage: ResourceUsage): boolean {
  const figure = screenedFigure(limit, usage);
  return figure !== undefined && figure <= limit.value && !isBroken(state);
}

function isBroken(state: LimitState | undefined): boolean {
  const open = state?.open?.violation;
  return open?.severity === 'critical' && open.betweenSamples !== true;
}

function screenedFigure({kind}: Limit, {memory, process}: ResourceUsage): number | undefined {
  if (kind.type === 'max_rss') return memory.rssBytes;
  return kind.type === 'max_processes' ? process.processes : undefined;
}
