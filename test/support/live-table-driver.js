// A stand-in for `limitrun --progress MODE -- COMMAND`: the command with a live table that counts its frames.
// live-table-driver.js MODE HEIGHT COMMAND [ARG...]
import {spawn} from 'node:child_process';
import {LiveTable} from '../../dist/core/terminal/live-table.js';
import {TerminalModes} from '../../dist/core/terminal/terminal-modes.js';
import {Guard} from '../../dist/core/process/guard.js';
import {eraseBelow} from '../../dist/core/terminal/scroll-region.js';
import {readlinkSync} from 'node:fs';
import {inForeground} from '../../dist/core/process/caller-signals.js';

const [mode, height, command, ...args] = process.argv.slice(2);
const guard = new Guard('0123456789ab');
guard.start(() => undefined);
let frames = 0;
const table = new LiveTable({
  descriptor: 2,
  mode,
  frame: ({columns}) => {
    frames += 1;
    return Array.from({length: Number(height)}, (_, row) =>
      `\u001b[36mTABLE ${row} frame ${frames}\u001b[39m ${'█'.repeat(200)}`.slice(0, columns + 9),
    );
  },
  height: (rows) => (rows < Number(height) + 3 ? 0 : Number(height)),
  size: () => {
    const [columns, rows] = process.stderr.getWindowSize();
    return {columns, rows};
  },
  inForeground,
  modes: new TerminalModes(2),
  onUp: (up) => guard.mend(readlinkSync('/proc/self/fd/2'), up ? eraseBelow() : undefined),
  onYield: () => process.kill(0, 'SIGWINCH'),
});
for (const signal of ['SIGINT', 'SIGCONT', 'SIGQUIT', 'SIGHUP', 'SIGTERM'])
  process.on(signal, () => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') child.kill(signal);
  });
process.on('SIGWINCH', () => table.resized());
if (process.env.CRASH_AFTER)
  setTimeout(() => {
    throw new Error('crash');
  }, Number(process.env.CRASH_AFTER));
if (process.env.EXIT_AFTER) setTimeout(() => process.exit(3), Number(process.env.EXIT_AFTER));
if (process.env.SAY_AFTER) setTimeout(() => table.line('limitrun: said'), Number(process.env.SAY_AFTER));
const child = spawn(command, args, {stdio: 'inherit'});
guard.watch(child.pid);
table.start();
child.once('exit', async (code, signal) => {
  table.line(`limitrun: ended ${code ?? signal}`);
  await table.close();
  await guard.dismiss();
  process.exitCode = code ?? 1;
});
