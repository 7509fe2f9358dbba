import {asksFor, splitWords} from '../core/plan/child-words.js';
import {doctorWords} from '../core/plan/doctor-words.js';
import {statusWords} from '../core/plan/status-words.js';
import {watchWords} from '../core/plan/watch-words.js';

/** The ids of oclif's commands. */
export type CommandId = 'run' | 'watch' | 'status' | 'doctor';

/** What the words of a command line lead to. */
export type Route =
  /** `topic`: a subcommand that has a help of its own. */
  | {readonly kind: 'help'; readonly topic?: string}
  | {readonly kind: 'version'}
  | {
      readonly kind: 'command';
      readonly id: CommandId;
      /** What oclif's command gets: its own words and, after `--`, those of the command to run, byte for byte. */
      readonly words: readonly string[];
    };

/** Words that are subcommands when they come first. To add a command, add a row. */
const SUBCOMMANDS: ReadonlyMap<string, CommandId | 'help'> = new Map<string, CommandId | 'help'>([
  ['run', 'run'],
  ['watch', 'watch'],
  ['status', 'status'],
  ['doctor', 'doctor'],
  ['help', 'help'],
]);

/** Subcommands whose help is a page of its own. */
const TOPICS: ReadonlySet<string> = new Set(['watch', 'status', 'doctor']);

const DEFAULT_COMMAND: CommandId = 'run';

/**
 * Chooses the command. Only the first word can be a subcommand; a program of that name is reached by
 * `limitrun -- run`.
 * @throws UsageError as `splitWords`, `watchWords`, `statusWords` and `doctorWords` do
 */
export function route(argv: readonly string[]): Route {
  const [first, ...rest] = argv;
  const subcommand = first === undefined ? undefined : SUBCOMMANDS.get(first);
  if (subcommand === 'help') return help(rest[0]);
  const {own, words} = wordsOf(subcommand, subcommand === undefined ? argv : rest);
  switch (asksFor(own)) {
    case 'help':
      return help(subcommand);
    case 'version':
      return {kind: 'version'};
    case undefined:
      return {kind: 'command', id: subcommand ?? DEFAULT_COMMAND, words};
  }
}

interface OwnWords {
  readonly own: readonly string[];
  readonly words: readonly string[];
}

/** All are read here too, so that a mistake is told before anything is loaded. */
function wordsOf(subcommand: string | undefined, words: readonly string[]): OwnWords {
  if (subcommand === 'watch') return {own: watchWords(words).own, words};
  if (subcommand === 'status') return {own: statusWords(words).own, words};
  if (subcommand === 'doctor') return {own: doctorWords(words), words};
  const {own, child} = splitWords(words);
  return {own, words: [...own, '--', ...child]};
}

function help(topic: string | undefined): Route {
  return topic !== undefined && TOPICS.has(topic) ? {kind: 'help', topic} : {kind: 'help'};
}
