import {LIMIT_KINDS, type LimitType} from '../limits/resource-limits.js';
import {formatDuration, formatValue} from '../plan/units.js';
import type {EndCause} from '../record/run-event.js';
import {type AttemptRecord, endingViolation, promisedLimit, type RunRecord} from '../record/run-record.js';
import {type CommandEnd, exceededText} from './end-cause-text.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import {treeTable} from './tree-table.js';
import {usageTable} from './usage-table.js';
import {violationsTable} from './violations-table.js';

/**
 * What `run` prints at the end: the headline, the usage table and, if there were any, the violations with who was there when the first one began. A command that
 * could not be started has used nothing, so it gets the headline alone. No line break at the end.
 */
export function summary(record: RunRecord, paint: Paint): string {
  const first = headline(record, paint);
  if (record.attempts.length === 0) return first;
  const head = [first, ...raisedLimits(record)].join('\n');
  const tables = [usageTable(record, paint), violationsTable(record, paint), treeTable(record, paint)];
  return [head, ...tables.filter((table) => table !== undefined)].join('\n\n');
}

/** A line for each limit that policy restart_adjusted has raised since the start; of several steps the last one. */
function raisedLimits(record: RunRecord): string[] {
  return LIMIT_KINDS.flatMap(({type, label, unit}) => {
    const before = record.promises.findLast(({limitType}) => limitType === type)?.limitValue;
    const now = promisedLimit(record, type)?.limitValue;
    if (before === undefined || now === undefined || now === before) return [];
    const change = `from ${formatValue(before, unit)} to ${formatValue(now, unit)}`;
    return [`limitrun: limit of ${label} raised ${change} over ${attemptsText(record)}`];
  });
}

/** One line that says how the run ended. Also what `--quiet` prints for limitrun's own errors (125, 126, 127). */
export function headline(record: RunRecord, paint: Paint): string {
  return `limitrun: ${outcomeText(record, paint) ?? 'the run has not ended'}`;
}

/** How the run ended, as a phrase; undefined when it has not. */
export function outcomeText(record: RunRecord, paint: Paint): string | undefined {
  const {cause} = record;
  if (cause === undefined) return undefined;
  const command = record.attempts.at(-1);
  const text = `${causeText(cause, record, command)}${factsText(cause, record, command)}`;
  const byItself = cause.kind === 'exited' && command?.signal === undefined;
  return byItself ? text : paint.red(text);
}

function causeText(cause: EndCause, record: RunRecord, command: CommandEnd | undefined): string {
  switch (cause.kind) {
    case 'exited':
      return `the command ${commandText(command)} after ${wallText(record)}`;
    case 'violation':
      return `ended: ${limitText(cause.limitType, record)}`;
    case 'signal': {
      const text = `ended by signal ${cause.signal} after ${wallText(record)}`;
      return command?.signal === cause.signal ? text : `${text}; the command ${commandText(command)}`;
    }
    case 'spawn_failed':
      return printable(cause.message);
    case 'breaker_open':
      return `ended: the restart breaker opened after ${attemptsText(record)}; ${refusedText(cause.limitType, record, command)}`;
    case 'fault':
      return `ended: limitrun failed: ${printable(cause.message)}`;
  }
}

/** What the last attempt ended for. */
function refusedText(
  limitType: LimitType | undefined,
  record: RunRecord,
  command: CommandEnd | undefined,
): string {
  return limitType === undefined ? `the command ${commandText(command)}` : limitText(limitType, record);
}

function commandText(command: CommandEnd | undefined): string {
  if (command?.signal !== undefined) return `was killed by signal ${printable(command.signal)}`;
  return command?.exitCode === undefined ? 'ended' : `exited with ${String(command.exitCode)}`;
}

function wallText(record: RunRecord): string {
  const time = formatDuration((record.endedAtMs ?? record.startedAtMs) - record.startedAtMs);
  return record.attempts.length < 2 ? time : `${time} and ${attemptsText(record)}`;
}

/** The number of the last attempt, since of a great many attempts not all are kept. */
function attemptsText({attempts}: RunRecord): string {
  const count = attempts.at(-1)?.attempt ?? 0;
  return count === 1 ? '1 attempt' : `${String(count)} attempts`;
}

function limitText(limitType: LimitType, record: RunRecord): string {
  return exceededText(
    limitType,
    endingViolation(record, limitType)?.limitValue ?? promisedLimit(record, limitType)?.limitValue,
  );
}

/** limitrun's exit code where the words before it do not say it already, and whether SIGKILL was needed. */
function factsText(cause: EndCause, record: RunRecord, command: AttemptRecord | undefined): string {
  const said =
    cause.kind === 'exited' && command?.signal === undefined && command?.exitCode === record.exitCode;
  const facts = [
    ...(said || record.exitCode === undefined ? [] : [`exit code ${String(record.exitCode)}`]),
    ...(command?.forced === true ? ['forced'] : []),
  ];
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}
