import type {TableRoom} from './report/fitted-table.js';
import {isTerminal} from './terminal/is-terminal.js';

/** Narrower tables would say nothing; a terminal that is narrower still breaks their lines. */
const NARROWEST = 40;

/** The room for tables on standard error: the width of its terminal; a log gets tables of the usual width. */
export function roomOnStandardError(): TableRoom {
  if (!isTerminal(2)) return {};
  const [columns] = process.stderr.getWindowSize();
  return columns > 0 ? {width: Math.max(NARROWEST, columns)} : {};
}
