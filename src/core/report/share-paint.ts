import type {Paint} from './paint.js';

const WARNING_SHARE_PERCENT = 80;
const FULL_SHARE_PERCENT = 100;

/** The colour of a share of a limit, percent: yellow near it, red above it, else none. */
export function sharePaint(percent: number, paint: Paint): ((text: string) => string) | undefined {
  if (percent > FULL_SHARE_PERCENT) return paint.red;
  return percent > WARNING_SHARE_PERCENT ? paint.yellow : undefined;
}
