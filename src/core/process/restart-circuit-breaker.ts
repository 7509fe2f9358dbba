/** How restarts are rationed. */
export interface BreakerRules {
  /** Restarts after the first attempt; at 0 the breaker is open from the start. */
  readonly maxRestarts: number;
  readonly delayMs: number;
  /** Each delay is this many times the one before; at least 1. */
  readonly backoffRate: number;
}

/** No delay grows beyond this. */
export const LONGEST_RESTART_DELAY_MS = 300_000;

/**
 * Whether another attempt may start, and after which delay. Knows no processes and reads no clock.
 */
export class RestartCircuitBreaker {
  #restarts = 0;

  constructor(private readonly rules: BreakerRules) {}

  /** Asks for a restart. @returns the delay before it, or undefined when the breaker is open */
  request(): number | undefined {
    if (this.#restarts >= this.rules.maxRestarts) return undefined;
    const {delayMs, backoffRate} = this.rules;
    const delay = delayMs === 0 ? 0 : delayMs * backoffRate ** this.#restarts;
    this.#restarts += 1;
    return Math.min(delay, LONGEST_RESTART_DELAY_MS);
  }
}
