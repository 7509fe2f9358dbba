import {readdir} from '../async-files.js';
import {FateTeller} from './fate.js';
import {directoryFault} from './record-file.js';
import type {RunList, RunReader, RunStore, StoredRun} from './run-store.js';
import {
  isRunId,
  liveDirectories,
  liveFile,
  logDirectory,
  logFile,
  runIdOfLive,
  runIdOfLog,
  type StatePlaces,
} from './state-places.js';
import {type RecordPaths, StoredRunReader} from './stored-run-reader.js';
import {isUnfinished} from './unfinished-log.js';

/** Records read at the same time: well below any limit of open files. */
const READ_AT_ONCE = 16;

/**
 * The records in files below `places`, read without ever following a link. Whatever is in the files, reading them
 * throws nothing: what cannot be read is a fault of the list, and {@link RunReader.read} gives nothing for it.
 */
export function openRunStore(places: StatePlaces): RunStore {
  const fates = new FateTeller();
  return {
    list: (which) => new Listing(places, which, fates).list(),
    open: (runId) => openRun(places, runId, fates),
  };
}

function openRun(places: StatePlaces, runId: string, fates: FateTeller): RunReader {
  if (!isRunId(runId)) return {read: () => Promise.resolve(undefined)};
  const reader = new StoredRunReader(
    {
      ...(places.state !== undefined && {log: logFile(places.state, runId)}),
      live: liveDirectories(places).map((directory) => liveFile(directory, runId)),
    },
    'all',
    fates,
  );
  return {read: () => reader.read()};
}

class Listing {
  readonly #faults: string[] = [];
  readonly #records = new Map<string, {log?: string; live: string[]}>();

  constructor(
    private readonly places: StatePlaces,
    private readonly which: 'live' | 'all',
    private readonly fates: FateTeller,
  ) {}

  async list(): Promise<RunList> {
    for (const directory of liveDirectories(this.places)) {
      for (const id of await this.#ids(directory, runIdOfLive))
        this.#of(id).live.push(liveFile(directory, id));
    }
    const {state} = this.places;
    if (state !== undefined) {
      const ids = await this.#ids(logDirectory(state), runIdOfLog);
      await inParallel(ids, async (id) => {
        const log = logFile(state, id);
        if (await this.#asked(id, log)) this.#of(id).log = log;
      });
    }
    const runs = await this.#read([...this.#records.values()]);
    runs.sort((one, other) => other.view.record.startedTimestampMs - one.view.record.startedTimestampMs);
    return {runs, faults: this.#faults};
  }

  /** A run may go on without a live file that is seen from here: its `$XDG_RUNTIME_DIR` may be another one. */
  async #asked(id: string, log: string): Promise<boolean> {
    return this.which === 'all' || this.#records.has(id) || (await isUnfinished(log, this.fates));
  }

  #of(id: string): {log?: string; live: string[]} {
    const record = this.#records.get(id) ?? {live: []};
    this.#records.set(id, record);
    return record;
  }

  async #ids(directory: string, idOf: (name: string) => string | undefined): Promise<string[]> {
    const fault = await directoryFault(directory);
    if (fault !== undefined) {
      this.#faults.push(`${directory}: ${fault}`);
      return [];
    }
    try {
      return (await readdir(directory)).map(idOf).filter((id) => id !== undefined);
    } catch {
      // There is none yet.
      return [];
    }
  }

  async #read(records: readonly RecordPaths[]): Promise<StoredRun[]> {
    const runs: StoredRun[] = [];
    await inParallel(records, async (paths) => {
      const reader = new StoredRunReader(paths, 'ends', this.fates);
      const run = await reader.read();
      this.#faults.push(...reader.faults);
      if (run !== undefined && (this.which === 'all' || run.fate !== 'ended')) runs.push(run);
    });
    return runs;
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({length: READ_AT_ONCE}, worker));
}
