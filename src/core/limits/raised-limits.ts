import {stepsOf, type LimitStep, type LimitValue} from './limit-step.js';
import {limitKind, type LimitType, type ResourceLimits} from './resource-limits.js';

/** How a limit is raised before the next attempt. */
export interface LimitRaise {
  /** At least 1. */
  readonly factor: number;
  /** A limit that is a size (bytes, bytes per second) is not raised beyond this; others have no bound. */
  readonly maxBytes?: number;
}

/** The step of a limit that was broken. */
export interface BrokenStep {
  readonly limitType: LimitType;
  readonly limitValue: number;
}

/** Where each limit stands. */
const FIELDS = {
  max_rss: ['memory', 'maxRssBytes'],
  max_virtual: ['memory', 'maxVirtualBytes'],
  max_swap: ['memory', 'maxSwapBytes'],
  max_percent: ['cpu', 'maxPercent'],
  max_time: ['cpu', 'maxTimeMs'],
  max_processes: ['process', 'maxProcesses'],
  max_file_descriptors: ['process', 'maxFileDescriptors'],
  max_read_bps: ['io', 'maxReadBytesPerSecond'],
  max_write_bps: ['io', 'maxWriteBytesPerSecond'],
  timeout: undefined,
} as const satisfies Record<LimitType, readonly [keyof ResourceLimits, string] | undefined>;

/**
 * The limits of the next attempt after policy `restart_adjusted`: the broken step and those above it times the factor, or
 * times what is left up to the largest value, so that they stay apart; the others as they are. The same object when
 * nothing is raised. A limit is never lowered.
 */
export function raisedLimits(limits: ResourceLimits, broken: BrokenStep, raise: LimitRaise): ResourceLimits {
  const {limitType, limitValue} = broken;
  const before = limitKind(limitType).limitOf(limits);
  if (before === undefined) return limits;
  const highest = stepsOf(before).at(-1)?.value ?? limitValue;
  const most = largest(limitType, raise);
  const factor = Math.min(raise.factor, most / highest);
  if (!(factor > 1)) return limits;
  // The highest one by the whole factor: what is left, as a factor, has lost some digits.
  const raised = (value: number): number =>
    Math.min(whole(value * (value === highest ? raise.factor : factor), limitType), most);
  const [first, ...others] = stepsOf(before);
  const raisedStep = (step: LimitStep): LimitStep =>
    step.value < limitValue ? step : {...step, value: raised(step.value)};
  const after: LimitValue =
    typeof before === 'number' ? raised(before) : [raisedStep(first), ...others.map(raisedStep)];
  const field = FIELDS[limitType];
  if (field === undefined) return {...limits, timeoutMs: after};
  const [group, name] = field;
  return {...limits, [group]: {...limits[group], [name]: after}};
}

/** No number grows beyond what can be counted. */
function largest(type: LimitType, {maxBytes = Infinity}: LimitRaise): number {
  const {unit} = limitKind(type);
  const isSize = unit === 'bytes' || unit === 'bytesPerSecond';
  return Math.min(isSize ? maxBytes : Infinity, Number.MAX_SAFE_INTEGER);
}

function whole(value: number, type: LimitType): number {
  const {unit} = limitKind(type);
  switch (unit) {
    case 'bytes':
    case 'bytesPerSecond':
    case 'count':
      // Half a process is none: three halves of one are two.
      return Math.ceil(value);
    case 'percent':
    case 'ms':
      return value;
  }
}
