import type {OnlookerPlan} from '../plan/resolve-watch.js';
import {canDraw, openOwnTerminal} from '../terminal/own-terminal.js';
import {unicodeTerminal} from '../terminal/terminal-environment.js';
import type {Display, Target} from './display.js';
import {PlainDisplay} from './plain-display.js';
import {ScreenDisplay} from './screen-display.js';

/** The whole screen where standard output is a terminal, lines on standard error where it is none. */
export function openDisplay(target: Target, plan: OnlookerPlan): Display {
  if (plan.quiet || !canDraw(process.env['TERM'])) return new PlainDisplay(target, plan);
  return new ScreenDisplay(target, openOwnTerminal(), unicodeTerminal(process.env));
}
