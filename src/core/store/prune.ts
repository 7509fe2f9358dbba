import {readdir} from '../async-files.js';
import type {RecordPlan} from '../plan/run-plan.js';
import {logDirectory, type StatePlaces} from './state-places.js';

/** Of the runs that are over at once so many look at all records, whose age is known only then. */
const SHORT_RUNS_LOOKING = 1 / 16;
/** Their records may be more than wanted by this share. */
const SLACK = 1 / 20;

/** See `pruneRecords`, which is loaded only then: few runs come to it before they are over. */
export async function prune(places: StatePlaces, plan: RecordPlan, ownRunId: string): Promise<void> {
  const {pruneRecords} = await import('./prune-records.js');
  await pruneRecords(places, plan, ownRunId);
}

/**
 * As {@link prune}, but mostly only where there are too many: to look at each takes longer than a short run.
 * @param lot from 0 to 1, drawn by chance: a run's id is
 */
export async function pruneNowAndThen(
  places: StatePlaces,
  plan: RecordPlan,
  ownRunId: string,
  lot = lotOf(ownRunId),
): Promise<void> {
  const {state} = places;
  const names = state === undefined ? [] : await readdir(logDirectory(state)).catch(() => []);
  const tooMany = names.length + 1 > Math.floor(plan.maxCount * (1 + SLACK));
  if (tooMany || lot < SHORT_RUNS_LOOKING) await prune(places, plan, ownRunId);
}

/** @param runId hexadecimal, of which only the first digit is not any of the sixteen */
function lotOf(runId: string): number {
  return parseInt(runId.slice(-4), 16) / 0x10000;
}
