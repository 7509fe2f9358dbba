import {formatDuration} from '../plan/units.js';
import type {RunEvent} from '../record/run-event.js';
import type {RunView} from '../record/run-view.js';
import {eventLine} from './event-line.js';
import {glyphsOf} from './glyphs.js';
import {PLAIN_PAINT, type Paint} from './paint.js';
import type {TextStyle} from './text-style.js';
import {clipText} from './text-width.js';

const PREFIX = 'limitrun: ';

/** The latest of what limitrun had to say about a run, the last one at the bottom, one line each. */
export function latestLines(view: RunView, count: number, cells: number, style: TextStyle): string[] {
  if (count < 1) return [];
  const {handling, startedAtMs} = view.record;
  const texts = view.latest.flatMap((event) => {
    const lines = eventLine(event, PLAIN_PAINT, {handling})?.split('\n') ?? [];
    return lines.map((line) => ({event, text: line.slice(PREFIX.length)}));
  });
  return texts.slice(-count).map(({event, text}) => {
    const time = `+${formatDuration(Math.max(0, event.atMs - startedAtMs))}`;
    const room = cells - time.length - 2;
    const clipped = clipText(text, room, glyphsOf(style).ellipsis);
    if (clipped === '') return clipText(time, cells, glyphsOf(style).ellipsis);
    return `${style.paint.dim(time)}  ${tone(event, style.paint)(clipped)}`;
  });
}

/** The colour of {@link eventLine}, for the whole line. */
function tone(event: RunEvent, paint: Paint): (text: string) => string {
  switch (event.kind) {
    case 'violation_begun':
      return event.violation.severity === 'warning' ? paint.yellow : paint.red;
    case 'violation_ended':
      return paint.green;
    case 'notice':
      return event.level === 'warning' ? paint.yellow : asItIs;
    case 'run_ended':
      return paint.red;
    case 'action_taken':
    case 'attempt_ended':
    case 'attempt_started':
    case 'run_started':
    case 'state_changed':
    case 'usage_sampled':
    case 'tree_sampled':
    case 'checkpoint':
      return asItIs;
  }
}

function asItIs(text: string): string {
  return text;
}
