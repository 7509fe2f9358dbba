// First of all: what limitrun was started with, before anything else has opened a file.
import '../core/process/own-inheritance.js';

import {UsageError} from '../core/plan/usage-error.js';
import {EXIT_OWN_FAULT} from '../core/process/exit-code.js';
import {leaveTerminalAlone} from '../core/process/terminal-mode.js';
import {errorText} from './error-text.js';
import {route, type CommandId} from './route.js';
import {writeStandardError} from './standard-error.js';
import {writeStandardOutput} from './standard-output.js';

/**
 * The whole program.
 * @param argv the words after `limitrun`
 * @param onCompleted told the command that has been carried out, whatever came of it
 * @returns the exit code; every error has been said on standard error by then
 */
export async function main(
  argv: readonly string[],
  onCompleted?: (command: CommandId) => void,
): Promise<number> {
  process.once('exit', leaveTerminalAlone);
  // Should Node find nothing left to wait for before there is an outcome, that is no success.
  process.exitCode = EXIT_OWN_FAULT;
  try {
    refuseMissingDirectory();
    return await dispatch(argv, onCompleted);
  } catch (error) {
    writeStandardError(errorText(error, process.env['DEBUG']));
    return EXIT_OWN_FAULT;
  }
}

async function dispatch(
  argv: readonly string[],
  onCompleted?: (command: CommandId) => void,
): Promise<number> {
  const destination = route(argv);
  switch (destination.kind) {
    case 'help': {
      const [{default: Help}, {oclifConfig}] = await Promise.all([
        import('./help.js'),
        import('./oclif-config.js'),
      ]);
      await new Help(oclifConfig()).showHelp(destination.topic === undefined ? [] : [destination.topic]);
      return 0;
    }
    case 'version':
      await writeStandardOutput(`${(await import('./oclif-config.js')).userAgent()}\n`);
      return 0;
    case 'command': {
      const {runCommand} = await import('./run-command.js');
      const exitCode = await runCommand(destination.id, destination.words);
      onCompleted?.(destination.id);
      return exitCode;
    }
  }
}

/** Said here, since later it would be a crash deep in Node. */
function refuseMissingDirectory(): void {
  try {
    process.cwd();
  } catch {
    throw new UsageError('the working directory no longer exists or cannot be read');
  }
}
