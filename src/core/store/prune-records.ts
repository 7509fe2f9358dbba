import {lstatSync, type Stats} from 'node:fs';
import {readdir, unlink} from '../async-files.js';
import {below} from '../below.js';
import type {RecordPlan} from '../plan/run-plan.js';
import {eventFromJson} from '../record/event-from-json.js';
import {FateTeller, LOST_KEPT_MS} from './fate.js';
import {directoryFault, readEnds} from './record-file.js';
import {withoutSamplesBeforeCheckpoint} from './record-lines.js';
import {
  isRunId,
  liveDirectories,
  logDirectory,
  runIdOfLive,
  runIdOfLog,
  type StatePlaces,
} from './state-places.js';

/**
 * Files looked at in one go, between which everything else has its turn. Each by a call that waits: a thousand looks by
 * threads take longer than a short command runs.
 */
const LOOKS_AT_ONCE = 8;

interface OldFile {
  readonly path: string;
  readonly runId: string;
  readonly ageMs: number;
}

/**
 * Removes the records that are too old or too many, and what killed runs have left behind. Never the record of a run
 * that goes on, and nothing that is no regular file of ours with such a name. Errors change nothing.
 * @param ownRunId the run that asks
 */
export async function pruneRecords(places: StatePlaces, plan: RecordPlan, ownRunId: string): Promise<void> {
  try {
    const fates = new FateTeller();
    for (const directory of liveDirectories(places)) await pruneLive(directory, fates);
    if (places.state !== undefined) await pruneLogs(logDirectory(places.state), plan, ownRunId, fates);
  } catch {
    // Another time.
  }
}

async function pruneLive(directory: string, fates: FateTeller): Promise<void> {
  for (const file of await ourFiles(directory, (name) => runIdOfLive(name) ?? runIdOfTemporary(name))) {
    if (file.ageMs > LOST_KEPT_MS) await removeUnlessRunning(file, fates);
  }
}

async function pruneLogs(
  directory: string,
  {maxAgeMs, maxCount}: RecordPlan,
  ownRunId: string,
  fates: FateTeller,
): Promise<void> {
  const logs = await ourFiles(directory, runIdOfLog);
  const others = logs.filter(({runId}) => runId !== ownRunId).sort((one, other) => one.ageMs - other.ageMs);
  for (const [index, file] of others.entries()) {
    // The own one counts, though it may not be there yet.
    if (index + 1 >= maxCount || file.ageMs > maxAgeMs) await removeUnlessRunning(file, fates);
  }
}

async function removeUnlessRunning({path, ageMs}: OldFile, fates: FateTeller): Promise<void> {
  try {
    const ends = await readEnds(path);
    const lines = ends === undefined ? [] : [...ends.head.lines, ...ends.tail];
    const events = withoutSamplesBeforeCheckpoint(lines)
      .map(eventFromJson)
      .filter((event) => event !== undefined);
    if (fates.fate(events, Date.now() - ageMs) !== 'running') await unlink(path);
  } catch {
    // Somebody else was faster, or it cannot be read or removed.
  }
}

async function ourFiles(
  directory: string,
  idOf: (name: string) => string | undefined,
): Promise<readonly OldFile[]> {
  if ((await directoryFault(directory)) !== undefined) return [];
  const names = await readdir(directory).catch(() => []);
  const files: OldFile[] = [];
  for (const [index, name] of names.entries()) {
    if (index % LOOKS_AT_ONCE === 0) await nextTurn();
    const runId = idOf(name);
    const path = below(directory, name);
    const stats = runId === undefined ? undefined : lookAt(path);
    if (runId === undefined || stats?.isFile() !== true || stats.uid !== process.geteuid?.()) continue;
    files.push({path, runId, ageMs: Date.now() - stats.mtimeMs});
  }
  return files;
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** A live file that was being written. */
function runIdOfTemporary(name: string): string | undefined {
  const runId = /^(.+)\.tmp$/.exec(name)?.[1];
  return runId !== undefined && isRunId(runId) ? runId : undefined;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
