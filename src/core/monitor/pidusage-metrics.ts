import type {UsageMetric} from './probe.js';

/** What pidusage tells. */
export const PIDUSAGE_METRICS: ReadonlySet<UsageMetric> = new Set([
  'rssBytes',
  'cpu.timeMs',
  'cpu.percent',
  // Without a list of processes (Windows) only the command itself is seen.
  ...(process.platform === 'win32' ? [] : (['processes'] as const)),
]);
