import type {LimitUnit} from '../limits/resource-limits.js';
import {formatValue} from '../plan/units.js';
import {shareBar, sharePaint, WARNING_SHARE} from './bar.js';
import {glyphsOf} from './glyphs.js';
import type {LiveRow} from './live-rows.js';
import {shareText} from './progress-line.js';
import {sparkline} from './sparkline.js';
import type {TextStyle} from './text-style.js';
import {clipText, textWidth} from './text-width.js';

type Name = 'label' | 'now' | 'peak' | 'limit' | 'bar' | 'share' | 'spark';
type Widths = Partial<Record<Name, number>>;

const ORDER: readonly Name[] = ['label', 'now', 'peak', 'limit', 'bar', 'share', 'spark'];
const HEADERS: Readonly<Record<Name, string>> = {
  label: '',
  now: 'now',
  peak: 'peak',
  limit: 'limit',
  bar: '',
  share: '',
  spark: 'last minute',
};
const GAP = '  ';

/** What goes when there is no room, and in which order; `short`: the labels shrink. */
const FORGONE = ['spark', 'bar', 'peak', 'short', 'share', 'limit'] as const;

const LEAST_LABEL = 3;
const LEAST_BAR = 8;
const MOST_BAR = 40;
const LEAST_SPARK = 11;
/** A cell for each second. */
const MOST_SPARK = 60;
const SHARE = 4;

/** Room for most values of a unit, so that the columns stay where they are while the values change. */
const USUAL_WIDTH: Readonly<Record<LimitUnit, number>> = {
  bytes: '1023.9 MiB'.length,
  bytesPerSecond: '1023.9 KiB/s'.length,
  percent: '100.0%'.length,
  ms: '10 m 00 s'.length,
  count: 3,
};

/** The rows as a table of at most so many cells; where it gets narrow one column after the other is left out. */
export function liveLines(
  rows: readonly LiveRow[],
  cells: number,
  style: TextStyle,
  withHeader: boolean,
): string[] {
  if (rows.length === 0) return [];
  const {widths, short} = layout(rows, cells);
  const lines = rows.map((row) => line(row, widths, short, style));
  return withHeader ? [headerLine(widths, style), ...lines] : lines;
}

function layout(rows: readonly LiveRow[], cells: number): {widths: Widths; short: boolean} {
  const forgone = new Set<(typeof FORGONE)[number]>();
  let widths = leastWidths(rows, forgone);
  for (const next of FORGONE) {
    if (total(widths) <= cells) break;
    forgone.add(next);
    widths = leastWidths(rows, forgone);
  }
  const excess = total(widths) - cells;
  if (excess > 0) widths = {...widths, label: Math.max(LEAST_LABEL, (widths.label ?? 0) - excess)};
  if (total(widths) > cells) widths = {now: Math.min(widths.now ?? 0, cells)};
  return {widths: widened(widths, cells - total(widths)), short: forgone.has('short')};
}

function leastWidths(rows: readonly LiveRow[], forgone: ReadonlySet<string>): Widths {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(textWidth));
  const usual = Math.max(...rows.map(({unit}) => USUAL_WIDTH[unit]));
  const limits = rows.filter(({limit}) => limit !== undefined);
  const wanted: Record<Name, number> = {
    label: widest(rows.map((row) => labelText(row, forgone.has('short')))),
    now: Math.max(usual, widest(rows.map(nowText))),
    peak: rows.some(({hasPeak}) => hasPeak) ? Math.max(usual, widest(rows.map(peakText))) : 0,
    limit: limits.length === 0 ? 0 : Math.max(HEADERS.limit.length, widest(limits.map(limitText))),
    bar: limits.length === 0 ? 0 : LEAST_BAR,
    share: limits.length === 0 ? 0 : Math.max(SHARE, widest(limits.map(shareOf))),
    spark: rows.some(({series}) => series(1).length > 0) ? LEAST_SPARK : 0,
  };
  return Object.fromEntries(
    ORDER.filter((name) => wanted[name] > 0 && !forgone.has(name)).map((name) => [name, wanted[name]]),
  );
}

/** What is left over goes to the bar and to the sparkline. */
function widened(widths: Widths, extra: number): Widths {
  const {bar, spark} = widths;
  if (extra <= 0) return widths;
  const forBar =
    bar === undefined ? 0 : Math.min(MOST_BAR - bar, spark === undefined ? extra : Math.ceil(extra / 2));
  const forSpark = spark === undefined ? 0 : Math.min(MOST_SPARK - spark, extra - forBar);
  return {
    ...widths,
    ...(bar !== undefined && {bar: bar + forBar}),
    ...(spark !== undefined && {spark: spark + forSpark}),
  };
}

function total(widths: Widths): number {
  const all = Object.values(widths);
  return all.reduce((sum, width) => sum + width, GAP.length * (all.length - 1));
}

function headerLine(widths: Widths, style: TextStyle): string {
  return joined(widths, (name, width) =>
    cell(
      HEADERS[name],
      width,
      name === 'label' || name === 'spark' ? 'left' : 'right',
      style,
      style.paint.dim,
    ),
  );
}

function line(row: LiveRow, widths: Widths, short: boolean, style: TextStyle): string {
  const {paint} = style;
  const {share, limit} = row;
  const shareTone = share !== undefined && share >= WARNING_SHARE ? sharePaint(share, paint) : undefined;
  return joined(widths, (name, width) => {
    switch (name) {
      case 'label':
        return cell(labelText(row, short), width, 'left', style);
      case 'now':
        return cell(nowText(row), width, 'right', style, row.now === undefined ? paint.dim : paint.bold);
      case 'peak':
        return cell(peakText(row), width, 'right', style);
      case 'limit':
        return cell(limitText(row), width, 'right', style);
      case 'bar':
        return limit === undefined ? ' '.repeat(width) : shareBar(share ?? 0, width, style);
      case 'share':
        return cell(shareOf(row), width, 'right', style, shareTone);
      case 'spark': {
        const series = row.series(width);
        if (row.limit !== undefined) return sparkline(series, width, row.top, style);
        return paint.dim(sparkline(series, width, row.top, style));
      }
    }
  });
}

function joined(widths: Widths, cellOf: (name: Name, width: number) => string): string {
  return ORDER.flatMap((name) => {
    const width = widths[name];
    return width === undefined ? [] : [cellOf(name, width)];
  })
    .join(GAP)
    .trimEnd();
}

/** The text in exactly so many cells; painted before it is padded, so that the space at the end can go. */
function cell(
  text: string,
  width: number,
  align: 'left' | 'right',
  style: TextStyle,
  paint: (text: string) => string = (plain) => plain,
): string {
  const shown = clipText(text, width, glyphsOf(style).ellipsis);
  const space = ' '.repeat(width - textWidth(shown));
  const painted = shown === '' ? '' : paint(shown);
  return align === 'left' ? painted + space : space + painted;
}

function labelText({label, shortLabel}: LiveRow, short: boolean): string {
  return short ? shortLabel : label;
}

function nowText({now, unit}: LiveRow): string {
  return now === undefined ? '-' : formatValue(now, unit);
}

function peakText({hasPeak, peak, unit}: LiveRow): string {
  if (!hasPeak) return '';
  return peak === undefined ? '-' : formatValue(peak, unit);
}

function limitText({limit, unit}: LiveRow): string {
  return limit === undefined ? '' : formatValue(limit, unit);
}

function shareOf({share}: LiveRow): string {
  return share === undefined ? '' : shareText(share);
}
