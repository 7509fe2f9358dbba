import {formatDuration} from '../plan/units.js';
import {printable} from './printable.js';

/** How a hook ended, as far as words depend on it. */
type End =
  | {readonly kind: 'exited'; readonly exitCode: number}
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'not_started'; readonly message: string}
  | {readonly kind: 'killed'; readonly late: boolean};

const LONGEST_NAME = 60;

/** The hook's program without its folder, safe to print. */
export function hookName(file: string): string {
  const name = printable(file.slice(file.lastIndexOf('/') + 1) || file);
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

/** Why a hook failed, or undefined when it did not. */
export function hookFailure(end: End, timeoutMs: number): string | undefined {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0 ? undefined : `exited with ${String(end.exitCode)}`;
    case 'signal':
      return `killed by signal ${printable(end.signal)}`;
    case 'not_started':
      return printable(end.message);
    case 'killed':
      return end.late ? `not done after ${formatDuration(timeoutMs)}, killed` : 'killed, limitrun is to end';
  }
}
