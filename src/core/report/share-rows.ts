/** A part of a screen that can be shown in more or fewer rows. */
export interface RowsWanted {
  /** With fewer it is left out. */
  readonly least: number;
  readonly most: number;
}

/**
 * Deals the rows of a screen out to its parts, the most important one first: to each its least, as far as that goes,
 * then row by row in turn.
 * @returns rows for each part, 0 for one that is left out
 */
export function shareRows(rows: number, parts: readonly RowsWanted[]): number[] {
  let left = rows;
  const dealt = parts.map(({least, most}) => {
    const first = most < 1 || least > left ? 0 : Math.min(least, most);
    left -= first;
    return first;
  });
  for (let before = -1; left > 0 && left !== before;) {
    before = left;
    for (const [index, {most}] of parts.entries()) {
      const has = dealt[index] ?? 0;
      if (left === 0 || has === 0 || has >= most) continue;
      dealt[index] = has + 1;
      left -= 1;
    }
  }
  return dealt;
}
