import {isColourForbidden} from './no-color.js';
import {PLAIN_PAINT} from './report/paint.js';
import type {TextStyle} from './report/text-style.js';
import {unicodeTerminal} from './terminal/terminal-environment.js';

/** What standard output is. */
export interface StyledScreen {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Colours only on a terminal, and where NO_COLOR does not forbid them. */
export async function screenStyle({environment, isTerminal}: StyledScreen): Promise<TextStyle> {
  const unicode = unicodeTerminal(environment);
  if (!isTerminal || isColourForbidden(environment)) return {paint: PLAIN_PAINT, unicode};
  const {default: chalk} = await import('chalk');
  return {paint: chalk, unicode};
}
