/**
 * limitrun as a library: watch any process tree, judge its usage against limits, and act on what is found.
 *
 * @packageDocumentation
 */
export {ResourceLimitManager} from './core/limits/resource-limit-manager.js';
export type {
  LimitEvent,
  ResourceLimitManagerOptions,
  ViolationCallback,
} from './core/limits/resource-limit-manager.js';
export type {ActionSurroundings} from './core/limits/action-gate.js';
export {ResourceViolationChecker} from './core/limits/resource-violation-checker.js';
export type {CheckerState, Judgement, LimitState} from './core/limits/resource-violation-checker.js';
export {ResourceEnforcer} from './core/limits/resource-enforcer.js';
export type {LimitStep, LimitSteps, LimitValue} from './core/limits/limit-step.js';
export {LIMIT_KINDS, limitsSet} from './core/limits/resource-limits.js';
export type {
  Limit,
  LimitGroup,
  LimitGroupRules,
  LimitKind,
  LimitType,
  LimitUnit,
  ResourceLimits,
} from './core/limits/resource-limits.js';
export {RESOURCE_POLICIES, VIOLATION_HANDLING_MODES} from './core/limits/resource-policy.js';
export type {ResourcePolicy, ViolationHandlingMode} from './core/limits/resource-policy.js';
export type {
  EndedViolation,
  ResourceViolation,
  ViolationMember,
  ViolationSeverity,
} from './core/limits/resource-violation.js';
export {ResourceMonitor} from './core/monitor/resource-monitor.js';
export type {ResourceMonitorOptions} from './core/monitor/resource-monitor.js';
export type {ResourceUsage, UsageSource} from './core/monitor/resource-usage.js';
export {openProbe} from './core/monitor/open-probe.js';
export type {
  Probe,
  ProbeOptions,
  ProcessIdentity,
  ProcessReading,
  ProcessTree,
  TreeReading,
} from './core/monitor/probe.js';
export {ProcessControl} from './core/process/process-control.js';
export type {Attempt} from './core/process/attempt.js';
export type {AttemptEnd, ProcessControlOptions, RunEnd} from './core/process/process-control.js';
export {TreeThrottle} from './core/process/tree-throttle.js';
export type {CpuTimeMeter} from './core/process/tree-throttle.js';
export {TreeTerminator} from './core/process/tree-terminator.js';
export type {TerminationReason, TreeEnd} from './core/process/tree-terminator.js';
export type {LaunchCommand} from './core/process/launch.js';
export type {ChildEnd} from './core/process/run-state.js';
export {
  RestartCircuitBreaker,
  type BreakerRules,
  type BreakerState,
} from './core/process/restart-circuit-breaker.js';
export type {RestartPolicy} from './core/limits/restart-policy.js';
export type {EndCause, RunStateName} from './core/record/run-event.js';
export {systemClock} from './core/clock.js';
export type {Clock} from './core/clock.js';
