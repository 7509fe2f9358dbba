import {suggest} from '../plan/suggest.js';
import {stepsOf, type LimitValue} from './limit-step.js';
import type {ResourceLimits} from './resource-limits.js';
import {RESOURCE_POLICIES, VIOLATION_HANDLING_MODES} from './resource-policy.js';

const RULES = ['policy', 'warningThresholdPercent', 'sustainedViolationTimeMs'];

/** The fields of each group that are limits. */
const LIMIT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  memory: ['maxRssBytes', 'maxVirtualBytes', 'maxSwapBytes'],
  cpu: ['maxPercent', 'maxTimeMs'],
  io: ['maxReadBytesPerSecond', 'maxWriteBytesPerSecond'],
  process: ['maxProcesses', 'maxFileDescriptors'],
};

/**
 * Refuses limits and modes that would mean "no limit" without a word: a misspelt field, a policy that does not exist, a
 * limit that is no positive number. For callers without a type checker.
 * @throws RangeError
 */
export function checkLimits(limits: ResourceLimits, violationHandling: string | undefined): void {
  if (violationHandling !== undefined)
    oneOf('violationHandling', violationHandling, VIOLATION_HANDLING_MODES);
  const fields = limits as Readonly<Record<string, unknown>>;
  known('limits', fields, [...Object.keys(LIMIT_FIELDS), 'timeoutMs']);
  checkValue('timeoutMs', limits.timeoutMs);
  for (const [group, limitFields] of Object.entries(LIMIT_FIELDS)) {
    const rules = fields[group] as Readonly<Record<string, unknown>> | undefined;
    if (rules === undefined) continue;
    known(group, rules, [...limitFields, ...RULES]);
    for (const field of limitFields) checkValue(`${group}.${field}`, rules[field]);
    if (rules['policy'] !== undefined) oneOf(`${group}.policy`, rules['policy'], RESOURCE_POLICIES);
    const threshold = rules['warningThresholdPercent'];
    if (threshold !== undefined && !(isPositive(threshold) && threshold <= 100)) {
      throw new RangeError(`${group}.warningThresholdPercent must be more than 0 and at most 100`);
    }
    const sustain = rules['sustainedViolationTimeMs'];
    if (sustain !== undefined && sustain !== 0 && !isPositive(sustain)) {
      throw new RangeError(`${group}.sustainedViolationTimeMs must be a number of milliseconds`);
    }
  }
}

function checkValue(name: string, value: unknown): void {
  if (value === undefined) return;
  const steps =
    typeof value === 'number'
      ? [{value}]
      : Array.isArray(value)
        ? stepsOf(value as unknown as LimitValue)
        : [];
  if (steps.length === 0 || !steps.every((step) => isPositive(step.value))) {
    throw new RangeError(
      `${name} must be a positive number (or a list of steps), not ${JSON.stringify(value)}`,
    );
  }
  for (const {policy} of steps as {policy?: unknown}[]) {
    if (policy !== undefined) oneOf(`${name}: policy`, policy, RESOURCE_POLICIES);
  }
}

function known(where: string, fields: object, names: readonly string[]): void {
  for (const field of Object.keys(fields)) {
    if (names.includes(field)) continue;
    const near = suggest(field, names);
    throw new RangeError(
      `${where} has no field ${field}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not ${JSON.stringify(value)}`);
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
