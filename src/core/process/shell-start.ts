import type {ExactBytes} from './exact-bytes.js';

/** What the child has to start with that Node cannot give it. */
export interface ShellNeeds extends ExactBytes {
  /** Signals the caller had set to be ignored, without `SIG`, such as `HUP` (nohup(1)). */
  readonly ignored: readonly string[];
  /** The caller's soft limit of open files; Node has raised its own. */
  readonly softOpenFiles?: number;
  /** `SHLVL` of the environment, which some shells count up. */
  readonly shellLevel: string | undefined;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a shell has to stand between limitrun and the command. */
export function needsShell(needs: ShellNeeds): boolean {
  return (
    needs.words.size > 0 ||
    needs.variables.size > 0 ||
    needs.ignored.length > 0 ||
    needs.softOpenFiles !== undefined
  );
}

/**
 * The arguments of `/bin/sh` that restore what Node has changed and then become the command (exec), so that the process,
 * its parent and its group are the same as without a shell.
 * @returns undefined when a variable's name is none that a shell could set
 */
export function shellStart(words: readonly string[], needs: ShellNeeds): string[] | undefined {
  const lines: string[] = [];
  if (needs.ignored.length > 0) lines.push(`trap '' ${needs.ignored.join(' ')}`);
  if (needs.softOpenFiles !== undefined) lines.push(`ulimit -Sn ${String(needs.softOpenFiles)}`);
  const level = needs.shellLevel ?? '';
  lines.push(/^\d+$/.test(level) ? `SHLVL=${level}` : 'unset SHLVL');
  for (const [name, bytes] of needs.variables) {
    if (!IDENTIFIER.test(name)) return undefined;
    lines.push(...assignment(name, bytes), `export ${name}`);
  }
  for (const [index, bytes] of needs.words) lines.push(...assignment(`__limitrun_${String(index)}`, bytes));
  const parameters = words.map((_, index) =>
    needs.words.has(index) ? `"$__limitrun_${String(index)}"` : `"\${${String(index + 1)}}"`,
  );
  if (needs.words.size > 0) lines.push(`set -- ${parameters.join(' ')}`);
  lines.push('exec "$@"');
  return ['-c', lines.join('\n'), 'sh', ...words];
}

/** Sets a variable to exact bytes. The `x` keeps line breaks at the end, which `$(...)` would cut off. */
function assignment(name: string, bytes: Buffer): string[] {
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return [`${name}=$(printf '${octal}x')`, `${name}=\${${name}%x}`];
}
