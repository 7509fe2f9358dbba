import {constants} from 'node:os';
import type {ExactBytes} from './exact-bytes.js';

/** What the child has to start with that Node cannot give it. */
export interface ShellNeeds extends ExactBytes {
  /** Signals the caller had set to be ignored, without `SIG`, such as `HUP` (nohup(1)). */
  readonly ignored: readonly string[];
  /** The caller's soft limit of open files; Node has raised its own. */
  readonly softOpenFiles?: number;
  /** Lines to run before all others, such as those by which the command enters its control groups. */
  readonly enter?: readonly string[];
  /** The environment the command is to have. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The arguments for `/bin/sh`, or why it cannot start the command, in one line. */
export type ShellStart =
  {readonly ok: true; readonly args: readonly string[]} | {readonly ok: false; readonly why: string};

/** Whether a shell has to stand between limitrun and the command. */
export function needsShell(needs: ShellNeeds): boolean {
  return (
    needs.words.size > 0 ||
    needs.variables.size > 0 ||
    needs.ignored.length > 0 ||
    needs.softOpenFiles !== undefined ||
    (needs.enter ?? []).length > 0
  );
}

/**
 * The arguments of `/bin/sh` that restore what Node has changed and then become the command (exec), so that the process,
 * its parent and its group are the same as without a shell.
 * @returns why not, when that cannot be done
 */
export function shellStart(words: readonly string[], needs: ShellNeeds): ShellStart {
  const lines = [...(needs.enter ?? [])];
  if (needs.ignored.length > 0) lines.push(`trap '' ${needs.ignored.map(inShells).join(' ')}`);
  if (needs.softOpenFiles !== undefined) lines.push(`ulimit -Sn ${String(needs.softOpenFiles)}`);
  for (const name of OF_THE_SHELL) lines.push(restored(name, needs.environment[name]));
  // A shell begins with its own one, and takes nothing but numbers.
  const {OPTIND: index = ''} = needs.environment;
  if (/^[1-9]\d{0,8}$/.test(index)) lines.push(restored('OPTIND', index));
  for (const [name, bytes] of needs.variables) {
    if (!IDENTIFIER.test(name))
      return {ok: false, why: 'a variable that is not UTF-8 has a name that cannot be passed on'};
    lines.push(...assignment(name, bytes), `export ${name}`);
  }
  for (const [index, bytes] of needs.words) lines.push(...assignment(`__limitrun_${String(index)}`, bytes));
  const dropped = droppedByShells(needs.environment);
  const command =
    needs.words.size === 0 && dropped.length === 0
      ? '"$@"'
      : words.map((_, index) => parameter(index, needs)).join(' ');
  // env(1) would take it for a variable, and the word after it for the command.
  if (dropped.length > 0 && words[0]?.includes('=') === true)
    return {ok: false, why: `a command with "=" in its name cannot have variables that no shell can name`};
  const variables = dropped.map((_, index) => `"\${${String(words.length + index + 1)}}"`);
  lines.push(`exec ${variables.length === 0 ? '' : `/usr/bin/env ${variables.join(' ')} `}${command}`);
  return {ok: true, args: ['-c', lines.join('\n'), 'sh', ...words, ...dropped]};
}

/** Of the signals that Linux has the one whose name dash does not know. */
function inShells(signal: string): string {
  return signal === 'STKFLT' ? String(constants.signals.SIGSTKFLT) : signal;
}

/** A shell counts SHLVL up, corrects PWD and takes no IFS from its environment. */
const OF_THE_SHELL = ['SHLVL', 'PWD', 'OLDPWD', 'IFS'];

function restored(name: string, value: string | undefined): string {
  return value === undefined
    ? `unset ${name}`
    : `${name}='${value.replaceAll("'", "'\\''")}'; export ${name}`;
}

function parameter(index: number, needs: ShellNeeds): string {
  return needs.words.has(index) ? `"$__limitrun_${String(index)}"` : `"\${${String(index + 1)}}"`;
}

/** Entries `NAME=value` that a shell does not hand on, because it could not use the name itself. */
function droppedByShells(environment: ShellNeeds['environment']): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    name === '' || IDENTIFIER.test(name) || value === undefined ? [] : [`${name}=${value}`],
  );
}

/** Sets a variable to exact bytes. The `x` keeps line breaks at the end, which `$(...)` would cut off. */
function assignment(name: string, bytes: Buffer): string[] {
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return [`${name}=$(printf '${octal}x')`, `${name}=\${${name}%x}`];
}
