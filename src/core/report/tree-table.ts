import {limitKind} from '../limits/resource-limits.js';
import type {ViolationMember} from '../limits/resource-violation.js';
import {formatPercent, formatValue} from '../plan/units.js';
import type {RunRecord} from '../record/run-record.js';
import {type Cell, type Column, fittedTable, type TableRoom} from './fitted-table.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';

/** Who is to blame is among the first few; the report has the others. */
const MOST_SHOWN = 5;
/** Longer command lines are clipped by the table anyway. */
const LONGEST_SHOWN = 200;

/** Who was in a tree. */
export interface Members {
  readonly members: readonly ViolationMember[];
  /** How many more there were. */
  readonly omitted: number;
}

/**
 * The members of the tree with which the first critical violation began, the largest by what its limit is about first;
 * at most 80 columns. Undefined when there was none or nobody was seen.
 */
export function treeTable({violations}: RunRecord, paint: Paint): string | undefined {
  const first = violations.find(({violation}) => violation.severity === 'critical')?.violation;
  if (first?.tree === undefined) return undefined;
  const {tree, limitType, treeOmitted = 0} = first;
  const proportional =
    limitKind(limitType).group === 'memory' && tree.some(({pssBytes}) => pssBytes !== undefined);
  const header = `process when ${limitType} was exceeded`;
  return membersTable({members: tree, omitted: treeOmitted}, header, proportional, paint);
}

/**
 * The first few members of a tree; the others are counted.
 * @param header of the column of their command lines
 * @param proportional show the proportional set size where it was read
 */
export function membersTable(
  {members, omitted}: Members,
  header: string,
  proportional: boolean,
  paint: Paint,
  room: TableRoom = {},
): string {
  const columns: Column[] = [
    {header: 'pid', align: 'right'},
    {header, align: 'left', least: header.length},
    {header: proportional ? 'PSS' : 'RSS', align: 'right'},
    {header: 'CPU', align: 'right'},
    {header: 'growth', align: 'right', expendable: 1},
  ];
  const rows = members.slice(0, MOST_SHOWN).map((member) => cells(member, proportional));
  const hidden = members.length - rows.length + omitted;
  const table = fittedTable(columns, rows, paint, room);
  if (hidden === 0) return table;
  return `${table}\n${paint.dim(`… ${String(hidden)} more ${hidden === 1 ? 'process' : 'processes'}`)}`;
}

function cells(member: ViolationMember, proportional: boolean): Cell[] {
  const memory = proportional ? (member.pssBytes ?? member.rssBytes) : member.rssBytes;
  return [
    {text: String(member.pid)},
    {text: commandText(member)},
    {text: memory === undefined ? '' : formatValue(memory, 'bytes')},
    {text: member.cpuPercent === undefined ? '' : formatPercent(member.cpuPercent)},
    {text: growthText(member.growthBytesPerSecond)},
  ];
}

/** Its name and its arguments; names and arguments are text from outside. */
function commandText({name, args = []}: ViolationMember): string {
  return printable([name, ...args.slice(1)].join(' ').slice(0, LONGEST_SHOWN));
}

function growthText(bytesPerSecond: number | undefined): string {
  if (bytesPerSecond === undefined) return '';
  const text = formatValue(Math.abs(bytesPerSecond), 'bytesPerSecond');
  return bytesPerSecond < 0 ? `-${text}` : text;
}
