/** How restarts are rationed. */
export interface BreakerRules {
  /** Restarts that are allowed, within the window if there is one; at 0 the breaker is open from the start. */
  readonly maxRestarts: number;
  /** Before the first restart. */
  readonly delayMs: number;
  /** Each delay is this many times the one before; at least 1. */
  readonly backoffRate: number;
  /** No delay grows beyond this. Default {@link LONGEST_RESTART_DELAY_MS}. */
  readonly maxDelayMs?: number;
  /** Each delay is longer or shorter by up to this share of it, 0 to 1, so that many runs do not restart as one. Default 0. */
  readonly jitter?: number;
  /** Only restarts of this last while count. Absent: those of the whole run. */
  readonly windowMs?: number;
  /** An attempt that lived this long is a success: count and delay begin anew. Absent: never. */
  readonly stableMs?: number;
}

/**
 * - `closed`: restarts are allowed.
 * - `open`: none is. Without a window that is final.
 * - `half-open`: a whole window has passed since the breaker opened, so one restart is allowed as a probe; or that probe
 *   is on its way. A probe that lives for the stable time (without one: for the window) closes the breaker, one that
 *   does not opens it for another window.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** No delay grows beyond this unless the rules say otherwise. */
export const LONGEST_RESTART_DELAY_MS = 300_000;

/**
 * Whether another attempt may start, and after which delay. Knows no processes, reads no clock and throws no dice: moments
 * (monotonic milliseconds) and chance are handed in.
 */
export class RestartCircuitBreaker {
  readonly #rules: BreakerRules;
  readonly #random: () => number;
  /** When the restarts since the last success begin, oldest first. */
  #restartsAtMs: number[] = [];
  /** Set while the breaker is open: from when on a probe is allowed; Infinity: never. */
  #probeFromMs: number | undefined;
  #probing = false;

  /** @param random numbers from 0 up to 1, for the jitter; without it there is none */
  constructor(rules: BreakerRules, random: () => number = () => 0.5) {
    this.#rules = rules;
    this.#random = random;
  }

  state(nowMs: number): BreakerState {
    if (this.#probeFromMs === undefined) return this.#probing ? 'half-open' : 'closed';
    return nowMs >= this.#probeFromMs ? 'half-open' : 'open';
  }

  /**
   * Asks for a restart.
   * @param livedMs how long the attempt that has ended was up
   * @param rules for this request, where those of the breaker do not fit its reason; restarts of every reason count
   * @returns the delay before the restart in milliseconds, or undefined when the breaker is open
   */
  request(nowMs: number, livedMs = 0, rules: BreakerRules = this.#rules): number | undefined {
    if (this.#probeFromMs !== undefined) {
      if (nowMs < this.#probeFromMs) return undefined;
      this.#probeFromMs = undefined;
      this.#probing = true;
      return this.#grant(nowMs, rules);
    }
    if (isSuccess(livedMs, rules, this.#probing)) {
      this.#restartsAtMs = [];
      this.#probing = false;
    }
    if (this.#probing || this.#counted(nowMs, rules) >= rules.maxRestarts) {
      this.#open(nowMs, rules);
      return undefined;
    }
    return this.#grant(nowMs, rules);
  }

  #counted(nowMs: number, {windowMs}: BreakerRules): number {
    if (windowMs === undefined) return this.#restartsAtMs.length;
    return this.#restartsAtMs.filter((atMs) => atMs > nowMs - windowMs).length;
  }

  #open(nowMs: number, {maxRestarts, windowMs}: BreakerRules): void {
    this.#probing = false;
    this.#probeFromMs = windowMs !== undefined && maxRestarts > 0 ? nowMs + windowMs : Infinity;
  }

  #grant(nowMs: number, rules: BreakerRules): number {
    const delayMs = delayAfter(this.#restartsAtMs.length, rules) * this.#jitterFactor(rules);
    this.#restartsAtMs.push(nowMs + delayMs);
    return delayMs;
  }

  #jitterFactor({jitter = 0}: BreakerRules): number {
    return jitter === 0 ? 1 : 1 + jitter * (2 * this.#random() - 1);
  }
}

/** An attempt that lived long enough wipes the slate clean. */
function isSuccess(livedMs: number, {stableMs, windowMs}: BreakerRules, probing: boolean): boolean {
  const enoughMs = stableMs ?? (probing ? windowMs : undefined);
  return enoughMs !== undefined && livedMs >= enoughMs;
}

/** The delay after so many restarts, before jitter. */
function delayAfter(restarts: number, rules: BreakerRules): number {
  const {delayMs, backoffRate, maxDelayMs = LONGEST_RESTART_DELAY_MS} = rules;
  // 0 times what has grown to Infinity would be no number.
  return delayMs === 0 ? 0 : Math.min(delayMs * backoffRate ** restarts, maxDelayMs);
}
