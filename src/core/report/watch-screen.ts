import type {RunView} from '../record/run-view.js';
import type {Fate} from '../store/run-store.js';
import {type Fact, factLine} from './fact-line.js';
import {glyphsOf} from './glyphs.js';
import {liveLines} from './live-columns.js';
import {liveRows} from './live-rows.js';
import {mattering, type ScreenSize, violationsFact} from './live-table.js';
import {PLAIN_PAINT} from './paint.js';
import {printable} from './printable.js';
import type {ProcessSort} from './process-tree.js';
import {clockText, commandText, statePaint, stateText, titleText} from './run-title.js';
import type {ScreenSection} from './screen-section.js';
import {shareRows} from './share-rows.js';
import {headline} from './summary.js';
import type {TextStyle} from './text-style.js';
import {clipText} from './text-width.js';
import {treeSection} from './tree-section.js';
import {attemptsSection, limitsSection, violationsSection} from './watch-sections.js';

/** What a full screen depends on besides the run. */
export interface WatchScreen {
  readonly size: ScreenSize;
  /** Since the start of the run. */
  readonly elapsedMs: number;
  readonly style: TextStyle;
  readonly fate: Fate;
  readonly sort: ProcessSort;
  /** Lines of the process tree that are above the screen. */
  readonly scroll: number;
  /** Stands in the place of the keys: a question or a message. */
  readonly bottom?: string;
}

const LEAST_USAGE_ROWS = 3;
const ROWS_WITH_HEADER = 5;
/** On lower screens the command has no line of its own when the run has a name. */
const ROWS_WITH_COMMAND = 14;

/** The full screen of `limitrun watch RUN`: exactly `size.rows` lines of at most `size.columns` cells. */
export function watchScreen(view: RunView, screen: WatchScreen): string[] {
  const {head, sections, dealt, cells, rows} = layout(view, screen);
  if (rows < 1) return [];
  // Dealt out by importance, shown in the order in which one reads.
  const [usage = [], tree = [], violations = [], limits = [], attempts = []] = sections.map(
    ({lines}, index) => (dealt[index] ? lines(dealt[index]) : []),
  );
  const parts = [usage, limits, violations, attempts, tree].filter(({length}) => length > 0);
  const used = [head, ...parts].flat();
  const isAiry = rows - used.length - 1 >= parts.length;
  const body = isAiry ? [head, ...parts.map((part) => ['', ...part])].flat() : used;
  const blank = Array.from({length: Math.max(0, rows - body.length - 1)}, () => '');
  return [...body.slice(0, rows - 1), ...blank, bottomLine(screen, cells)];
}

/** How many lines the process tree can be scrolled on this screen; more than that changes nothing. */
export function mostScroll(view: RunView, screen: WatchScreen): number {
  const {sections, dealt} = layout(view, screen);
  const rows = dealt[TREE] ?? 0;
  return rows === 0 ? 0 : Math.max(0, (sections[TREE]?.most ?? 0) - rows);
}

/** Where the process tree is among the sections. */
const TREE = 1;

interface Layout {
  readonly head: readonly string[];
  /** The most important one first, with the rows of each. */
  readonly sections: readonly ScreenSection[];
  readonly dealt: readonly number[];
  readonly cells: number;
  readonly rows: number;
}

function layout(view: RunView, screen: WatchScreen): Layout {
  const {size, style} = screen;
  const rows = Math.max(0, size.rows);
  const cells = Math.max(1, size.columns);
  const head = [factLine(headFacts(view, screen), cells, style), ...moreHeadLines(view, screen, cells)];
  const sections = sectionsOf(view, screen, cells);
  return {head, sections, dealt: shareRows(rows - head.length - 1, sections), cells, rows};
}

/** The most important one first. */
function sectionsOf(view: RunView, screen: WatchScreen, cells: number): ScreenSection[] {
  const {record} = view;
  const {style} = screen;
  const rows = liveRows(view, screen.elapsedMs);
  const usage: ScreenSection = {
    least: Math.min(LEAST_USAGE_ROWS, rows.length),
    most: rows.length + (rows.length + 1 >= ROWS_WITH_HEADER ? 1 : 0),
    lines: (count) => {
      const withHeader = count >= ROWS_WITH_HEADER;
      return liveLines(mattering(rows, count - (withHeader ? 1 : 0)), cells, style, withHeader);
    },
  };
  return [
    usage,
    treeSection(view, screen, cells, style),
    violationsSection(record, cells, style),
    limitsSection(record, cells, style),
    attemptsSection(record, record.startedAtMs + screen.elapsedMs, cells, style),
  ];
}

function headFacts(view: RunView, {elapsedMs, fate, style}: WatchScreen): Fact[] {
  const {record} = view;
  const {paint} = style;
  const last = record.attempts.at(-1);
  const attempt = last?.attempt ?? 1;
  return [
    {text: titleText(record), paint: paint.bold, rank: 2, shrinks: true},
    {text: printable(record.runId), paint: paint.dim, rank: 3},
    {text: stateText(view, fate), paint: statePaint(view, paint, fate), rank: 0},
    {text: attempt > 1 ? `attempt ${String(attempt)}` : '', rank: 5},
    {text: clockText(elapsedMs), rank: 1},
    {text: last === undefined ? '' : `pid ${String(last.pid)}`, rank: 6},
    // Below are the violations themselves.
    {...violationsFact(view, style), rank: 4},
  ];
}

/** The command where the title has the name, and how the run ended. */
function moreHeadLines(view: RunView, {size, style, fate}: WatchScreen, cells: number): string[] {
  const {record} = view;
  const {ellipsis} = glyphsOf(style);
  const {paint} = style;
  const command =
    record.name === undefined || size.rows < ROWS_WITH_COMMAND
      ? []
      : [paint.dim(clipText(commandText(record), cells, ellipsis))];
  if (record.cause === undefined || fate !== 'ended') return command;
  const outcome = clipText(headline(record, PLAIN_PAINT), cells, ellipsis);
  return [...command, record.cause.kind === 'exited' ? outcome : paint.red(outcome)];
}

function bottomLine({bottom, style, fate}: WatchScreen, cells: number): string {
  const {ellipsis} = glyphsOf(style);
  if (bottom !== undefined) return style.paint.bold(clipText(printable(bottom), cells, ellipsis));
  const keys = keysOf(fate, style);
  const long = keys.map(({key, does}) => ({key, does}));
  const fits = textOf(long).length <= cells;
  const shown = fits ? long : keys.map(({key, briefly}) => ({key, does: briefly}));
  while (shown.length > 0 && textOf(shown).length > cells) shown.pop();
  return textOf(shown, style.paint.bold);
}

interface Key {
  readonly key: string;
  readonly does: string;
  readonly briefly: string;
}

function keysOf(fate: Fate, style: TextStyle): Key[] {
  return [
    {key: 'q', does: 'quit', briefly: 'quit'},
    // What is over cannot be stopped.
    ...(fate === 'running' ? [{key: 'k', does: 'stop', briefly: 'stop'}] : []),
    {key: 'm', does: 'sort by memory', briefly: 'memory'},
    {key: 'c', does: 'sort by CPU', briefly: 'CPU'},
    {key: glyphsOf(style).arrows, does: 'scroll', briefly: 'scroll'},
  ];
}

function textOf(
  keys: readonly {readonly key: string; readonly does: string}[],
  paint: (key: string) => string = (key) => key,
): string {
  return keys.map(({key, does}) => `${paint(key)} ${does}`).join('  ');
}
