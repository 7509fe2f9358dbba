import {chalkStderr} from 'chalk';
import {isColourForbidden} from './no-color.js';
import {PLAIN_PAINT, type Paint} from './report/paint.js';
import {isTerminal} from './terminal/is-terminal.js';

/** What a file or a pipe gets; Azure's pipelines (TF_BUILD) show colours, as chalk knows. */
function isPlain({FORCE_COLOR, TF_BUILD}: NodeJS.ProcessEnv): boolean {
  return !isTerminal(2) && FORCE_COLOR === undefined && TF_BUILD === undefined;
}

let chosen: Paint | undefined;

function paint(): Paint {
  const {env} = process;
  return (chosen ??= isColourForbidden(env) || isPlain(env) ? PLAIN_PAINT : chalkStderr);
}

/** Colours as standard error can show them. The bundle loads chalk with the first text that is coloured. */
export const STANDARD_ERROR_PAINT: Paint = {
  bold: (text) => paint().bold(text),
  dim: (text) => paint().dim(text),
  green: (text) => paint().green(text),
  red: (text) => paint().red(text),
  yellow: (text) => paint().yellow(text),
};
