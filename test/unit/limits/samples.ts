import {limitsSet, type Limit, type ResourceLimits} from '../../../src/core/limits/resource-limits.js';
import type {EndedViolation, ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {ResourceViolationChecker} from '../../../src/core/limits/resource-violation-checker.js';
import type {ResourceUsage} from '../../../src/core/monitor/resource-usage.js';

type Figures = Partial<Pick<ResourceUsage, 'memory' | 'cpu' | 'io' | 'process'>>;

/** A usage that tells the given figures and nothing else. */
export function usageAt(atMs: number, figures: Figures = {}): ResourceUsage {
  return {
    atMs,
    timestampMs: 1_000_000 + atMs,
    source: 'procfs',
    memory: {},
    cpu: {},
    io: {},
    process: {},
    ...figures,
  };
}

/** The only limit that is set. */
export function onlyLimit(limits: ResourceLimits): Limit {
  const [limit] = limitsSet(limits);
  if (limit === undefined) throw new Error('no limit is set');
  return limit;
}

/** Judges usages one after the other. */
export class Judge {
  readonly checker: ResourceViolationChecker;
  state;

  constructor(limits: ResourceLimits) {
    this.checker = new ResourceViolationChecker(limitsSet(limits));
    this.state = this.checker.begin();
  }

  look(
    atMs: number,
    figures: Figures,
  ): {
    begun: readonly ResourceViolation[];
    ended: readonly EndedViolation[];
    outgrown: readonly ResourceViolation[];
  } {
    const {state, ...told} = this.checker.check(usageAt(atMs, figures), this.state);
    this.state = state;
    return told;
  }

  /** What a look tells, in short: `+critical max_rss 9` begins, `-subsided max_rss` ends, `!max_rss` has outgrown. */
  tell(atMs: number, figures: Figures): string[] {
    const {begun, ended, outgrown} = this.look(atMs, figures);
    return [
      ...ended.map(({how, violation}) => `-${how} ${violation.severity} ${violation.limitType}`),
      ...begun.map(
        ({severity, limitType, currentValue}) => `+${severity} ${limitType} ${String(currentValue)}`,
      ),
      ...outgrown.map(({limitType}) => `!${limitType}`),
    ];
  }
}
