import type {RunView} from '../record/run-view.js';

/** What became of a run: its limitrun lives, has told the end, or is gone without a word (killed, or a reboot). */
export type Fate = 'running' | 'ended' | 'lost';

/** A run as its record tells it. */
export interface StoredRun {
  readonly view: RunView;
  readonly fate: Fate;
}

/** Several runs, the newest first, and what could not be read: one line each. */
export interface RunList {
  readonly runs: readonly StoredRun[];
  readonly faults: readonly string[];
}

/** Reads one run again and again as it goes on. */
export interface RunReader {
  /** Undefined when there is no record (any more). What has been read is not read again. */
  read(): Promise<StoredRun | undefined>;
}

/** The records of runs of this user on this machine. */
export interface RunStore {
  /**
   * @param which `live`: those that run now and those that were lost lately (a live file is left, or the log is less than
   * a day old); `all`: every one. Only the beginning and the end of a record is read, which is enough for everything but the violations,
   * the attempts and `recent`.
   */
  list(which: 'live' | 'all'): Promise<RunList>;
  /** @param runId in full */
  open(runId: string): RunReader;
}
