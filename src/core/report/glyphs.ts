import type {TextStyle} from './text-style.js';

/** The characters that live views are drawn with, each one cell wide but the name of the arrow keys. */
export interface Glyphs {
  /** Stands where text was cut off. */
  readonly ellipsis: string;
  readonly rule: string;
  /** Between the facts of a title. */
  readonly separator: string;
  /** Parts of a cell of a bar, the smallest first, the last one a full cell. */
  readonly bar: readonly string[];
  readonly barEmpty: string;
  readonly barLeft: string;
  readonly barRight: string;
  /** Heights of a sparkline, the lowest first. */
  readonly spark: readonly string[];
  /** What a process of a tree hangs on: of one with later siblings, of the last one, and the line past them. */
  readonly branch: string;
  readonly lastBranch: string;
  readonly trunk: string;
  readonly arrows: string;
}

const UNICODE: Glyphs = {
  ellipsis: '…',
  rule: '─',
  separator: '·',
  bar: Array.from('▏▎▍▌▋▊▉█'),
  barEmpty: ' ',
  barLeft: '▕',
  barRight: '▏',
  spark: Array.from('▁▂▃▄▅▆▇█'),
  branch: '├',
  lastBranch: '└',
  trunk: '│',
  arrows: '↑↓',
};

const ASCII: Glyphs = {
  ellipsis: '~',
  rule: '-',
  separator: '|',
  bar: ['#'],
  barEmpty: '.',
  barLeft: '[',
  barRight: ']',
  spark: Array.from('_.-=+*#'),
  branch: '|',
  lastBranch: '`',
  trunk: '|',
  arrows: 'up/down',
};

/** The characters a terminal of this style can show. */
export function glyphsOf({unicode}: TextStyle): Glyphs {
  return unicode ? UNICODE : ASCII;
}
