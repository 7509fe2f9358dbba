import type {CommandPlan} from './plan/run-plan.js';
import {exactBytes} from './process/exact-bytes.js';
import type {Inheritance} from './process/inheritance.js';
import type {LaunchCommand} from './process/launch.js';

/** Every process of a run carries `LIMITRUN_RUN_ID`; a run within a run adds its own id after a slash. */
const RUN_ID = 'LIMITRUN_RUN_ID';

/**
 * The command as it is to be started: with all that limitrun was started with, and the run's mark in its environment.
 * @param own limitrun's environment
 */
export function childCommand(
  command: CommandPlan,
  runId: string,
  own: Readonly<Record<string, string | undefined>>,
  inheritance: Inheritance,
): {readonly command: LaunchCommand; readonly marker: string} {
  const outer = own[RUN_ID];
  const marker = outer === undefined || outer === '' ? runId : `${outer}/${runId}`;
  const mark = {[RUN_ID]: marker};
  // In the first place, where it is found soon in a process that is about to end.
  const environment: Record<string, string | undefined> = {...mark, ...own, ...command.environment, ...mark};
  const exact = exactBytes([command.file, ...command.args], environment);
  // Unless the command is to have another value.
  const unheld = [...(inheritance.unheldVariables ?? [])].filter(
    ([name, bytes]) => environment[name] === bytes.toString(),
  );
  return {
    command: {
      file: command.file,
      args: command.args,
      ...(command.workingDirectory === undefined ? {} : {workingDirectory: command.workingDirectory}),
      environment,
      descriptors: inheritance.descriptors,
      needs: {
        ...exact,
        variables: new Map([...exact.variables, ...unheld]),
        ignored: inheritance.ignoredSignals,
        environment,
        ...(inheritance.softOpenFiles === undefined ? {} : {softOpenFiles: inheritance.softOpenFiles}),
      },
    },
    marker: `${RUN_ID}=${marker}`,
  };
}
