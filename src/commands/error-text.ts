import {UsageError} from '../core/plan/usage-error.js';
import {printable} from '../core/report/printable.js';
import {wantsStack} from '../core/wants-stack.js';

/**
 * What is said about an error: one line, then a file's excerpt if there is one.
 * @param debug the variable DEBUG; when it names limitrun a stack trace follows
 */
export function errorText(error: unknown, debug: string | undefined): string {
  const problem = error instanceof Error ? error : new Error(String(error));
  const excerpt = problem instanceof UsageError ? problem.excerpt : undefined;
  const lines = [
    `limitrun: ${printable(firstLine(problem))}`,
    ...(excerpt?.split('\n').map(printable) ?? []),
    ...(wantsStack(debug) ? (problem.stack ?? '').split('\n').map(printable) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** oclif's messages go on for lines; a usage error is one line whatever was typed, line breaks in it are escaped. */
function firstLine(problem: Error): string {
  if (problem instanceof UsageError) return problem.message;
  const [first = ''] = problem.message.split('\n');
  return first === '' ? problem.name : first;
}
