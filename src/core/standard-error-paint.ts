import {chalkStderr} from 'chalk';
import type {Paint} from './report/paint.js';

/** Colours as standard error can show them. The bundle loads chalk with the first text that is painted. */
export const STANDARD_ERROR_PAINT: Paint = {
  bold: (text) => chalkStderr.bold(text),
  dim: (text) => chalkStderr.dim(text),
  green: (text) => chalkStderr.green(text),
  red: (text) => chalkStderr.red(text),
  yellow: (text) => chalkStderr.yellow(text),
};
