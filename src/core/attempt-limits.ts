import {raisedLimits, type LimitRaise} from './limits/raised-limits.js';
import {limitsSet, type ResourceLimits} from './limits/resource-limits.js';
import type {AttemptLimit} from './record/run-event.js';
import {raisedText} from './report/raised-text.js';

/** The limits of the attempt that runs or is to come: policy `restart_adjusted` raises them from one to the next. */
export class AttemptLimits {
  #current: ResourceLimits;

  constructor(
    limits: ResourceLimits,
    private readonly raise: LimitRaise,
  ) {
    this.#current = limits;
  }

  get current(): ResourceLimits {
    return this.#current;
  }

  /** As a run event tells them, one entry for each step. */
  told(): AttemptLimit[] {
    return limitsSet(this.#current).map(({kind, value}) => ({limitType: kind.type, limitValue: value}));
  }

  /**
   * Raises the limit whose violation has ended an attempt, if the policy of the broken step says so.
   * @returns what to say about it; undefined for nothing
   */
  raiseAfter(broken: AttemptLimit, nextAttempt: number): string | undefined {
    const {limitType, limitValue} = broken;
    const steps = () => limitsSet(this.#current).filter(({kind}) => kind.type === limitType);
    const index = steps().findIndex(({value}) => value === limitValue);
    const before = steps()[index];
    if (before?.policy !== 'restart_adjusted') return undefined;
    this.#current = raisedLimits(this.#current, broken, this.raise);
    return raisedText(before, steps()[index]?.value ?? before.value, nextAttempt);
  }
}

/** What still holds when nothing is sampled. */
export function timeoutOnly(limits: ResourceLimits): ResourceLimits {
  return limits.timeoutMs === undefined ? {} : {timeoutMs: limits.timeoutMs};
}
