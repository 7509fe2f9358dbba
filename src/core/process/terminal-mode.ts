import {existsSync} from 'node:fs';
import {isatty} from 'node:tty';
import {execa} from 'execa';
import {inForeground} from './caller-signals.js';

/** By absolute path: one planted in PATH or in the working directory is never run. */
const STTY = ['/bin/stty', '/usr/bin/stty'];

/**
 * Puts the terminal back into line mode with echo, if a program that was killed has left it in raw mode. Does nothing
 * when standard input is no terminal, or belongs to another job now.
 */
export async function restoreLineMode(): Promise<void> {
  const stty = STTY.find((path) => existsSync(path));
  if (stty === undefined || !isatty(0) || !inForeground()) return;
  const modes = await run(stty, ['-a']);
  if (/(^|\s)-(icanon|echo)(\s|;|$)/.test(modes)) await run(stty, ['sane']);
}

/** @returns what it printed; nothing when it failed, since a terminal that is gone needs no mending */
async function run(file: string, args: readonly string[]): Promise<string> {
  const {stdout} = await execa(file, args, {stdin: 'inherit', stderr: 'ignore', reject: false});
  return stdout;
}
