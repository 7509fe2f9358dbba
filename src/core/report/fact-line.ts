import {glyphsOf} from './glyphs.js';
import type {TextStyle} from './text-style.js';
import {clipText, textWidth} from './text-width.js';

/** One of the facts of a line. */
export interface Fact {
  /** Without control characters. */
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** Of the facts that do not all fit, the one with the highest rank is left out first. */
  readonly rank: number;
  /** Is clipped, down to some cells, before anything is left out. */
  readonly shrinks?: true;
}

/** What is left of a text that was clipped must still tell something. */
const LEAST_CELLS = 8;
/** Rule and space before the first fact. */
const LEAD = 3;

/** Facts on a rule that goes on to the end of the line: exactly so many cells. */
export function factLine(facts: readonly Fact[], cells: number, style: TextStyle): string {
  const {rule, separator, ellipsis} = glyphsOf(style);
  const {dim} = style.paint;
  const gap = ` ${separator} `;
  const room = cells - LEAD;
  const kept = fitting(facts, room, gap.length);
  if (kept.length === 0 || room < 1) return dim(rule.repeat(Math.max(0, cells)));
  const excess = lineWidth(kept, gap.length, textWidth) - room;
  const shown = kept.map((fact) => {
    const clips = excess > 0 && (fact.shrinks === true || kept.length === 1);
    const text = clips ? clipText(fact.text, textWidth(fact.text) - excess, ellipsis) : fact.text;
    return {text, paint: fact.paint ?? ((plain: string) => plain)};
  });
  const width = shown.reduce((total, {text}) => total + textWidth(text), gap.length * (shown.length - 1));
  const rest = room - width - 1;
  const line = shown.map(({text, paint}) => paint(text)).join(dim(gap));
  return `${dim(rule.repeat(LEAD - 1))} ${line}${rest > 0 ? ` ${dim(rule.repeat(rest))}` : ''}`;
}

function fitting(facts: readonly Fact[], room: number, gap: number): readonly Fact[] {
  let kept = facts.filter(({text}) => text !== '');
  while (kept.length > 1 && lineWidth(kept, gap, leastWidth) > room) {
    const last = Math.max(...kept.map(({rank}) => rank));
    const left = kept.findLastIndex(({rank}) => rank === last);
    kept = kept.filter((_fact, index) => index !== left);
  }
  return kept;

  function leastWidth(text: string, shrinks: boolean): number {
    const width = textWidth(text);
    return shrinks ? Math.min(width, LEAST_CELLS) : width;
  }
}

function lineWidth(
  facts: readonly Fact[],
  gap: number,
  widthOf: (text: string, shrinks: boolean) => number,
): number {
  return facts.reduce(
    (total, {text, shrinks}) => total + widthOf(text, shrinks === true),
    gap * Math.max(0, facts.length - 1),
  );
}
