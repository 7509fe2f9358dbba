import {parseStat} from '../monitor/procfs-text.js';
import {readProcText} from '../monitor/proc-file.js';
import {isTerminal} from '../terminal/is-terminal.js';

/**
 * Signals that are passed on. SIGUSR1 is among them because Node would open its debugger port. Signals of the
 * terminal's job control (SIGTSTP, SIGTTIN, SIGTTOU) keep their effect on limitrun: the whole job stops.
 */
const PASSED_ON = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGABRT',
  'SIGTRAP',
  'SIGSYS',
  'SIGSTKFLT',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGIO',
  'SIGPWR',
] as const satisfies readonly NodeJS.Signals[];

/** Sent by a terminal to its whole foreground group: then the child has got them already. */
const SENT_TO_THE_GROUP: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGWINCH',
  'SIGCONT',
]);

/**
 * Listens to the signals that reach limitrun.
 * @param ignored signals, without `SIG`, that the caller has set to be ignored: neither limitrun nor the child is to
 * see them (nohup(1))
 * @param onSignal `alreadyThere`: the terminal has sent it to the child too
 * @returns a function that stops listening
 */
export function listenToCaller(
  ignored: readonly string[],
  onSignal: (signal: NodeJS.Signals, alreadyThere: boolean) => void,
): () => void {
  const listener = (signal: NodeJS.Signals): void => {
    if (ignored.includes(signal.slice('SIG'.length))) return;
    onSignal(signal, SENT_TO_THE_GROUP.has(signal) && inForeground());
  };
  const listening: NodeJS.Signals[] = [];
  for (const signal of PASSED_ON) {
    try {
      process.on(signal, listener);
      listening.push(signal);
    } catch {
      // This system has no such signal.
      continue;
    }
  }
  return () => {
    for (const signal of listening) process.off(signal, listener);
  };
}

/** Whether limitrun is in the foreground process group of its terminal (proc(5), fields pgrp and tpgid). */
export function inForeground(): boolean {
  const text = readProcText('/proc/self/stat');
  const stat = text === undefined ? undefined : parseStat(text);
  // Without /proc the answer of a terminal on standard input has to do.
  if (stat === undefined) return isTerminal(0);
  return stat.terminalGroup > 0 && stat.group === stat.terminalGroup;
}
