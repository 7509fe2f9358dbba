/** Fewer characters would soon begin the id of a run that is not in the list. */
const LEAST = 6;

/** How many characters of their ids tell these runs apart, so that what is shown can be typed back. */
export function shortIdLength(runIds: readonly string[]): number {
  const longest = Math.max(LEAST, ...runIds.map((id) => id.length));
  for (let length = LEAST; length < longest; length += 1) {
    if (new Set(runIds.map((id) => id.slice(0, length))).size === runIds.length) return length;
  }
  return longest;
}
