import {glyphsOf} from './glyphs.js';
import type {TextStyle} from './text-style.js';

/**
 * Exactly so many cells, one for each value; of more values the last ones, fewer stand at the right. What was not
 * measured is blank.
 * @param top the value that fills the height; what is higher fills it too
 */
export function sparkline(
  values: readonly (number | undefined)[],
  cells: number,
  top: number,
  style: TextStyle,
): string {
  if (cells <= 0) return '';
  const {spark} = glyphsOf(style);
  const drawn = values.slice(-cells).map((value) => {
    if (value === undefined || Number.isNaN(value)) return ' ';
    const share = top > 0 ? value / top : 0;
    const height = Math.ceil(share * spark.length) - 1;
    return spark[Math.min(spark.length - 1, Math.max(0, height))] ?? ' ';
  });
  return drawn.join('').padStart(cells);
}
