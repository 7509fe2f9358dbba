import {formatDuration} from '../plan/units.js';
import {endingViolation, promisedLimit, type RunRecord} from '../record/run-record.js';
import {exceededText} from './end-cause-text.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import {treeTable} from './tree-table.js';
import {usageTable} from './usage-table.js';
import {violationsTable} from './violations-table.js';

/**
 * What `watch` prints when a process that limitrun has not started has ended: how, the usage, the violations. No line
 * break at the end.
 * @param leftRunning pids of its tree that go on
 */
export function processOutcome(record: RunRecord, leftRunning: readonly number[], paint: Paint): string {
  const head = [`limitrun: ${headline(record, paint)}`, ...pidLines(record.survivors, leftRunning, paint)];
  const tables = [usageTable(record, paint), violationsTable(record, paint), treeTable(record, paint)];
  return [head.join('\n'), ...tables.filter((table) => table !== undefined)].join('\n\n');
}

function headline(record: RunRecord, paint: Paint): string {
  const {cause, attempts, exitCode} = record;
  const attempt = attempts.at(-1);
  const name = `process ${String(attempt?.pid ?? '')}`;
  const time = formatDuration((record.endedAtMs ?? record.startedAtMs) - record.startedAtMs);
  switch (cause?.kind) {
    case 'violation': {
      const limit =
        endingViolation(record, cause.limitType)?.limitValue ??
        promisedLimit(record, cause.limitType)?.limitValue;
      const forced = attempt?.forced === true ? ', forced' : '';
      const why = exceededText(cause.limitType, limit);
      return paint.red(`ended ${name}: ${why} (exit code ${String(exitCode ?? 0)}${forced})`);
    }
    case 'fault':
      return paint.red(`cannot watch ${name} any more: ${printable(cause.message)}`);
    case 'signal':
      return `stopped ${name} as you asked, after ${time} of watching${attempt?.forced === true ? ' (forced)' : ''}`;
    case 'exited':
    case 'spawn_failed':
    case 'breaker_open':
    case undefined:
      return (
        `${name} ended by itself after ${time} of watching; ` +
        'its exit code is not known, because it is no child of limitrun'
      );
  }
}

function pidLines(survivors: readonly number[], leftRunning: readonly number[], paint: Paint): string[] {
  const line = (text: string, pids: readonly number[]): string[] =>
    pids.length === 0 ? [] : [`limitrun: ${text}: ${pids.join(', ')}`];
  return [
    ...line(`${paint.yellow('warning:')} could not be ended and still alive`, survivors),
    ...line('still running of its tree, no longer watched', leftRunning),
  ];
}
