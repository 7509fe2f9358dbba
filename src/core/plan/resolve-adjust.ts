import {limitsSet, type ResourceLimits} from '../limits/resource-limits.js';
import type {Layers} from './layers.js';
import type {AdjustPlan} from './run-plan.js';
import {formatBytes} from './units.js';
import {UsageError} from './usage-error.js';

const DEFAULT_FACTOR = 1.5;

/**
 * How restart_adjusted raises limits.
 * @throws UsageError when a limit is above the largest it may be raised to
 */
export function resolveAdjust(
  layers: Layers,
  limits: ResourceLimits,
): {readonly plan: AdjustPlan; readonly notices: readonly string[]} {
  const maxBytes = layers.get('adjust-max');
  const set = limitsSet(limits);
  const adjusted = new Set(set.filter(({policy}) => policy === 'restart_adjusted').map(({kind}) => kind));
  // The steps above the one that is broken are raised with it.
  const tooHigh = set.findLast(
    ({kind, value}) => adjusted.has(kind) && kind.unit === 'bytes' && value > (maxBytes ?? Infinity),
  );
  if (tooHigh !== undefined && maxBytes !== undefined) {
    const least = `${tooHigh.kind.type} (${formatBytes(tooHigh.value)})`;
    throw new UsageError(`${layers.nameOf('adjust-max')} (${formatBytes(maxBytes)}) is less than ${least}`);
  }
  const idle = (['adjust', 'adjust-max'] as const).filter(
    (flag) => adjusted.size === 0 && layers.get(flag) !== undefined,
  );
  return {
    plan: {factor: layers.get('adjust') ?? DEFAULT_FACTOR, ...(maxBytes === undefined ? {} : {maxBytes})},
    notices: idle.map((flag) => `${layers.nameOf(flag)} has no effect: no limit has policy restart_adjusted`),
  };
}
