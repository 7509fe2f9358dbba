import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {Limit} from './resource-limits.js';

/**
 * Whether the proportional size has to decide: usage is near the lowest step of the
 * limit, and there is more than one process among which pages may be shared.
 * @param rss the steps of the limit
 */
export function mayBeShared(usage: ResourceUsage, rss: readonly Limit[]): boolean {
  const near = Math.min(...rss.map(({warnFrom, value}) => Math.min(warnFrom, value)));
  return (usage.memory.rssBytes ?? 0) >= near && (usage.process.processes ?? 0) > 1;
}
