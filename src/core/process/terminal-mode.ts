import {closeSync, existsSync, openSync} from 'node:fs';
import {inForeground} from './caller-signals.js';
import {isTerminal} from '../terminal/is-terminal.js';

/** By absolute path: one planted in PATH or in the working directory is never run. */
const STTY = ['/bin/stty', '/usr/bin/stty'];

/**
 * Puts the terminal back into line mode with echo, if a program that was killed has left it in raw mode. Does nothing
 * when standard input is no terminal, or belongs to another job now.
 */
export async function restoreLineMode(): Promise<void> {
  const stty = STTY.find((path) => existsSync(path));
  if (stty === undefined || !isTerminal(0) || !inForeground()) return;
  const modes = await run(stty, ['-a']);
  if (/(^|\s)-(icanon|echo)(\s|;|$)/.test(modes)) await run(stty, ['sane']);
}

/**
 * Keeps Node from setting the terminal's modes back, at its exit, to what they were at its start: that would undo what the
 * command has set (stty), and in the background disturb whatever runs in the foreground. Node leaves out a descriptor
 * that is no longer the same file. To be called last of all: nothing can be printed on a terminal afterwards.
 */
export function leaveTerminalAlone(): void {
  for (const descriptor of [0, 1, 2]) {
    if (!isTerminal(descriptor)) continue;
    closeSync(descriptor);
    // The lowest free number is the one just closed.
    openSync('/dev/null', 'r+');
  }
}

/** @returns what it printed; nothing when it failed, since a terminal that is gone needs no mending */
async function run(file: string, args: readonly string[]): Promise<string> {
  // Not loaded with this module, of which help and status need the other half.
  const {execa} = await import('execa');
  const {stdout} = await execa(file, args, {stdin: 'inherit', stderr: 'ignore', reject: false});
  return stdout;
}
