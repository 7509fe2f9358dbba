import {limitKind, type LimitType} from '../limits/resource-limits.js';
import {formatValue} from '../plan/units.js';
import type {EndCause} from '../record/run-event.js';
import {printable} from './printable.js';

/** How the command itself ended: with an exit code or by a signal; neither when it never started. */
export interface CommandEnd {
  readonly exitCode?: number;
  readonly signal?: string;
}

/** `exit code 3`, `signal SIGSEGV`, or a dash when neither is known. */
export function commandEndText({exitCode, signal}: CommandEnd): string {
  if (signal !== undefined) return `signal ${printable(signal)}`;
  return exitCode === undefined ? '-' : `exit code ${String(exitCode)}`;
}

function isKnown({exitCode, signal}: CommandEnd): boolean {
  return exitCode !== undefined || signal !== undefined;
}

/** `resident memory exceeded 256.0 MiB`. @param limitValue in the limit's unit; absent: not known here */
export function exceededText(limitType: LimitType, limitValue: number | undefined): string {
  const {label, unit} = limitKind(limitType);
  return `${label} exceeded ${limitValue === undefined ? 'its limit' : formatValue(limitValue, unit)}`;
}

/** Why one attempt ended, as a phrase for a line: `resident memory exceeded its limit`, `exit code 3`. */
export function endCauseText(cause: EndCause, command: CommandEnd): string {
  switch (cause.kind) {
    case 'exited':
      return commandEndText(command);
    case 'violation':
      return exceededText(cause.limitType, undefined);
    case 'breaker_open':
      if (cause.limitType !== undefined) return exceededText(cause.limitType, undefined);
      return `the command ended by itself${isKnown(command) ? ` (${commandEndText(command)})` : ''}`;
    case 'signal':
      return `ended by signal ${cause.signal}`;
    case 'spawn_failed':
      return `could not start: ${printable(cause.message)}`;
    case 'fault':
      return `limitrun failed: ${printable(cause.message)}`;
  }
}
