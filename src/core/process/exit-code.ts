import {constants} from 'node:os';
import {limitKind} from '../limits/resource-limits.js';
import type {EndCause} from '../record/run-event.js';
import type {ChildEnd} from './run-state.js';

export const EXIT_OWN_FAULT = 125;
export const EXIT_CANNOT_EXECUTE = 126;
export const EXIT_NOT_FOUND = 127;
const EXIT_BREAKER_OPEN = 118;
const SIGNAL_BASE = 128;

export interface ExitFacts {
  readonly cause: EndCause;
  /** How the last child ended; absent when there was none. */
  readonly child?: ChildEnd | undefined;
  /** limitrun had to send SIGKILL. */
  readonly forced: boolean;
  /** `--violation-exit-code`. */
  readonly violationExitCode?: number | undefined;
  /** `--fail-on-violation`: the exit code of the first critical violation, if there was one. */
  readonly failWith?: number | undefined;
}

/** What limitrun exits with (the table of exit codes in README.md). */
export function exitCodeOf(facts: ExitFacts): number {
  const code = codeOfCause(facts);
  return code === 0 ? (facts.failWith ?? 0) : code;
}

/** The code of a violated limit, replaced by `--violation-exit-code` unless it is a time limit. */
export function violationCode(code: number, replacement: number | undefined): number {
  return code >= 110 && code <= EXIT_BREAKER_OPEN ? (replacement ?? code) : code;
}

function codeOfCause(facts: ExitFacts): number {
  const {cause, violationExitCode} = facts;
  switch (cause.kind) {
    case 'exited':
      return codeOfChild(facts.child);
    case 'violation':
      return violationCode(limitKind(cause.limitType).exitCode, violationExitCode);
    case 'breaker_open':
      return violationCode(EXIT_BREAKER_OPEN, violationExitCode);
    case 'signal':
      // Asked to end by a signal: the child's own answer counts, unless it had to be killed or never was.
      return facts.child === undefined || facts.forced
        ? SIGNAL_BASE + constants.signals[cause.signal]
        : codeOfChild(facts.child);
    case 'spawn_failed':
      return codeOfSpawnError(cause.code);
    case 'fault':
      return EXIT_OWN_FAULT;
  }
}

function codeOfChild(child: ChildEnd | undefined): number {
  if (child?.signal !== undefined) {
    const numbers: Readonly<Record<string, number>> = constants.signals;
    return SIGNAL_BASE + (numbers[child.signal] ?? 0);
  }
  return child?.exitCode ?? 0;
}

/** 127 not found, 126 found but not executable, 125 when this machine had no room for another process. */
export function codeOfSpawnError(code: string): number {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return EXIT_NOT_FOUND;
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
    case 'ECWD':
    case 'EBYTES':
    case 'EUNKNOWN':
      return EXIT_OWN_FAULT;
    default:
      return EXIT_CANNOT_EXECUTE;
  }
}
