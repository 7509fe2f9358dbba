import {formatDuration, formatValue} from '../plan/units.js';
import type {RunRecord, ViolationRecord} from '../record/run-record.js';
import {type Cell, type Column, fittedTable, type TableRoom} from './fitted-table.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';

const COLUMNS: readonly Column[] = [
  {header: 'time', align: 'right'},
  {header: 'limit', align: 'left', least: 7},
  {header: 'value', align: 'right'},
  {header: 'limit value', align: 'right', least: 9, expendable: 2},
  {header: 'severity', align: 'left'},
  {header: 'policy', align: 'left', least: 8, expendable: 3},
  {header: 'action', align: 'left', least: 6, expendable: 1},
];

/** Rows shown at either end of a long list: the table is for a glance, the report holds the rest. */
const SHOWN_AT_EITHER_END = 10;

/**
 * The violations of the run in the order in which they began; undefined when there are none. The
 * value is the highest of the episode. Of a great many the first and the last are shown and the rest is counted.
 */
export function violationsTable(record: RunRecord, paint: Paint, room: TableRoom = {}): string | undefined {
  const {violations, startedAtMs} = record;
  if (violations.length === 0) return undefined;
  const all = violations.length <= 2 * SHOWN_AT_EITHER_END;
  const shown = all
    ? violations
    : [...violations.slice(0, SHOWN_AT_EITHER_END), ...violations.slice(-SHOWN_AT_EITHER_END)];
  const rows = shown.map((violation) => cells(violation, startedAtMs, paint));
  const [header = '', ...lines] = fittedTable(COLUMNS, rows, paint, room).split('\n');
  if (all) return [header, ...lines].join('\n');
  const hidden = violations.length - shown.length + (record.violationsOmitted ?? 0);
  lines.splice(SHOWN_AT_EITHER_END, 0, paint.dim(`… ${String(hidden)} more violations`));
  return [header, ...lines].join('\n');
}

function cells({violation, peakValue, actions}: ViolationRecord, startedAtMs: number, paint: Paint): Cell[] {
  const {limitType, limitValue, unit, severity, policy, atMs} = violation;
  return [
    {text: `+${formatDuration(Math.max(0, atMs - startedAtMs))}`},
    {text: limitType},
    {text: formatValue(peakValue, unit)},
    {text: formatValue(limitValue, unit)},
    {text: severity, paint: severity === 'critical' ? paint.red : paint.yellow},
    {text: policy},
    // Names of hooks may stand here: text from outside.
    {text: actions.length === 0 ? 'none' : printable(actions.join('; '))},
  ];
}
