import {openSync, write, writeSync} from 'node:fs';
import {ReadStream} from 'node:tty';
import {promisify} from 'node:util';
import {blockFor} from '../block.js';
import type {TerminalPort, TerminalSize} from './terminal-port.js';
import {isTerminal} from './is-terminal.js';

const writeSome = promisify(write);
const OUTPUT = 1;
/** A terminal that does not tell its size (a serial line). */
const USUAL_SIZE: TerminalSize = {columns: 80, rows: 24};
/** How long to wait before writing again to a terminal that was full, and how often at the most. */
const FULL_RETRY_MS = 10;
const FULL_RETRIES = 50;

/** Whether standard output is a terminal that can be drawn on. @param term the variable TERM */
export function canDraw(term: string | undefined): boolean {
  return isTerminal(OUTPUT) && term !== 'dumb';
}

/**
 * The terminal that standard output is. Keys come from standard input, or from /dev/tty (tty(4)) when that is
 * something else; without either there are none.
 */
export function openOwnTerminal(): TerminalPort {
  const input = openInput();
  // A terminal that is gone says so by SIGHUP.
  input?.on('error', () => undefined);
  process.stdout.on('error', () => undefined);
  return {
    size: sizeOfOutput,
    write: writeSoon,
    writeNow,
    setRaw: (raw) => void input?.setRawMode(raw),
    listen: ({onInput, onResize}) => {
      input?.setEncoding('utf8');
      input?.on('data', onInput);
      input?.resume();
      process.stdout.on('resize', onResize);
      return () => {
        input?.off('data', onInput);
        process.stdout.off('resize', onResize);
        if (input === process.stdin) input.pause();
        else input?.destroy();
      };
    },
  };
}

function openInput(): ReadStream | undefined {
  if (isTerminal(0)) return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
}

function sizeOfOutput(): TerminalSize {
  const {columns, rows} = process.stdout;
  return columns > 0 && rows > 0 ? {columns, rows} : USUAL_SIZE;
}

async function writeSoon(text: string): Promise<void> {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    try {
      const {bytesWritten} = await writeSome(OUTPUT, rest);
      rest = rest.subarray(bytesWritten);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS));
    }
  }
}

function writeNow(text: string): void {
  let rest = Buffer.from(text, 'utf8');
  for (let tries = 0; rest.length > 0 && tries < FULL_RETRIES;) {
    try {
      rest = rest.subarray(writeSync(OUTPUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      tries += 1;
      blockFor(FULL_RETRY_MS);
    }
  }
}
