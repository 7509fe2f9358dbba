import {glyphsOf} from './glyphs.js';
import type {Paint} from './paint.js';
import type {TextStyle} from './text-style.js';

const WARNING_SHARE = 0.8;
/** Narrower bars do without the two ends. */
const NARROWEST_WITH_ENDS = 5;

/** Green, yellow from 80 % on, red above the limit. @param share 1 = the limit */
export function sharePaint(share: number, paint: Paint): (text: string) => string {
  if (share > 1) return paint.red;
  return share >= WARNING_SHARE ? paint.yellow : paint.green;
}

/**
 * A bar of exactly so many cells, its ends included. Whatever is more than nothing shows at least the smallest part of
 * a cell, and only the whole limit fills the bar.
 * @param share 1 = the limit
 */
export function shareBar(share: number, cells: number, style: TextStyle): string {
  if (cells <= 0) return '';
  const {bar, barEmpty, barLeft, barRight} = glyphsOf(style);
  const {dim} = style.paint;
  if (cells >= NARROWEST_WITH_ENDS) {
    return `${dim(barLeft)}${inner(share, cells - 2, style)}${dim(barRight)}`;
  }
  return inner(share, cells, style);

  function inner(part: number, width: number, {paint}: TextStyle): string {
    const steps = width * bar.length;
    const filled = part > 0 ? Math.min(steps, Math.max(1, Math.floor(part * steps))) : 0;
    const whole = (bar.at(-1) ?? '').repeat(Math.floor(filled / bar.length));
    const rest = bar[(filled % bar.length) - 1] ?? '';
    const empty = barEmpty.repeat(width - Math.ceil(filled / bar.length));
    const full = whole + rest;
    return `${full === '' ? '' : sharePaint(part, paint)(full)}${empty.trim() === '' ? empty : dim(empty)}`;
  }
}
