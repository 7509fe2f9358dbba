/** What is assumed of a program that nothing is known about, bytes per millisecond. */
export const FAST_GROWTH_PER_MS = 2 ** 30 / 1000;

/** Processes or files a millisecond, likewise. */
export const FAST_SPAWNS_PER_MS = 2;
/** Nobody looks more often than this, milliseconds. */
export const SHORTEST_GAP_MS = 1;

/** A look that comes this soon, milliseconds, may rely on one program that nothing is known about. */
export const SHORT_GAP_MS = 100;
/** One that comes later has to be in time for so many of them that begin at once. */
const PROGRAMS_AT_ONCE = 4;

/**
 * How long until a figure can have grown by its headroom, milliseconds: by the faster of what a fast program could do
 * (several, where that is long) and one and a half times what was observed.
 */
export function gapUntil(headroom: number, fastestPerMs: number, observedPerMs: number): number {
  const gapAt = (perMs: number): number => headroom / Math.max(perMs, 1.5 * observedPerMs);
  const gapMs = gapAt(fastestPerMs);
  return gapMs <= SHORT_GAP_MS ? gapMs : Math.max(SHORT_GAP_MS, gapAt(PROGRAMS_AT_ONCE * fastestPerMs));
}
