import {closeSync, openSync, readlinkSync} from 'node:fs';
import {WriteStream} from 'node:tty';
import {systemClock} from './clock.js';
import {inForeground} from './process/caller-signals.js';
import type {Guard} from './process/guard.js';
import {inheritance} from './process/own-inheritance.js';
import {liveTable, liveTableRows} from './report/live-table.js';
import type {RunTeller} from './run-teller.js';
import {LiveTable, type LiveTableOptions} from './terminal/live-table.js';
import {eraseBelow, type TerminalSize} from './terminal/scroll-region.js';
import {supportsRegion, unicodeTerminal} from './terminal/terminal-environment.js';
import {TerminalModes} from './terminal/terminal-modes.js';
import {STANDARD_ERROR_PAINT} from './standard-error-paint.js';
import {isTerminal} from './terminal/is-terminal.js';

const STANDARD_ERROR = 2;

export interface RunTableOptions {
  readonly mode: LiveTableOptions['mode'];
  readonly teller: RunTeller;
  readonly mend: Guard['mend'];
}

/**
 * The live table of a run, on the terminal of standard error; one that was asked for also on the controlling terminal,
 * when standard error is somewhere else. Lines go through it only where both are on the same terminal.
 * @returns undefined where there is no terminal that could show it
 */
export function openRunTable({mode, teller, mend}: RunTableOptions): LiveTable | undefined {
  if (!supportsRegion(process.env)) return undefined;
  const terminal = openTerminal(mode);
  if (terminal === undefined) return undefined;
  const style = {paint: STANDARD_ERROR_PAINT, unicode: unicodeTerminal(process.env)};
  const look = teller.looker();
  const table = new LiveTable({
    descriptor: terminal.descriptor,
    mode,
    size: terminal.size,
    height: (rows) => liveTableRows(look(), rows),
    frame: ({columns, rows}) => {
      const view = look();
      const size = {columns, rows: liveTableRows(view, rows)};
      return liveTable(view, size, systemClock.nowMs() - view.record.startedAtMs, style);
    },
    inForeground,
    modes: new TerminalModes(terminal.descriptor, inheritance.descriptors),
    onUp: (up) => {
      mend(terminalPath(terminal.descriptor), up ? eraseBelow() : undefined);
    },
    // To everybody in limitrun's process group: who has a screen draws it again, the others ignore it.
    onYield: () => {
      process.kill(0, 'SIGWINCH');
    },
  });
  if (terminal.descriptor === STANDARD_ERROR) teller.sayThrough(table);
  return table;
}

interface Terminal {
  readonly descriptor: number;
  readonly size: () => TerminalSize | undefined;
}

function openTerminal(mode: LiveTableOptions['mode']): Terminal | undefined {
  if (isTerminal(STANDARD_ERROR)) return {descriptor: STANDARD_ERROR, size: sizeOf(process.stderr)};
  if (mode === 'auto') return undefined;
  let descriptor: number;
  try {
    descriptor = openSync('/dev/tty', 'r+');
  } catch {
    // No controlling terminal.
    return undefined;
  }
  try {
    return {descriptor, size: sizeOf(new WriteStream(descriptor))};
  } catch {
    closeSync(descriptor);
    return undefined;
  }
}

function terminalPath(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${String(descriptor)}`);
  } catch {
    // Without /proc there is no guard either.
    return '';
  }
}

function sizeOf(stream: Pick<WriteStream, 'getWindowSize'>): () => TerminalSize | undefined {
  return () => {
    try {
      const [columns, rows] = stream.getWindowSize();
      return {columns, rows};
    } catch {
      // It has been closed.
      return undefined;
    }
  };
}
