import {glyphsOf} from './glyphs.js';
import type {Paint} from './paint.js';
import type {TextStyle} from './text-style.js';

/** From this share of a limit on a figure is pointed out. */
export const WARNING_SHARE = 0.8;
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
  if (cells < NARROWEST_WITH_ENDS) return filling(share, Math.max(0, cells), style);
  const {barLeft, barRight} = glyphsOf(style);
  const {dim} = style.paint;
  return `${dim(barLeft)}${filling(share, cells - 2, style)}${dim(barRight)}`;
}

function filling(share: number, cells: number, style: TextStyle): string {
  const {bar, barEmpty} = glyphsOf(style);
  const {paint} = style;
  const steps = cells * bar.length;
  const filled = share > 0 ? Math.min(steps, Math.max(1, Math.floor(share * steps))) : 0;
  const whole = Math.floor(filled / bar.length);
  const full = (bar.at(-1) ?? '').repeat(whole) + (bar[(filled % bar.length) - 1] ?? '');
  const empty = barEmpty.repeat(cells - Math.ceil(filled / bar.length));
  return `${full === '' ? '' : sharePaint(share, paint)(full)}${empty.trim() === '' ? empty : paint.dim(empty)}`;
}
