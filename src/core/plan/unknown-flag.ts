import {didYouMean, suggest} from './suggest.js';
import {UsageError} from './usage-error.js';

const LONGEST_SHOWN = 60;

/** A flag as it may be written: `--quiet`, `-q`. */
export interface FlagName {
  readonly flag: string;
  readonly char?: string | undefined;
}

/**
 * The error about a flag that there is not, with the one that was probably meant.
 * @param rawName as it was typed, `--qiet` or `-Q`
 * @param name the same without dashes
 */
export function unknownFlag(
  {rawName, name}: {readonly rawName: string; readonly name: string},
  flags: readonly FlagName[],
): UsageError {
  const nearest = rawName.startsWith('--')
    ? suggest(
        name,
        flags.map(({flag}) => flag),
      )
    : flags.find(({char}) => char === name.toLowerCase())?.flag;
  const shown = rawName.length > LONGEST_SHOWN ? `${rawName.slice(0, LONGEST_SHOWN)}...` : rawName;
  return new UsageError(
    `unknown flag ${shown}${didYouMean(nearest === undefined ? undefined : `--${nearest}`)}`,
  );
}
