import {chalkStderr} from 'chalk';
import {isColourForbidden} from './no-color.js';
import {PLAIN_PAINT, type Paint} from './report/paint.js';

const paint = (): Paint => (isColourForbidden(process.env) ? PLAIN_PAINT : chalkStderr);

/** Colours as standard error can show them. The bundle loads chalk with the first text that is painted. */
export const STANDARD_ERROR_PAINT: Paint = {
  bold: (text) => paint().bold(text),
  dim: (text) => paint().dim(text),
  green: (text) => paint().green(text),
  red: (text) => paint().red(text),
  yellow: (text) => paint().yellow(text),
};
