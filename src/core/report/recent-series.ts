import type {ResourceUsage} from '../monitor/resource-usage.js';
import {RECENT_MS, type RunView} from '../record/run-view.js';

/**
 * The last minute of a metric in so many cells of equal time, the latest last: the highest value in each. Where no
 * sample fell into a cell the one before it still holds, as long as its attempt goes on; undefined where nothing was
 * measured. The borders of the cells lie at multiples of their length, so that a curve moves on and does not flicker.
 * @param nowMs on the clock of the samples
 */
export function recentSeries(
  view: RunView,
  valueOf: (usage: ResourceUsage) => number | undefined,
  cells: number,
  nowMs: number,
): (number | undefined)[] {
  if (cells <= 0) return [];
  const cellMs = RECENT_MS / cells;
  const latestMs = Math.max(nowMs, view.recent.at(-1)?.atMs ?? nowMs);
  const first = Math.floor(latestMs / cellMs) - cells + 1;
  const series: (number | undefined)[] = [];
  let next = 0;
  let before: ResourceUsage | undefined;
  for (let cell = first; cell < first + cells; cell += 1) {
    let highest: number | undefined;
    let sampled = false;
    for (let usage = view.recent[next]; usage !== undefined && usage.atMs < (cell + 1) * cellMs;) {
      if (usage.atMs >= cell * cellMs) {
        sampled = true;
        highest = higher(highest, valueOf(usage));
      }
      before = usage;
      next += 1;
      usage = view.recent[next];
    }
    if (sampled) series.push(highest);
    else series.push(before && goesOn(view, before, cell * cellMs) ? valueOf(before) : undefined);
  }
  return series;
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Whether the attempt of a sample was not over at a later moment. */
function goesOn({record}: RunView, {atMs}: ResourceUsage, laterMs: number): boolean {
  const attempt = record.attempts.findLast(({startedAtMs}) => startedAtMs <= atMs);
  return (attempt?.endedAtMs ?? record.endedAtMs ?? Infinity) > laterMs;
}
