import {constants} from 'node:os';
import {EXIT_OWN_FAULT} from '../process/exit-code.js';
import {inheritance} from '../process/own-inheritance.js';
import type {Display, Leaving} from './display.js';

const ENDING_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
] as const satisfies readonly NodeJS.Signals[];

/**
 * Shows a target until it ends or somebody leaves: by a key, or by a signal to limitrun. Whatever happens, the terminal
 * is as it was when this returns, and also when the program exits without that.
 * @param targetEnded resolves when there is nothing more to see
 */
export async function lookOn(display: Display, targetEnded: Promise<void>): Promise<Leaving> {
  const restore = (): void => {
    display.restore();
  };
  // Before the listener that closes the terminal.
  process.prependListener('exit', restore);
  const listeners: (() => void)[] = [];
  try {
    return await new Promise<Leaving>((leave) => {
      listenForEnd(leave, listeners);
      targetEnded.then(
        () => {
          leave({kind: 'target_ended'});
        },
        (error: unknown) => {
          leave({kind: 'fault', error});
        },
      );
      display.open(leave);
    });
  } finally {
    await display.close();
    for (const stop of listeners) stop();
    process.off('exit', restore);
  }
}

function listenForEnd(leave: (how: Leaving) => void, listeners: (() => void)[]): void {
  for (const signal of ENDING_SIGNALS) {
    if (inheritance.ignoredSignals.includes(signal.slice('SIG'.length))) continue;
    listen(signal, () => {
      leave({kind: 'signal', signal});
    });
  }
  // Node would open its debugger's port.
  listen('SIGUSR1', () => undefined);
  const fault = (error: unknown): void => {
    leave({kind: 'fault', error});
  };
  listen('uncaughtException', fault);
  listen('unhandledRejection', fault);

  function listen(event: string, listener: (...details: unknown[]) => void): void {
    process.on(event, listener);
    listeners.push(() => {
      process.off(event, listener);
    });
  }
}

/** What limitrun exits with when its target goes on. */
export function leavingCode(leaving: Exclude<Leaving, {kind: 'target_ended'}>): number {
  switch (leaving.kind) {
    case 'quit':
      return 0;
    case 'signal':
      return 128 + constants.signals[leaving.signal];
    case 'fault':
      return EXIT_OWN_FAULT;
  }
}
