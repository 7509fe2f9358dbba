import type {UsageMetric} from '../monitor/probe.js';
import type {LimitPromise} from '../record/run-event.js';
import type {Limit} from './resource-limits.js';

/**
 * What keeps each limit (each step of it) on this machine, told before the start. A limit on a metric that is not measured here is
 * kept by nobody.
 * @param measures undefined when nothing is sampled
 */
export function limitPromises(
  limits: readonly Limit[],
  measures: ReadonlySet<UsageMetric> | undefined,
  intervalMs: number,
): LimitPromise[] {
  return limits.map(({kind, value, policy, sustainMs}): LimitPromise => {
    const limit = {limitType: kind.type, limitValue: value, policy, sustainMs};
    if (kind.needs === undefined) return {...limit, enforcedBy: 'timer'};
    if (measures?.has(kind.needs) !== true) return {...limit, enforcedBy: 'nobody'};
    return {...limit, enforcedBy: 'polling', everyMs: intervalMs};
  });
}
