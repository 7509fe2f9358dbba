import {errorMessage} from './error-message.js';
import {EXIT_OWN_FAULT} from './process/exit-code.js';
import type {RunTeller} from './run-teller.js';
import {wantsStack} from './wants-stack.js';

/** So long a limitrun that cannot go on waits for somebody to read its last line. */
const LAST_LINE_MS = 500;

/**
 * A bug in limitrun must not leave the command running without limits. If the command cannot even be ended, limitrun
 * goes, and the guard, which hears no goodbye, ends it.
 * @param end ends the command, with a reason
 */
export function endOnCrash(teller: RunTeller, end: (message: string) => void): void {
  let crashes = 0;
  const onCrash = (error: unknown): void => {
    crashes += 1;
    if (wantsStack(process.env['DEBUG'])) teller.say(String((error as Error).stack));
    if (crashes === 1) end(errorMessage(error));
    if (crashes === 2) void leaveToGuard(teller, errorMessage(error));
  };
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
}

async function leaveToGuard(teller: RunTeller, why: string): Promise<void> {
  teller.say(`limitrun: cannot go on, and leaves it to its guard to end the command: ${why}`);
  await Promise.race([teller.flush(), new Promise((resolve) => setTimeout(resolve, LAST_LINE_MS))]);
  process.exit(EXIT_OWN_FAULT);
}
