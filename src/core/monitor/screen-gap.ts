/** What is assumed of a program that nothing is known about, bytes per millisecond. */
export const FAST_GROWTH_PER_MS = 2 ** 30 / 1000;

/** Processes or files a millisecond, likewise. */
export const FAST_SPAWNS_PER_MS = 2;
/** Nobody looks more often than this, milliseconds. */
export const SHORTEST_GAP_MS = 1;

/**
 * How long until a figure can have grown by its headroom, milliseconds: by the faster of what a fast program could do
 * and one and a half times what was observed.
 */
export function gapUntil(headroom: number, fastestPerMs: number, observedPerMs: number): number {
  return headroom / Math.max(fastestPerMs, 1.5 * observedPerMs);
}
