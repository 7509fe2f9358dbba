import {limitKind, type LimitType, type ResourceLimits} from './resource-limits.js';

/** How a limit is raised before the next attempt. */
export interface LimitRaise {
  /** At least 1. */
  readonly factor: number;
  /** A limit that is a size (bytes, bytes per second) is not raised beyond this; others have no bound. */
  readonly maxBytes?: number;
}

/** Where each limit that can be raised stands; the timeout has no policy of its own. */
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
 * The limits of the next attempt after policy `restart_adjusted`: the one of the type times the factor, the others as they
 * are. The same object when nothing is raised. A limit is never lowered.
 */
export function raisedLimits(limits: ResourceLimits, type: LimitType, raise: LimitRaise): ResourceLimits {
  const field = FIELDS[type];
  const before = limitKind(type).limitOf(limits);
  if (field === undefined || before === undefined) return limits;
  const after = raised(before, type, raise);
  const [group, name] = field;
  return after <= before ? limits : {...limits, [group]: {...limits[group], [name]: after}};
}

function raised(before: number, type: LimitType, {factor, maxBytes = Infinity}: LimitRaise): number {
  const after = before * factor;
  const {unit} = limitKind(type);
  switch (unit) {
    case 'bytes':
    case 'bytesPerSecond':
      return Math.min(Math.ceil(after), maxBytes, Number.MAX_SAFE_INTEGER);
    // Half a process is none: three halves of one are two.
    case 'count':
      return Math.min(Math.ceil(after), Number.MAX_SAFE_INTEGER);
    case 'percent':
    case 'ms':
      return Math.min(after, Number.MAX_SAFE_INTEGER);
  }
}
