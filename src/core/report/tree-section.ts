import type {ViolationMember} from '../limits/resource-violation.js';
import {formatPercent, formatValue} from '../plan/units.js';
import type {RunView} from '../record/run-view.js';
import {glyphsOf} from './glyphs.js';
import {printable} from './printable.js';
import {memoryOf, type ProcessSort, processTree, type TreeLine} from './process-tree.js';
import {type ScreenSection, sectionTitle} from './screen-section.js';
import {shareText} from './progress-line.js';
import type {TextStyle} from './text-style.js';
import {clipText, padText, textWidth} from './text-width.js';

/** Longer command lines are clipped anyway. */
const LONGEST_COMMAND = 1000;
/** Of the room for the command so much may be taken by the lines it hangs on. */
const STEM_PART = 0.5;
const GAP = '  ';
const WIDTHS = {pid: 7, memory: 10, share: 5, cpu: 7} as const;
/** From so many cells on all columns are shown; below it not the share, then not the CPU. */
const CELLS_WITH_SHARE = 48;
const CELLS_WITH_CPU = 34;

/** What the process tree depends on besides the run. */
export interface TreeOptions {
  readonly sort: ProcessSort;
  /** Lines above the screen. */
  readonly scroll: number;
}

/** Of its rows so many are not for processes. */
const TREE_HEAD_ROWS = 2;

/** The processes of the run as a tree, scrolled. */
export function treeSection(
  {tree, usage}: RunView,
  {sort, scroll}: TreeOptions,
  cells: number,
  style: TextStyle,
): ScreenSection {
  if (tree === undefined) return {least: 0, most: 0, lines: () => []};
  const {members, omitted} = tree;
  const proportional = members.length > 0 && members.every(({pssBytes}) => pssBytes !== undefined);
  // What is told of the whole tree, since the smallest processes are left out; a moment older or newer than these.
  const whole = proportional ? usage?.memory.pssBytes : usage?.memory.rssBytes;
  const all = Math.max(
    whole ?? 0,
    members.reduce((sum, member) => sum + (memoryOf(member, proportional) ?? 0), 0),
  );
  const weightOf = (member: ViolationMember) =>
    (sort === 'cpu' ? member.cpuPercent : memoryOf(member, proportional)) ?? -1;
  const lines = processTree(members, weightOf, glyphsOf(style)).map((line) =>
    processLine(line, proportional, all, cells, style),
  );
  const count = lines.length;
  if (omitted > 0) lines.push(omittedLine(omitted, cells, style));
  return {
    least: TREE_HEAD_ROWS + 1,
    most: lines.length + TREE_HEAD_ROWS,
    lines: (rows) => {
      const room = Math.max(0, rows - TREE_HEAD_ROWS);
      const first = Math.max(0, Math.min(scroll, lines.length - room));
      const shown = lines.slice(first, first + room);
      const isAll = shown.length === lines.length && omitted === 0;
      const last = Math.min(count, first + shown.length);
      const range = shown.length === 1 ? String(last) : `${String(first + 1)}-${String(last)}`;
      return [
        sectionTitle(
          'processes',
          [
            {text: `by ${sort === 'cpu' ? 'CPU' : 'memory'}`, rank: 1},
            {text: isAll ? '' : `${range} of ${String(count + omitted)}`, rank: 2},
          ],
          cells,
          style,
        ),
        headerLine(proportional, cells, style),
        ...shown,
      ].slice(0, rows);
    },
  };
}

/** Only the largest are told. */
function omittedLine(omitted: number, cells: number, style: TextStyle): string {
  const {ellipsis} = glyphsOf(style);
  const text = `${ellipsis} ${String(omitted)} smaller ${omitted === 1 ? 'one' : 'ones'}`;
  return style.paint.dim(clipText(text, cells, ellipsis));
}

function headerLine(proportional: boolean, cells: number, {paint}: TextStyle): string {
  const texts = ['pid', proportional ? 'PSS' : 'RSS', 'share', 'CPU'];
  const head = columns(texts, cells);
  return paint.dim(clipText(`${head}${GAP}command`, cells));
}

function processLine(
  {member, stem}: TreeLine,
  proportional: boolean,
  all: number,
  cells: number,
  style: TextStyle,
): string {
  const memory = memoryOf(member, proportional);
  const {pid, cpuPercent} = member;
  const head = columns(
    [
      String(pid),
      memory === undefined ? '-' : formatValue(memory, 'bytes'),
      memory === undefined || all === 0 ? '-' : shareText(memory / all),
      cpuPercent === undefined ? '-' : formatPercent(cpuPercent),
    ],
    cells,
  );
  const {ellipsis} = glyphsOf(style);
  const room = cells - textWidth(head) - GAP.length;
  if (room < 1) return clipText(head, cells, ellipsis);
  const longest = Math.floor(room * STEM_PART);
  const lines = stem.length <= longest ? stem : ellipsis + stem.slice(stem.length - longest + 1);
  const command = clipText(commandText(member), room - lines.length, ellipsis);
  return `${head}${GAP}${style.paint.dim(lines)}${command}`;
}

function columns([pid = '', memory = '', share = '', cpu = '']: readonly string[], cells: number): string {
  const texts = [padText(pid, WIDTHS.pid, 'right'), padText(memory, WIDTHS.memory, 'right')];
  if (cells >= CELLS_WITH_SHARE) texts.push(padText(share, WIDTHS.share, 'right'));
  if (cells >= CELLS_WITH_CPU) texts.push(padText(cpu, WIDTHS.cpu, 'right'));
  return texts.join(GAP);
}

/** Its name and its arguments; names and arguments are text from outside. */
function commandText({name, args = []}: ViolationMember): string {
  return printable([name, ...args.slice(1)].join(' ').slice(0, LONGEST_COMMAND));
}
