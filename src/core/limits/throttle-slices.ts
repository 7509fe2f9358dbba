/** How much CPU time a throttled tree has left, and how much it would take. Milliseconds of CPU time and cores. */
export interface ThrottleLedger {
  /** CPU time allowed so far less CPU time used so far, ms; negative: a debt. */
  readonly balanceMs: number;
  /** What the tree uses while it may run: CPU time per time, so 1 is one core. */
  readonly demandCores: number;
}

/** What happened between two looks at the tree's CPU time. */
export interface ThrottleLook {
  /** Time since the look before, ms. */
  readonly elapsedMs: number;
  /** The part of it during which the tree was not stopped, ms. */
  readonly ranMs: number;
  /** CPU time the tree used meanwhile, members that have ended included, ms. */
  readonly usedMs: number;
  /** CPU time that it wanted besides and was not given by the kernel, ms. */
  readonly deniedMs: number;
}

/** The tree is stopped for `stopMs`, then runs for `runMs`. */
export interface Slice {
  readonly runMs: number;
  readonly stopMs: number;
}

/** One run and one stop together, unless the tree is so large that signalling it takes long. */
export const SHORTEST_PERIOD_MS = 100;
const LONGEST_PERIOD_MS = 1000;
/** Stopping and waking the tree may take up to this share of limitrun's time. */
const COST_SHARE = 1 / 20;
/** Timers and signals are not exact enough for less. */
const SHORTEST_RUN_MS = 5;
const SHORTEST_STOP_MS = 2;
/** However little is left for it, the tree gets to run again after this long. */
export const LONGEST_STOP_MS = 2000;
/** A debt or a credit is made up for within about this time. */
const SETTLE_MS = 1000;
/** Unused time is kept for this long: as long as the window over which the percentage is judged. */
const MOST_CREDIT_MS = 1000;
/** Of a debt no more is remembered than the allowance of this long. */
const MOST_DEBT_MS = 10_000;
/** While a debt is made up for the tree still gets this part of its share. */
const LEAST_SHARE = 0.1;
/** The estimate of the demand follows what was seen over about this much running time. */
const DEMAND_MEMORY_MS = 200;
const LEAST_WEIGHT = 0.1;

/**
 * The ledger at the moment a violation begins: what was used too much during the second over which it was judged is
 * a debt, so that the average holds for the time before too.
 * @param usedPercent and wantedPercent: 100 is one core
 */
export function openLedger(usedPercent: number, wantedPercent: number): ThrottleLedger {
  const demandCores = usedPercent / 100;
  const wantedCores = wantedPercent / 100;
  return {balanceMs: bounded((wantedCores - demandCores) * 1000, wantedCores), demandCores};
}

/** Books what happened since the last look. */
export function account(ledger: ThrottleLedger, look: ThrottleLook, wantedCores: number): ThrottleLedger {
  const {elapsedMs, ranMs, usedMs, deniedMs} = look;
  const balanceMs = bounded(ledger.balanceMs + wantedCores * elapsedMs - usedMs, wantedCores);
  if (ranMs <= 0) return {...ledger, balanceMs};
  const weight = Math.max(LEAST_WEIGHT, 1 - Math.exp(-ranMs / DEMAND_MEMORY_MS));
  const demandCores = ledger.demandCores + ((usedMs + deniedMs) / ranMs - ledger.demandCores) * weight;
  return {balanceMs, demandCores};
}

/** What the tree may use from now on, CPU time per time: its share, and a part of what is owed to it or by it. */
export function shareOf({balanceMs}: ThrottleLedger, wantedCores: number): number {
  return Math.max(wantedCores + balanceMs / SETTLE_MS, wantedCores * LEAST_SHARE);
}

/**
 * How long the tree is stopped and how long it runs next. In a period it gets its share, and a part of what is owed to
 * it or by it; the integral of what was really used decides, so that the average converges whatever the signals and
 * timers do. A tree that wants no more than it may have is not stopped at all (`stopMs` 0).
 * @param lateMs for how much longer than asked the tree runs, since timers and signals are late: it is stopped for
 * longer too, or one that has a debt would use more than what it still gets
 */
export function nextSlice(ledger: ThrottleLedger, wantedCores: number, periodMs: number, lateMs = 0): Slice {
  const cores = shareOf(ledger, wantedCores);
  if (ledger.demandCores <= cores) return {runMs: periodMs, stopMs: 0};
  const runShare = cores / ledger.demandCores;
  const reallyMs = Math.max(SHORTEST_RUN_MS + lateMs, periodMs * runShare);
  const stopMs = Math.min(LONGEST_STOP_MS, reallyMs / runShare - reallyMs);
  return stopMs < SHORTEST_STOP_MS ? {runMs: periodMs, stopMs: 0} : {runMs: reallyMs - lateMs, stopMs};
}

/** @param costMs what stopping and waking the tree once has taken */
export function periodFor(costMs: number): number {
  return Math.min(LONGEST_PERIOD_MS, Math.max(SHORTEST_PERIOD_MS, costMs / COST_SHARE));
}

function bounded(balanceMs: number, wantedCores: number): number {
  return Math.min(wantedCores * MOST_CREDIT_MS, Math.max(-wantedCores * MOST_DEBT_MS, balanceMs));
}
