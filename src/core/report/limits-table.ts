import {limitKind} from '../limits/resource-limits.js';
import {formatDuration, formatValue} from '../plan/units.js';
import type {LimitPromise} from '../record/run-event.js';
import {promisedLimit, type RunRecord} from '../record/run-record.js';
import {keeperText} from './event-line.js';
import {type Cell, type Column, fittedTable, type TableRoom} from './fitted-table.js';
import type {Paint} from './paint.js';

const COLUMNS: readonly Column[] = [
  {header: 'limit', align: 'left', least: 8},
  {header: 'at most', align: 'right'},
  {header: 'for', align: 'right'},
  {header: 'policy', align: 'left'},
  {header: 'kept by', align: 'left', least: 8},
];

/** Where the time stands for which a limit must stay broken, which few limits have. */
const SUSTAIN = COLUMNS.findIndex(({header}) => header === 'for');

/** The limits of a run, one row for each step, with what is done and who keeps them; undefined without limits. */
export function limitsTable(record: RunRecord, paint: Paint, room: TableRoom = {}): string | undefined {
  const {promises} = record;
  if (promises.length === 0) return undefined;
  const rows = promises.map((promise) => cells(promise, currentValue(promise, record)));
  const isSustained = promises.some(({sustainMs}) => sustainMs > 0);
  const without = <T>(all: readonly T[]): T[] => all.filter((_, index) => isSustained || index !== SUSTAIN);
  return fittedTable(without(COLUMNS), rows.map(without), paint, room);
}

function cells(promise: LimitPromise, current: number): Cell[] {
  const {limitType, limitValue, policy, sustainMs} = promise;
  const {label, unit} = limitKind(limitType);
  const before = current === limitValue ? '' : ` (was ${formatValue(limitValue, unit)})`;
  return [
    {text: label},
    {text: `${formatValue(current, unit)}${before}`},
    {text: sustainMs === 0 ? '' : formatDuration(sustainMs)},
    {text: policy},
    {text: keeperText(promise)},
  ];
}

/** Policy restart_adjusted raises the last step of a limit. */
function currentValue(promise: LimitPromise, record: RunRecord): number {
  const isLastStep = record.promises.findLast(({limitType}) => limitType === promise.limitType) === promise;
  const current = isLastStep ? promisedLimit(record, promise.limitType) : undefined;
  return current?.limitValue ?? promise.limitValue;
}
