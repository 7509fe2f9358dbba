import {didYouMean, suggest} from '../plan/suggest.js';
import type {Fate} from './run-store.js';

/** What a run is found by. */
export interface Findable {
  readonly runId: string;
  readonly name?: string;
  readonly fate: Fate;
  readonly startedTimestampMs: number;
}

/** Which run a word means. */
export type Found =
  | {readonly kind: 'found'; readonly runId: string}
  /** Several ids begin with the word. */
  | {readonly kind: 'ambiguous'; readonly candidates: readonly string[]}
  /** `suggestion`: a name or an id that is much like the word. */
  | {readonly kind: 'none'; readonly suggestion?: string};

/** Ids named in a message about several. */
const MOST_NAMED = 4;
const LONGEST_QUOTE = 60;

/**
 * The run that a word means: a whole id, else a name (of several runs of a name the newest that runs, else the newest),
 * else the beginning of the id of one run only.
 */
export function findRun(word: string, runs: readonly Findable[]): Found {
  const {runId} = runs.find((run) => run.runId === word) ?? newestNamed(word, runs) ?? {};
  if (runId !== undefined) return {kind: 'found', runId};
  const candidates = word === '' ? [] : idsOf(runs).filter((id) => id.startsWith(word));
  const [only, ...others] = candidates;
  if (only !== undefined) {
    return others.length === 0 ? {kind: 'found', runId: only} : {kind: 'ambiguous', candidates};
  }
  const names = runs.flatMap(({name}) => (name === undefined ? [] : [name]));
  const suggestion = suggest(word, [...names, ...idsOf(runs)]);
  return {kind: 'none', ...(suggestion !== undefined && {suggestion})};
}

/** Why a word means no run, in one line: `no run "nihgtly"; did you mean nightly? (...)`. */
export function notFoundText(word: string, found: Exclude<Found, {kind: 'found'}>): string {
  const shown = word.length > LONGEST_QUOTE ? `${word.slice(0, LONGEST_QUOTE)}...` : word;
  switch (found.kind) {
    case 'ambiguous': {
      const named = found.candidates.slice(0, MOST_NAMED);
      const more = found.candidates.length - named.length;
      const rest = more === 0 ? '' : ` and ${String(more)} more`;
      return `several runs begin with "${shown}": ${named.join(', ')}${rest}; say more of the id`;
    }
    case 'none':
      return `no run "${shown}"${didYouMean(found.suggestion)} (limitrun status --all shows them)`;
  }
}

function newestNamed(name: string, runs: readonly Findable[]): Findable | undefined {
  const newestFirst = runs
    .filter((run) => run.name === name)
    .sort((one, other) => other.startedTimestampMs - one.startedTimestampMs);
  return newestFirst.find(({fate}) => fate === 'running') ?? newestFirst[0];
}

function idsOf(runs: readonly Findable[]): string[] {
  return runs.map(({runId}) => runId);
}
