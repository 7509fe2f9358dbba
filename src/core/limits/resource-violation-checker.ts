import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {Limit} from './resource-limits.js';
import {endsTheTree} from './resource-policy.js';
import type {EndedViolation, ResourceViolation, ViolationSeverity} from './resource-violation.js';
import {violationMessage} from './violation-message.js';

/** What is remembered of one limit between two judgements. */
export interface LimitState {
  /** Since when usage has been above the limit (monotonic ms). */
  readonly brokenSinceMs?: number;
  /** Samples in a row above the limit. */
  readonly brokenSamples: number;
  /** Since when usage has been back at or below the open violation's threshold. */
  readonly belowSinceMs?: number;
  /** The violation that is going on. */
  readonly open?: {readonly violation: ResourceViolation; readonly peakValue: number};
  /** Beyond this the tree is killed although its grace period is not over; set while a graceful stop goes on. */
  readonly ceiling?: number;
  /** A warning has been given and usage has not been back below the warning threshold since. */
  readonly warned: boolean;
}

/** One state for each limit, in the same order. */
export type CheckerState = readonly LimitState[];

export interface Judgement {
  readonly state: CheckerState;
  /** In the order of the limits, so the first critical one is the cause of what follows. */
  readonly begun: readonly ResourceViolation[];
  readonly ended: readonly EndedViolation[];
}

/** A process that has been asked to end gets this long before its growth is held against it. */
const CEILING_AFTER_MS = 500;

const UNTOUCHED: LimitState = {brokenSamples: 0, warned: false};

/**
 * Compares usage with limits. Pure: it remembers nothing itself, reads no clock and does no I/O; the state it
 * returns goes into the next call.
 *
 * - A limit is broken when usage is *greater* than it.
 * - A critical violation begins when a limit has been broken for its sustain time, and, for memory, in two samples in
 *   a row (between fork and exec a child shows its parent's memory).
 * - It ends when usage has been at or below the limit for the sustain time. One violation per episode.
 * - A warning begins above the warning threshold, once until usage has fallen below it again. When the limit itself
 *   is broken the warning ends as `escalated`.
 * - Memory that still grows during the grace period of a graceful policy is a violation of its own, with the policy
 *   `immediate_kill`: beyond twice the limit and 1.25 times what it was half a second after the violation began.
 * - A metric that was not measured in a sample leaves its limit's state as it is.
 */
export class ResourceViolationChecker {
  constructor(readonly limits: readonly Limit[]) {}

  /** The state before the first sample, and of each new attempt. */
  begin(): CheckerState {
    return this.limits.map(() => UNTOUCHED);
  }

  /** Judges all limits on one usage. */
  check(usage: ResourceUsage, state: CheckerState): Judgement {
    const begun: ResourceViolation[] = [];
    const ended: EndedViolation[] = [];
    const next = this.limits.map((limit, index) => {
      const before = state[index] ?? UNTOUCHED;
      const value = limit.kind.metricOf?.(usage);
      return value === undefined ? before : judge(limit, value, usage, before, begun, ended);
    });
    return {state: next, begun, ended};
  }
}

function judge(
  limit: Limit,
  value: number,
  usage: ResourceUsage,
  before: LimitState,
  begun: ResourceViolation[],
  ended: EndedViolation[],
): LimitState {
  const broken = value > limit.value;
  const brokenSamples = broken ? before.brokenSamples + 1 : 0;
  const brokenSinceMs = broken ? (before.brokenSinceMs ?? usage.atMs) : undefined;
  const open = before.open && {...before.open, peakValue: Math.max(before.open.peakValue, value)};
  const warned = value > limit.warnAbove && (before.warned || open !== undefined);
  const state = {brokenSamples, warned, ...(brokenSinceMs === undefined ? {} : {brokenSinceMs})};

  const lasted = brokenSinceMs !== undefined && usage.atMs - brokenSinceMs >= limit.sustainMs;
  if (lasted && brokenSamples >= limit.kind.confirmations && open?.violation.severity !== 'critical') {
    if (open) ended.push(end(open, usage, 'escalated'));
    return {...state, warned: true, open: begin(limit, value, usage, 'critical', begun)};
  }
  if (open === undefined) {
    if (warned || broken || value <= limit.warnAbove) return state;
    return {...state, warned: true, open: begin(limit, value, usage, 'warning', begun)};
  }
  return whileOpen(limit, value, usage, before, {...state, open}, begun, ended);
}

/** An open violation goes on, or has subsided for long enough to end. */
function whileOpen(
  limit: Limit,
  value: number,
  usage: ResourceUsage,
  before: LimitState,
  state: LimitState & Required<Pick<LimitState, 'open'>>,
  begun: ResourceViolation[],
  ended: EndedViolation[],
): LimitState {
  const {open, ...closed} = state;
  if (stopsGracefully(limit) && open.violation.severity === 'critical') {
    const {ceiling} = before;
    if (ceiling === undefined && usage.atMs - open.violation.atMs >= CEILING_AFTER_MS) {
      return {...state, ceiling: Math.max(2 * limit.value, 1.25 * value)};
    }
    if (ceiling !== undefined && value > ceiling) {
      begin({...limit, policy: 'immediate_kill'}, value, usage, 'critical', begun);
      return {...state, ceiling: Infinity};
    }
    if (ceiling !== undefined) state = {...state, ceiling};
  }
  const threshold = open.violation.severity === 'critical' ? limit.value : limit.warnAbove;
  if (value > threshold) return state;
  const belowSinceMs = before.belowSinceMs ?? usage.atMs;
  if (usage.atMs - belowSinceMs < limit.sustainMs) return {...state, belowSinceMs};
  ended.push(end(open, usage, 'subsided'));
  return closed;
}

function stopsGracefully(limit: Limit): boolean {
  return limit.kind.group === 'memory' && endsTheTree(limit.policy) && limit.policy !== 'immediate_kill';
}

function begin(
  limit: Limit,
  value: number,
  usage: ResourceUsage,
  severity: ViolationSeverity,
  begun: ResourceViolation[],
): {violation: ResourceViolation; peakValue: number} {
  const violation = violationOf(limit, value, usage, severity);
  begun.push(violation);
  return {violation, peakValue: value};
}

/** The violation of a limit by a value. */
export function violationOf(
  limit: Limit,
  value: number,
  instant: {readonly atMs: number; readonly timestampMs: number},
  severity: ViolationSeverity,
): ResourceViolation {
  return {
    limitType: limit.kind.type,
    metric: limit.kind.metric,
    unit: limit.kind.unit,
    currentValue: value,
    limitValue: limit.value,
    severity,
    policy: limit.policy,
    atMs: instant.atMs,
    timestampMs: instant.timestampMs,
    message: violationMessage(limit, value, severity),
  };
}

function end(
  open: {violation: ResourceViolation; peakValue: number},
  usage: ResourceUsage,
  how: EndedViolation['how'],
): EndedViolation {
  return {...open, atMs: usage.atMs, timestampMs: usage.timestampMs, how};
}
