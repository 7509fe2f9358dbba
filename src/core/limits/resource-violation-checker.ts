import type {ResourceUsage} from '../monitor/resource-usage.js';
import type {Limit} from './resource-limits.js';
import {actsOnTheTree, endsTheTree} from './resource-policy.js';
import type {EndedViolation, ResourceViolation, ViolationSeverity} from './resource-violation.js';
import {betweenSamplesMessage, violationMessage} from './violation-message.js';

/** What is remembered of one limit between two judgements. */
export interface LimitState {
  /** Since when usage has been above the limit (monotonic ms). */
  readonly brokenSinceMs?: number;
  /** Samples in a row above the limit. */
  readonly brokenSamples: number;
  /** Since when usage has been back below the open violation's threshold. */
  readonly belowSinceMs?: number;
  /** Of this high-water mark everything has been told that there is to tell. */
  readonly highWater?: number;
  /** The violation that is going on. */
  readonly open?: OpenViolation;
  /** Beyond this a tree that has been asked to end has outgrown its grace period. */
  readonly ceiling?: number;
  /** A warning has been given and usage has not been well below the warning threshold since. */
  readonly warned: boolean;
}

export interface OpenViolation {
  readonly violation: ResourceViolation;
  readonly peakValue: number;
}

/** One state for each limit, in the same order. */
export type CheckerState = readonly LimitState[];

export interface Judgement {
  readonly state: CheckerState;
  /** In the order of the limits, so the first critical one is the cause of what follows. */
  readonly begun: readonly ResourceViolation[];
  readonly ended: readonly EndedViolation[];
  /** Violations that go on and whose memory still grows after half a second: a grace period would be misused. */
  readonly outgrown: readonly ResourceViolation[];
}

/** A violation that hovers around its limit is one episode: it ends after this long below, or the sustain time. */
const CALM_MS = 1000;
/** What is throttled stays so for this long after it wants no more than the limit: bursts are one episode. */
const THROTTLE_CALM_MS = 3000;
/** Usage must fall to this share of the warning threshold before there is another warning. */
const REARM_SHARE = 0.9;
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
 * - It ends when usage has been at or below the limit for the sustain time, and for a second at least. One violation
 *   per episode.
 * - A violation that is throttled ends when what the tree would use unthrottled has been at or below the limit for the
 *   sustain time, and for three seconds at least.
 * - A warning begins from the warning threshold on, once until usage has fallen to 90 % of it. When the limit itself is
 *   broken the warning ends as `escalated`.
 * - Where there is a high-water mark, one that has risen above a limit without sustain time while every sample was below
 *   it begins a violation `betweenSamples`, once. A sample above the limit turns it into an ordinary one.
 * - Memory beyond twice the limit and 1.25 times what it was half a second after the violation began is `outgrown`,
 *   unless a later step of the limit kills: then that is the ceiling.
 * - A metric that was not measured in a sample leaves its limit's state as it is.
 */
export class ResourceViolationChecker {
  constructor(readonly limits: readonly Limit[]) {}

  /** The state before the first sample, and of each new attempt. */
  begin(): CheckerState {
    return this.limits.map(() => UNTOUCHED);
  }

  /**
   * Judges all limits on one usage.
   * @param demandPercent the CPU percentage that the tree would use if it were not throttled; absent when it is not
   */
  check(usage: ResourceUsage, state: CheckerState, demandPercent = 0): Judgement {
    const told: Told = {begun: [], ended: [], outgrown: []};
    const next = this.limits.map((limit, index) => {
      const before = state[index] ?? UNTOUCHED;
      const value = limit.kind.metricOf?.(usage);
      if (value === undefined) return before;
      return judge(
        {limit, value, usage, told, demandPercent, isCapped: killsAbove(limit, this.limits)},
        before,
      );
    });
    return {state: next, ...told};
  }
}

interface Told {
  readonly begun: ResourceViolation[];
  readonly ended: EndedViolation[];
  readonly outgrown: ResourceViolation[];
}

/** One limit under one usage, and where to put what follows. */
interface Case {
  readonly limit: Limit;
  readonly value: number;
  readonly usage: ResourceUsage;
  readonly told: Told;
  readonly demandPercent: number;
  /** A later step of the same limit kills at once. */
  readonly isCapped: boolean;
}

function killsAbove({kind, value}: Limit, limits: readonly Limit[]): boolean {
  return limits.some(
    (other) =>
      other.kind === kind &&
      other.value > value &&
      other.policy === 'immediate_kill' &&
      other.sustainMs === 0,
  );
}

function judge(one: Case, before: LimitState): LimitState {
  const {limit, value, usage, told} = one;
  const broken = value > limit.value;
  const brokenSamples = broken ? before.brokenSamples + 1 : 0;
  const brokenSinceMs = broken ? (before.brokenSinceMs ?? usage.atMs) : undefined;
  const open = before.open && {...before.open, peakValue: Math.max(before.open.peakValue, value)};
  const warned = open !== undefined || (before.warned && !isRearmed(limit, value));
  const high = limit.kind.highWaterOf?.(usage) ?? before.highWater;
  // What has not been confirmed may yet turn out to have been broken between samples.
  const highWater = broken && !isCritical(open) ? before.highWater : high;
  const state = {
    brokenSamples,
    warned,
    ...(brokenSinceMs === undefined ? {} : {brokenSinceMs}),
    ...(highWater === undefined ? {} : {highWater}),
  };

  const lasted = brokenSinceMs !== undefined && usage.atMs - brokenSinceMs >= limit.sustainMs;
  if (lasted && brokenSamples >= limit.kind.confirmations && !isCritical(open)) {
    // What has broken the limit belongs to the violation, not to the warning before it.
    if (before.open) told.ended.push(end(before.open, usage, 'escalated'));
    return {...state, warned: true, open: begin(one, 'critical')};
  }
  if (high !== undefined && wasBrokenBetween(one, high, before)) {
    if (before.open) told.ended.push(end(before.open, usage, 'escalated'));
    return {...state, warned: true, open: beginBetween(one, high)};
  }
  if (open !== undefined) return whileOpen(one, open, before, state);
  if (warned || broken || value < limit.warnFrom) return state;
  return {...state, warned: true, open: begin(one, 'warning')};
}

/** A violation that is going on as far as the samples tell. */
function isCritical(open: OpenViolation | undefined): boolean {
  return open?.violation.severity === 'critical' && open.violation.betweenSamples !== true;
}

/**
 * Whether the limit was broken since the last sample although neither sample shows it. The first mark that is seen may
 * be older than the watching; and while a violation goes on a higher one is a part of it.
 */
function wasBrokenBetween({limit, value}: Case, high: number, before: LimitState): boolean {
  if (before.highWater === undefined || limit.sustainMs > 0) return false;
  if (value > limit.value || before.open?.violation.severity === 'critical') return false;
  return high > limit.value && high > before.highWater;
}

/** An open violation goes on, or has subsided for long enough to end. */
function whileOpen(one: Case, open: OpenViolation, before: LimitState, closed: LimitState): LimitState {
  const {limit, usage, told} = one;
  const throttled = limit.policy === 'throttle';
  const value = throttled ? Math.max(one.value, one.demandPercent) : one.value;
  const critical = open.violation.severity === 'critical';
  const state = {...closed, open, ...ceilingOf(one, open, before)};
  if (critical ? value > limit.value : value >= limit.warnFrom) return state;
  const belowSinceMs = before.belowSinceMs ?? usage.atMs;
  if (usage.atMs - belowSinceMs < Math.max(limit.sustainMs, throttled ? THROTTLE_CALM_MS : CALM_MS))
    return {...state, belowSinceMs};
  told.ended.push(end(open, usage, 'subsided'));
  return {...closed, warned: !isRearmed(limit, value)};
}

/** Whether usage has fallen far enough for another warning. */
function isRearmed(limit: Limit, value: number): boolean {
  return value <= limit.warnFrom * REARM_SHARE;
}

function ceilingOf(
  {limit, value, usage, told, isCapped}: Case,
  open: OpenViolation,
  before: LimitState,
): {ceiling?: number} {
  const {violation} = open;
  if (isCapped || limit.kind.group !== 'memory') return {};
  if (!isCritical(open) || !endsTheTree(limit.policy)) return {};
  if (before.ceiling === undefined) {
    const due = usage.atMs - violation.atMs >= CEILING_AFTER_MS;
    return due ? {ceiling: Math.max(2 * limit.value, 1.25 * value)} : {};
  }
  if (value <= before.ceiling) return {ceiling: before.ceiling};
  told.outgrown.push(violation);
  // Told once.
  return {ceiling: Infinity};
}

function begin({limit, value, usage, told}: Case, severity: ViolationSeverity): OpenViolation {
  const violation = violationOf(limit, value, usage, severity);
  told.begun.push(violation);
  return {violation, peakValue: value};
}

function beginBetween({limit, usage, told}: Case, high: number): OpenViolation {
  const violation: ResourceViolation = {
    ...violationOf(limit, high, usage, 'critical'),
    policy: actsOnTheTree(limit.policy) ? 'log' : limit.policy,
    betweenSamples: true,
    message: betweenSamplesMessage(limit, high),
  };
  told.begun.push(violation);
  return {violation, peakValue: high};
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

function end(open: OpenViolation, usage: ResourceUsage, how: EndedViolation['how']): EndedViolation {
  return {...open, atMs: usage.atMs, timestampMs: usage.timestampMs, how};
}
