import {UsageError} from './plan/usage-error.js';
import {printable} from './report/printable.js';
import {openRunStore} from './store/file-run-store.js';
import {findRun, notFoundText} from './store/find-run.js';
import type {RunList, RunStore} from './store/run-store.js';
import {statePlaces} from './store/state-places.js';

/** What `status` is asked for. */
export interface StatusAsked {
  /** An id, the beginning of one, or a name; absent: all that run. */
  readonly run?: string;
  /** Also those that have ended. */
  readonly all: boolean;
  readonly json: boolean;
}

/** Where it is shown. */
export interface StatusScreen {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** Of the terminal; absent or 0: not known. */
  readonly columns: number | undefined;
  readonly nowTimestampMs: number;
}

/** What is to be printed, with its line breaks. */
export interface StatusText {
  readonly output: string;
  /** For standard error; may be empty. */
  readonly warnings: string;
}

/** Where the width is not known, and where nobody looks at columns. */
const USUAL_WIDTH = 80;

/**
 * Reads the records of runs and tells what was asked for. What could not be read is a warning, or, as JSON, part of the
 * document.
 * @throws UsageError when there is no such run, or several
 */
export async function statusText(asked: StatusAsked, screen: StatusScreen): Promise<StatusText> {
  const store = openRunStore(statePlaces(screen.environment));
  const list =
    asked.run === undefined ? await store.list(asked.all ? 'all' : 'live') : await named(store, asked.run);
  const {nowTimestampMs} = screen;
  if (asked.json) {
    const [{statusJson}, {limitrunVersion}] = await Promise.all([
      import('./report/status-json.js'),
      import('./version.js'),
    ]);
    const facts = {limitrunVersion: limitrunVersion(), nowTimestampMs, full: asked.run !== undefined};
    return {output: statusJson(list, facts), warnings: ''};
  }
  const output = `${await textOf(list, asked, screen)}\n`;
  return {output, warnings: warningLines(list.faults).join('')};
}

async function textOf(list: RunList, asked: StatusAsked, screen: StatusScreen): Promise<string> {
  const {isTerminal, columns, nowTimestampMs} = screen;
  const {screenStyle} = await import('./screen-style.js');
  const width = isTerminal && columns !== undefined && columns > 0 ? columns : USUAL_WIDTH;
  const options = {style: await screenStyle(screen), width, nowTimestampMs};
  const [run] = list.runs;
  if (asked.run === undefined || run === undefined) {
    const {statusTable} = await import('./report/status-table.js');
    return statusTable(list, {...options, all: asked.all});
  }
  const {runDetails} = await import('./report/run-details.js');
  return runDetails(run, options);
}

/** The one run that a word means, read in full. Of the faults of others nothing is said once it is found. */
async function named(store: RunStore, word: string): Promise<RunList> {
  const {runs, faults} = await store.list('all');
  const found = findRun(
    word,
    runs.map(({view, fate}) => ({...view.record, fate})),
  );
  if (found.kind !== 'found') {
    // What cannot be read may be what was looked for.
    throw new UsageError(notFoundText(word, found), warningLines(faults).join('').trimEnd() || undefined);
  }
  const run = await store.open(found.runId).read();
  if (run === undefined) throw new UsageError(notFoundText(word, {kind: 'none'}));
  return {runs: [run], faults: faults.filter((fault) => fault.includes(found.runId))};
}

function warningLines(faults: readonly string[]): string[] {
  return faults.map((fault) => `limitrun: warning: ${printable(fault)}\n`);
}
