import type {RunRecord} from '../record/run-record.js';
import type {RunView} from '../record/run-view.js';
import type {Fate} from '../store/run-store.js';
import {formatDuration} from '../plan/units.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';

/** Longer command lines are clipped anyway. */
const LONGEST_COMMAND = 1000;

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;

/** The words of the command, safe to print, on one line. */
export function commandText({command}: RunRecord): string {
  return printable(command.join(' ').slice(0, LONGEST_COMMAND));
}

/** What a run is called: its name, otherwise its command. */
export function titleText(record: RunRecord): string {
  return record.name === undefined ? commandText(record) : printable(record.name);
}

/** The state in a word or two. @param fate when the record alone does not know it */
export function stateText({state}: RunView, fate?: Fate): string {
  if (fate === 'lost') return 'lost';
  switch (state) {
    case 'idle':
    case 'starting':
    case 'running':
    case 'stopping':
    case 'terminating':
    case 'ended':
      return state;
    case 'backing-off':
      return 'waits to restart';
    case 'failed_start':
      return 'failed to start';
  }
}

/** The colour of {@link stateText}. */
export function statePaint({state}: RunView, paint: Paint, fate?: Fate): (text: string) => string {
  if (fate === 'lost') return paint.red;
  switch (state) {
    case 'idle':
    case 'starting':
    case 'running':
      return paint.green;
    case 'stopping':
    case 'backing-off':
      return paint.yellow;
    case 'terminating':
    case 'failed_start':
      return paint.red;
    case 'ended':
      return paint.dim;
  }
}

/** A time that goes on: whole tenths or seconds that have passed, so that two of them do not round apart. */
export function clockText(ms: number): string {
  const step = ms < MS_PER_SECOND ? 1 : ms < MS_PER_MINUTE ? 100 : MS_PER_SECOND;
  return formatDuration(Math.floor(ms / step) * step);
}
