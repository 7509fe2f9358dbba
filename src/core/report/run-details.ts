import {formatDuration} from '../plan/units.js';
import type {StoredRun} from '../store/run-store.js';
import {attemptsTable} from './attempts-table.js';
import type {TableRoom} from './fitted-table.js';
import {glyphsOf} from './glyphs.js';
import {limitsTable} from './limits-table.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import {elapsedMs, shortDuration, utcTime} from './run-time.js';
import {outcomeText} from './summary.js';
import type {TextStyle} from './text-style.js';
import {membersTable} from './tree-table.js';
import {usageCurves} from './usage-curves.js';
import {usageTable} from './usage-table.js';
import {violationsTable} from './violations-table.js';

export interface DetailsOptions {
  readonly style: TextStyle;
  /** Columns of the terminal. */
  readonly width: number;
  readonly nowTimestampMs: number;
}

/** Cells of the labels of the head, the gap after them included. */
const LABEL_WIDTH = 10;

/**
 * One run in full: what it is and how it stands, its limits and who keeps them, what it used, its violations, its
 * attempts, who was in its tree last. No line break at the end.
 */
export function runDetails(run: StoredRun, options: DetailsOptions): string {
  const {view, fate} = run;
  const {record} = view;
  const {style, width, nowTimestampMs} = options;
  const {paint} = style;
  const room: TableRoom = {width, ellipsis: glyphsOf(style).ellipsis};
  const nowMs = fate === 'running' ? record.startedAtMs + elapsedMs(run, nowTimestampMs) : undefined;
  const curves = usageCurves(fate === 'lost' ? withoutUsage(run) : view, LABEL_WIDTH, width, style);
  const parts = [
    [...head(run, options), ...(curves === undefined ? [] : [curves])].join('\n'),
    limitsTable(record, paint, room),
    record.attempts.length === 0 ? undefined : usageTable(record, paint, room),
    violationsTable(record, paint, room),
    attemptsTable(record, nowMs, paint, room),
    processes(run, options, room),
    record.notices.map((notice) => labelled('notice', printable(notice))).join('\n') || undefined,
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

function head(run: StoredRun, {style: {paint}, nowTimestampMs}: DetailsOptions): string[] {
  const {record, timestampMs} = run.view;
  const agoMs = Math.max(0, nowTimestampMs - record.startedTimestampMs);
  const name = record.name === undefined ? '' : ` (${printable(record.name)})`;
  const {survivors, promises, handling} = record;
  return [
    labelled('run', `${paint.bold(printable(record.runId))}${name}`),
    labelled('command', printable(record.command.join(' '))),
    labelled('state', stateText(run, paint)),
    labelled('started', `${utcTime(record.startedTimestampMs)} (${shortDuration(agoMs)} ago)`),
    ...(run.fate === 'lost' ? [labelled('last seen', utcTime(timestampMs))] : []),
    labelled('elapsed', formatDuration(elapsedMs(run, nowTimestampMs))),
    labelled('limits', promises.length === 0 ? 'none' : `violation handling ${handling}`),
    ...(survivors.length === 0
      ? []
      : [labelled('survivors', `${survivors.join(', ')} (could not be ended)`)]),
  ];
}

function stateText({view, fate}: StoredRun, paint: Paint): string {
  switch (fate) {
    case 'ended':
      return outcomeText(view.record, paint) ?? 'ended';
    case 'lost':
      return `${paint.red('lost')} (limitrun was killed, or the machine restarted)`;
    case 'running': {
      const attempt = view.record.attempts.at(-1);
      if (attempt === undefined) return view.state;
      return `${view.state}, attempt ${String(attempt.attempt)}, pid ${String(attempt.pid)}`;
    }
  }
}

function processes(
  {view: {tree}, fate}: StoredRun,
  {style, nowTimestampMs}: DetailsOptions,
  room: TableRoom,
): string | undefined {
  if (tree === undefined) return undefined;
  const agoMs = Math.max(0, nowTimestampMs - tree.timestampMs);
  const seen = fate === 'running' ? `${shortDuration(agoMs)} ago` : 'last';
  const proportional = tree.members.some(({pssBytes}) => pssBytes !== undefined);
  return membersTable(tree, `process (seen ${seen})`, proportional, style.paint, room);
}

/** What a lost run used when it was last seen is not what it uses now. */
function withoutUsage({view}: StoredRun): StoredRun['view'] {
  const {usage: _last, ...rest} = view;
  return rest;
}

function labelled(label: string, text: string): string {
  return label.padEnd(LABEL_WIDTH) + text;
}
