import stringWidth from 'string-width';

const ASCII = /^[\u0020-\u007e]*$/;
/** No character of a terminal is wider, of however many code points it is made. */
const WIDEST = 2;

/** Made when it is first needed: that takes longer than most tables, which are ASCII. */
let segmenter: Intl.Segmenter | undefined;

function clustersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', {granularity: 'grapheme'});
  return segmenter.segment(text);
}

/** How many cells of a terminal the text takes. @param text printable and not painted yet */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const {segment} of clustersOf(text)) cells += clusterWidth(segment);
  return cells;
}

/**
 * The text in at most so many cells: what does not fit is cut off, never in the middle of a character, and `ending`
 * stands in its place.
 * @param text printable and not painted yet, so that no colour is left open
 * @param ending one cell
 */
export function clipText(text: string, cells: number, ending = '…'): string {
  if (cells <= 0) return '';
  if (text.length <= cells && ASCII.test(text)) return text;
  let kept = '';
  let width = 0;
  for (const {segment} of clustersOf(text)) {
    width += clusterWidth(segment);
    if (width > cells) return `${clipped(kept, cells - 1)}${ending}`;
    kept += segment;
  }
  return kept;
}

/** The text with spaces up to so many cells; one that is longer stays as it is. */
export function padText(text: string, cells: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, cells - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** The clusters that fit, nothing in the place of the others. */
function clipped(text: string, cells: number): string {
  let kept = '';
  let width = 0;
  for (const {segment} of clustersOf(text)) {
    width += clusterWidth(segment);
    if (width > cells) break;
    kept += segment;
  }
  return kept;
}

function clusterWidth(cluster: string): number {
  // Emoji, or what U+FE0F turns into one: here the marks and joiners belong to the picture. Elsewhere combining marks and
  // invisible format characters take no cell, but for the soft hyphen, which terminals show.
  const isPicture = /[\ufe0f\p{Extended_Pictographic}]/u.test(cluster);
  const visible = isPicture ? cluster : cluster.replace(/(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}]/gu, '');
  return Math.min(WIDEST, stringWidth(visible));
}
