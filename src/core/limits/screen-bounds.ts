import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {ScreenBounds} from '../monitor/usage-screen.js';
import type {Limit} from './resource-limits.js';
import type {CheckerState, LimitState} from './resource-violation-checker.js';

/**
 * Up to where cheap looks at a tree are enough: the lowest limit on resident memory and on processes that usage is at or
 * below. The sum of RSS is never less than the proportional size, so where it is below the limit, that is too. Where it
 * is above, and the proportional size decides, there is nothing to screen by: a page that is written to after a fork
 * raises the one and not the other.
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
    if (!isScreened(limit, state[index], usage)) return;
    if (limit.kind.type === 'max_rss') rssBytes = Math.min(rssBytes, limit.value);
    else processes = Math.min(processes, limit.value);
  });
  return rssBytes === Infinity && processes === Infinity ? undefined : {rssBytes, processes};
}

/** Whether cheap looks tell that this limit is still kept. */
export function isScreened(limit: Limit, state: LimitState | undefined, usage: ResourceUsage): boolean {
  const figure = screenedFigure(limit, usage);
  const open = state?.open?.violation;
  const isBroken = open?.severity === 'critical' && open.betweenSamples !== true;
  return figure !== undefined && figure <= limit.value && !isBroken;
}

function screenedFigure({kind}: Limit, {memory, process}: ResourceUsage): number | undefined {
  if (kind.type === 'max_rss') return memory.rssBytes;
  return kind.type === 'max_processes' ? process.processes : undefined;
}
