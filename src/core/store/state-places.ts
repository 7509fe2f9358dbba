import {isAbsolute, normalize} from 'node:path';
import {below} from '../below.js';

/** Where limitrun keeps what it knows of runs. */
export interface StatePlaces {
  /** For what stays: `runs/ID.jsonl`, and `live/ID.live` where there is no `runtime`. */
  readonly state: string | undefined;
  /** For what is gone after a reboot: `ID.live`. */
  readonly runtime: string | undefined;
}

const NAME = 'limitrun';

/**
 * Below `$XDG_STATE_HOME`, `$HOME/.local/state` without it, and `$XDG_RUNTIME_DIR`. "All paths set in these environment
 * variables must be absolute"; others are ignored (XDG Base Directory Specification).
 */
export function statePlaces(env: Readonly<Partial<Record<string, string>>>): StatePlaces {
  const home = absolute(env['HOME']);
  const state = absolute(env['XDG_STATE_HOME']) ?? (home && below(below(home, '.local'), 'state'));
  const runtime = absolute(env['XDG_RUNTIME_DIR']);
  return {state: state && below(state, NAME), runtime: runtime && below(runtime, NAME)};
}

/** Below the state directory: one log for every run. */
export function logDirectory(state: string): string {
  return below(state, 'runs');
}

export function logFile(state: string, runId: string): string {
  return below(logDirectory(state), `${runId}.jsonl`);
}

/** Where live files may be, the preferred place first. */
export function liveDirectories({state, runtime}: StatePlaces): string[] {
  return [runtime, state && below(state, 'live')].filter((directory) => directory !== undefined);
}

export function liveFile(directory: string, runId: string): string {
  return below(directory, `${runId}.live`);
}

/** Ids become file names: nothing that leads elsewhere is one. */
const LOG_NAME = /^([0-9a-z][0-9a-z-]{0,63})\.jsonl$/;
const LIVE_NAME = /^([0-9a-z][0-9a-z-]{0,63})\.live$/;

export function isRunId(text: string): boolean {
  return LOG_NAME.test(`${text}.jsonl`);
}

/** The id of the run whose log has this name; undefined when it is no name of ours. */
export function runIdOfLog(name: string): string | undefined {
  return LOG_NAME.exec(name)?.[1];
}

export function runIdOfLive(name: string): string | undefined {
  return LIVE_NAME.exec(name)?.[1];
}

function absolute(path: string | undefined): string | undefined {
  if (path === undefined || !isAbsolute(path)) return undefined;
  // That it mostly is as it should be takes less to see than to do.
  return path.includes('/.') || path.includes('//') ? normalize(path) : path;
}
