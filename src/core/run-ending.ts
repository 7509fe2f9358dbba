import {limitKind} from './limits/resource-limits.js';
import type {RunPlan} from './plan/run-plan.js';
import {EXIT_OWN_FAULT, exitCodeOf, violationCode} from './process/exit-code.js';
import type {RunEnd} from './process/process-control.js';
import type {RunTeller} from './run-teller.js';
import {roomOnStandardError} from './table-room.js';
import {STANDARD_ERROR_PAINT} from './standard-error-paint.js';

/**
 * Tells how the run ended, to everybody who looks on: the summary on standard error, the report, the record.
 * @param limitrunVersion for the report: the command may have removed limitrun
 * @returns the exit code: limitrun's own fault when the command ended with 0 but something asked for was not written
 */
export async function tellTheEnd(
  {output}: RunPlan,
  teller: RunTeller,
  end: RunEnd,
  limitrunVersion: string,
): Promise<number> {
  const exitCode = exitCodeAfter(output, teller, end);
  teller.tell({kind: 'run_ended', cause: end.cause, exitCode, survivors: end.survivors});
  const ownError = end.cause.kind === 'spawn_failed' || end.cause.kind === 'fault';
  if (!output.quiet || ownError) {
    const {headline, summary} = await import('./report/summary.js');
    const record = teller.record();
    teller.say(
      output.quiet
        ? headline(record, STANDARD_ERROR_PAINT)
        : summary(record, STANDARD_ERROR_PAINT, roomOnStandardError()),
    );
  }
  const faults = [
    await writeReport(output.reportFile, teller, limitrunVersion),
    ...(await teller.closeSinks()),
  ].filter((fault) => fault !== undefined);
  for (const fault of faults) teller.say(`limitrun: ${fault}`);
  await teller.flush();
  return faults.length === 0 || exitCode !== 0 ? exitCode : EXIT_OWN_FAULT;
}

function exitCodeAfter(output: RunPlan['output'], teller: RunTeller, end: RunEnd): number {
  const {violations} = teller.record();
  const failed = violations.find(({violation}) => violation.severity === 'critical')?.violation;
  return exitCodeOf({
    ...end,
    violationExitCode: output.violationExitCode,
    failWith:
      output.failOnViolation && failed !== undefined
        ? violationCode(limitKind(failed.limitType).exitCode, output.violationExitCode)
        : undefined,
  });
}

/** @returns why it could not be written, in one line */
async function writeReport(
  file: string | undefined,
  teller: RunTeller,
  limitrunVersion: string,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const {writeJsonReport} = await import('./write-json-report.js');
  return writeJsonReport(file, teller.record(), limitrunVersion);
}
