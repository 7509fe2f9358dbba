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
  /** The same while the command is new and has shown no sign of having so many threads. */
  readonly tasksWhileNew?: number;
  /** More processes than that are made to stand still while it is decided what is done about them. */
  readonly crowd?: number;
  /** The CPU percentage is kept by the kernel once it has been exceeded (policy `throttle`). */
  readonly throttled?: true;
}

/** What else decides on the caps. */
export interface CapSurroundings {
  readonly handling: ViolationHandlingMode;
  readonly startupGraceMs: number;
  /** A hook is to look at the tree before the policy is applied: the kernel must not be first. */
  readonly freezes: boolean;
  /** How many the machine has. Default 1. */
  readonly cores?: number;
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
 * The same of a command that begins. limitrun gets a turn the sooner the fewer there are beside it: with a thousand
 * tasks it is seconds until the next one.
 */
const roomWhileNew = (cores: number): number => Math.min(ROOM_FOR_THREADS, 128 + 4 * cores);
/** What ends within a millisecond is no crowd: it would be found alive only because it was made to stand still. */
const ROOM_FOR_THE_DYING = 32;

/**
 * What the limits ask for: memory at the limit for `immediate_kill`, above it for the other policies that end the
 * tree, none for those that do not. A limit that may be broken for a while (sustain time, start-up grace) has none: the
 * kernel does not wait. Where a hook looks at the frozen tree first, `immediate_kill` too has a cap above the limit only.
 * Policy `throttle` asks for CPU time to be held back, from the moment of the violation on.
 */
export function kernelCaps(
  limits: readonly Limit[],
  {handling, startupGraceMs, ...others}: CapSurroundings,
): KernelCaps {
  if (handling === 'disabled') return {};
  const throttled = limits.some(({kind, policy}) => kind.type === 'max_percent' && policy === 'throttle');
  const caps = startupGraceMs > 0 ? {} : capsOfEnding(limits, others);
  return throttled ? {...caps, throttled} : caps;
}

/** Of the limits that end the tree at once. */
function capsOfEnding(
  limits: readonly Limit[],
  {freezes, cores = 1}: Pick<CapSurroundings, 'freezes' | 'cores'>,
): KernelCaps {
  const ending = limits.filter(({policy, sustainMs}) => endsTheTree(policy) && sustainMs === 0);
  const memory = memoryCap(
    ending.filter(({kind}) => kind.type === 'max_rss'),
    freezes,
  );
  const processes = ending.filter(({kind}) => kind.type === 'max_processes').map(({value}) => value);
  const [crowd, most] = [processes[0], processes.at(-1)];
  return {
    ...(memory === undefined ? {} : {memory}),
    // Up to the highest step processes may be started.
    ...(most === undefined
      ? {}
      : {tasks: 2 * most + ROOM_FOR_THREADS, tasksWhileNew: 2 * most + roomWhileNew(cores)}),
    ...(crowd === undefined ? {} : {crowd: 2 * crowd + ROOM_FOR_THE_DYING}),
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

/** The controllers of control groups by which the caps are kept. */
export type CapController = 'memory' | 'pids' | 'cpu';

/** Which of them these caps need. */
export function controllersFor({memory, tasks, throttled}: KernelCaps): CapController[] {
  return [
    ...(memory === undefined ? [] : (['memory'] as const)),
    ...(tasks === undefined ? [] : (['pids'] as const)),
    ...(throttled === undefined ? [] : (['cpu'] as const)),
  ];
}

/** What of the caps can be kept where some controllers are missing. */
export function capsWithout(
  {memory, tasks, tasksWhileNew, throttled, ...others}: KernelCaps,
  missing: {has(controller: CapController): boolean},
): KernelCaps {
  return {
    ...others,
    ...(memory === undefined || missing.has('memory') ? {} : {memory}),
    ...(tasks === undefined || missing.has('pids') ? {} : {tasks}),
    ...(tasksWhileNew === undefined || missing.has('pids') ? {} : {tasksWhileNew}),
    ...(throttled === undefined || missing.has('cpu') ? {} : {throttled}),
  };
}
