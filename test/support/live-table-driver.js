// A program that has a live table below a command's output and ends without taking it down: live-table-driver.js COMMAND
// [ARG...]. CRASH_AFTER and EXIT_AFTER, in milliseconds, say how.
import {spawn} from 'node:child_process';
import {inForeground} from '../../dist/core/process/caller-signals.js';
import {LiveTable} from '../../dist/core/terminal/live-table.js';
import {TerminalModes} from '../../dist/core/terminal/terminal-modes.js';

const {CRASH_AFTER, EXIT_AFTER} = process.env;
const [command, ...args] = process.argv.slice(2);
const table = new LiveTable({
  descriptor: 2,
  mode: 'live',
  frame: () => ['── limitrun · a table', 'time 1', 'time 2'],
  height: () => 3,
  size: () => undefined,
  inForeground,
  modes: new TerminalModes(2),
});
if (EXIT_AFTER !== undefined) setTimeout(() => process.exit(3), Number(EXIT_AFTER));
if (CRASH_AFTER !== undefined) {
  setTimeout(() => {
    throw new Error('a crash');
  }, Number(CRASH_AFTER));
}
spawn(command, args, {stdio: 'inherit'});
table.start();
