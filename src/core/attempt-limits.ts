import {raisedLimits, type LimitRaise} from './limits/raised-limits.js';
import {limitsSet, type ResourceLimits} from './limits/resource-limits.js';
import type {AttemptLimit, EndCause} from './record/run-event.js';
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

  /** As a run event tells them. */
  told(): AttemptLimit[] {
    return limitsSet(this.#current).map(({kind, value}) => ({limitType: kind.type, limitValue: value}));
  }

  /**
   * Raises the limit for which an attempt has ended, if its policy says so.
   * @returns what to say about it; undefined for nothing
   */
  raiseAfter(cause: EndCause, nextAttempt: number): string | undefined {
    if (cause.kind !== 'violation') return undefined;
    const find = () => limitsSet(this.#current).find(({kind}) => kind.type === cause.limitType);
    const before = find();
    if (before?.policy !== 'restart_adjusted') return undefined;
    this.#current = raisedLimits(this.#current, cause.limitType, this.raise);
    return raisedText(before, find()?.value ?? before.value, nextAttempt);
  }
}
