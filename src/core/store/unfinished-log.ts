import {eventFromJson} from '../record/event-from-json.js';
import {type FateTeller, LOST_KEPT_MS} from './fate.js';
import {readEnds, readLastLine, RecordFault} from './record-file.js';

/**
 * Whether a log is that of a run that may go on, or was lost within the last day. Most logs are of runs that have ended,
 * and of those only the last bytes are read. Of a log that cannot be read nobody can tell: it is not.
 */
export async function isUnfinished(log: string, fates: FateTeller): Promise<boolean> {
  try {
    const last = readLastLine(log);
    if (last === undefined) return false;
    // The end of a run is a short line.
    const kind = last.line === undefined ? 'long' : eventFromJson(last.line)?.kind;
    if (kind === undefined || kind === 'run_ended') return false;
    return Date.now() - last.modifiedMs <= LOST_KEPT_MS || (await stillRuns(log, fates));
  } catch (error) {
    if (error instanceof RecordFault) return false;
    throw error;
  }
}

/** Though nothing has been written for a day: limitrun may be stopped, or the disk full. */
async function stillRuns(log: string, fates: FateTeller): Promise<boolean> {
  const ends = await readEnds(log);
  if (ends === undefined) return false;
  const {lines, modifiedMs} = ends.head;
  const started = lines.find((line) => line.includes('"kind":"run_started"'));
  const event = started === undefined ? undefined : eventFromJson(started);
  return event !== undefined && fates.fate([event], modifiedMs) === 'running';
}
