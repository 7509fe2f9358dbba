import type {RunEnd} from './process/process-control.js';
import {leaveTerminalAlone} from './process/terminal-mode.js';

/**
 * After Ctrl-C, which the terminal sends to the child and to limitrun, a shell goes on with a loop unless the program
 * *died* of SIGINT; so if the child did, limitrun does too. Returns when it did not.
 */
export async function dieAsTheChildDid({cause, child}: RunEnd): Promise<void> {
  const byInterrupt =
    cause.kind === 'exited'
      ? child?.signal === 'SIGINT'
      : cause.kind === 'signal' && cause.signal === 'SIGINT';
  if (!byInterrupt) return;
  leaveTerminalAlone();
  process.kill(process.pid, 'SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
