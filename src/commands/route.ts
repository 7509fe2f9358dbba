import {asksFor, splitWords} from '../core/plan/child-words.js';
import {UsageError} from '../core/plan/usage-error.js';

/** What the words of a command line lead to. */
export type Route =
  | {readonly kind: 'help'}
  | {readonly kind: 'version'}
  | {
      readonly kind: 'command';
      /** The id of an oclif command. */
      readonly id: string;
      readonly own: readonly string[];
      /** The words of the command to run, byte for byte. */
      readonly child: readonly string[];
    };

/** Words that are subcommands when they come first. To add a command, add a row. */
const SUBCOMMANDS: ReadonlyMap<string, string> = new Map([
  ['run', 'run'],
  ['help', 'help'],
]);

/** Words that will be subcommands: a script must not come to rely on the programs of these names. */
const RESERVED: ReadonlySet<string> = new Set(['watch', 'status']);

const DEFAULT_COMMAND = 'run';

/**
 * Chooses the command. Only the first word can be a subcommand; a program of that name is reached by
 * `limitrun -- run`.
 * @throws UsageError as `splitWords` does
 */
export function route(argv: readonly string[]): Route {
  const [first, ...rest] = argv;
  const subcommand = first === undefined ? undefined : SUBCOMMANDS.get(first);
  if (subcommand === 'help') return {kind: 'help'};
  if (first !== undefined && RESERVED.has(first)) {
    throw new UsageError(
      `"${first}" is kept for a subcommand of limitrun; to run the program: limitrun -- ${first}`,
    );
  }
  const {own, child} = splitWords(subcommand === undefined ? argv : rest);
  if (asksFor(own, 'help')) return {kind: 'help'};
  if (asksFor(own, 'version')) return {kind: 'version'};
  return {kind: 'command', id: subcommand ?? DEFAULT_COMMAND, own, child};
}
