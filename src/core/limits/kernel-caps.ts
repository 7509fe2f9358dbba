import type {Limit} from './resource-limits.js';
import {endsTheTree, type ViolationHandlingMode} from './resource-policy.js';

/** What the kernel is to keep for the sake of the limits, where there are control groups. */
export interface KernelCaps {
  readonly memory?: {
    readonly limit: Limit;
    readonly bytes: number;
    /** `limit`: the cap is the limit; `backstop`: it is above it, and sampling decides at the limit. */
    readonly role: 'limit' | 'backstop';
  };
  /** Tasks (processes and threads): a backstop against a fork bomb. */
  readonly tasks?: number;
}

/** What else decides on the caps. */
export interface CapSurroundings {
  readonly handling: ViolationHandlingMode;
  readonly startupGraceMs: number;
  /** A hook is to look at the tree before the policy is applied: the kernel must not be first. */
  readonly freezes: boolean;
}

const MIB = 1024 * 1024;
/**
 * How far above the limit a backstop is: twice, as what outgrows its grace period (resource-violation-checker.ts), and so
 * much at least that a program which takes a few hundred megabytes at once still gets its SIGTERM.
 */
const BACKSTOP_FACTOR = 2;
const BACKSTOP_BYTES = 256 * MIB;
/** The kernel counts threads where the limit counts processes: room for those of an honest program. */
const ROOM_FOR_THREADS = 1024;

/**
 * Which caps the limits ask for: memory at the limit for `immediate_kill`, above it for the other policies that end the
 * tree, none for those that do not. A limit that may be broken for a while (sustain time, start-up grace) has none: the
 * kernel does not wait. Where a hook looks at the frozen tree first, `immediate_kill` too has a cap above the limit only.
 */
export function kernelCaps(
  limits: readonly Limit[],
  {handling, startupGraceMs, freezes}: CapSurroundings,
): KernelCaps {
  if (handling === 'disabled' || startupGraceMs > 0) return {};
  const ending = limits.filter(({policy, sustainMs}) => endsTheTree(policy) && sustainMs === 0);
  const memory = memoryCap(
    ending.filter(({kind}) => kind.type === 'max_rss'),
    freezes,
  );
  // The highest step: up to there processes may be started.
  const processes = ending.filter(({kind}) => kind.type === 'max_processes').at(-1);
  return {
    ...(memory === undefined ? {} : {memory}),
    ...(processes === undefined ? {} : {tasks: 2 * processes.value + ROOM_FOR_THREADS}),
  };
}

/** @param steps those of max_rss that end the tree, the lowest first */
function memoryCap(steps: readonly Limit[], freezes: boolean): KernelCaps['memory'] {
  const kills = steps.find(({policy}) => policy === 'immediate_kill');
  if (kills !== undefined && !freezes) return {limit: kills, bytes: kills.value, role: 'limit'};
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const bytes = Math.max(last.value * BACKSTOP_FACTOR, last.value + BACKSTOP_BYTES);
  return {limit: last, bytes, role: 'backstop'};
}
