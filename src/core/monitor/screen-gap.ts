/** What is assumed of programs that nothing is known about, bytes per millisecond: 4 GiB/s. */
export const FAST_GROWTH_PER_MS = (4 * 2 ** 30) / 1000;

/** Processes or files a millisecond, likewise. */
const FAST_SPAWNS_PER_MS = 2;
/** Nobody looks more often than this, milliseconds. */
export const SHORTEST_GAP_MS = 1;

/** A look that comes this soon, milliseconds, may rely on one program that nothing is known about. */
export const SHORT_GAP_MS = 100;
/** One that comes later has to be in time for so many of them that begin at once. */
const PROGRAMS_AT_ONCE = 4;

/**
 * How long until a figure can have grown by its headroom, milliseconds: by the faster of what fast programs could do and
 * one and a half times what was observed.
 */
export function gapUntil(headroom: number, fastestPerMs: number, observedPerMs: number): number {
  return headroom / Math.max(fastestPerMs, 1.5 * observedPerMs);
}

/** As {@link gapUntil}, for processes or files: by several fast programs, where it would be long. */
export function gapUntilCount(headroom: number, observedPerMs: number): number {
  const gapMs = gapUntil(headroom, FAST_SPAWNS_PER_MS, observedPerMs);
  if (gapMs <= SHORT_GAP_MS) return gapMs;
  return Math.max(SHORT_GAP_MS, gapUntil(headroom, PROGRAMS_AT_ONCE * FAST_SPAWNS_PER_MS, observedPerMs));
}
