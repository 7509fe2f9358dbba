import type {RunEvent} from '../record/run-event.js';
import {viewRun} from '../record/run-view.js';
import type {FateTeller} from './fate.js';
import {GrowingFile, type Lines, RecordFault, readEnds, readLines} from './record-file.js';
import {isRun, RecordLines, withoutSamplesBeforeCheckpoint} from './record-lines.js';
import type {StoredRun} from './run-store.js';

/** Where the parts of a run's record are, or would be. */
export interface RecordPaths {
  /** Absent: the log is not to be read, or there is no place for it. */
  readonly log?: string;
  readonly live: readonly string[];
}

/** How much of the log is read. */
export type LogPart = 'all' | 'ends';

/** Reads the record of one run, its log and its live file, again and again. */
export class StoredRunReader {
  readonly #log: LogReader | undefined;
  #faults: string[] = [];

  constructor(
    private readonly paths: RecordPaths,
    part: LogPart,
    private readonly fates: FateTeller,
  ) {
    if (paths.log !== undefined)
      this.#log = part === 'all' ? new WholeLog(paths.log) : new LogEnds(paths.log);
  }

  /** What was wrong in the last {@link read}, one line each. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** @returns undefined when there is no record of a run (any more) */
  async read(): Promise<StoredRun | undefined> {
    const found = await this.#load();
    if (found === undefined) return undefined;
    const fate = this.fates.fate(found.events, found.modifiedMs);
    if (fate !== 'lost') return stored(found, fate);
    // Its end may have been written, and its live file removed, since it was read.
    const last = await this.#load();
    return last && stored(last, this.fates.fate(last.events, last.modifiedMs));
  }

  async #load(): Promise<Loaded | undefined> {
    this.#faults = [];
    // The live file first: what is left out of the log and has just gone from here is at least in its checkpoint.
    const live = await Promise.all(this.paths.live.map((path) => this.#liveLines(path)));
    const log = await this.#logLines();
    const files = [log, ...live].filter((file) => file !== undefined);
    const modifiedMs = Math.max(...files.map((file) => file.modifiedMs));
    const events = (log?.record ?? new RecordLines()).with(live.flatMap((file) => file?.lines ?? []));
    return isRun(events) ? {events, modifiedMs} : undefined;
  }

  async #liveLines(path: string): Promise<Lines | undefined> {
    const file = await this.#guarded(path, () => readLines(path));
    const fault = file && new RecordLines().add(file.lines).fault;
    if (fault !== undefined) this.#faults.push(`${path}: ${fault}`);
    return file;
  }

  async #logLines(): Promise<{record: RecordLines; modifiedMs: number} | undefined> {
    const log = this.#log;
    if (log === undefined) return undefined;
    const modifiedMs = await this.#guarded(log.path, () => log.readMore());
    if (modifiedMs === undefined) return undefined;
    const {fault} = log.record;
    if (fault !== undefined) this.#faults.push(`${log.path}: ${fault}`);
    return {record: log.record, modifiedMs};
  }

  async #guarded<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error;
      this.#faults.push(`${path}: ${error.message}`);
      return undefined;
    }
  }
}

interface Loaded {
  readonly events: readonly RunEvent[];
  readonly modifiedMs: number;
}

interface LogReader {
  readonly path: string;
  readonly record: RecordLines;
  /** @returns when it was last written, milliseconds since the epoch; undefined when there is no log */
  readMore(): Promise<number | undefined>;
}

class WholeLog implements LogReader {
  record = new RecordLines();
  readonly #file: GrowingFile;

  constructor(readonly path: string) {
    this.#file = new GrowingFile(path);
  }

  async readMore(): Promise<number | undefined> {
    const more = await this.#file.readMore();
    if (more?.anew === true) this.record = new RecordLines();
    if (more !== undefined) this.record.add(more.lines);
    return more?.modifiedMs;
  }
}

class LogEnds implements LogReader {
  record = new RecordLines();

  constructor(readonly path: string) {}

  async readMore(): Promise<number | undefined> {
    const ends = await readEnds(this.path);
    if (ends === undefined) return undefined;
    const {head, tail} = ends;
    this.record = new RecordLines().add(withoutSamplesBeforeCheckpoint([...head.lines, ...tail]));
    return head.modifiedMs;
  }
}

function stored({events}: Loaded, fate: StoredRun['fate']): StoredRun {
  return {view: viewRun(events), fate};
}
