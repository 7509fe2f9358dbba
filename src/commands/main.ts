import {fileURLToPath} from 'node:url';

import {UsageError} from '../core/plan/usage-error.js';
import {EXIT_OWN_FAULT} from '../core/process/exit-code.js';
import {leaveTerminalAlone} from '../core/process/terminal-mode.js';
import {errorText} from './error-text.js';
import {loadOclif} from './load-oclif.js';
import {route} from './route.js';
import {writeStandardOutput} from './standard-output.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The whole program.
 * @param argv the words after `limitrun`
 * @returns the exit code; every error has been said on standard error by then
 */
export async function main(argv: readonly string[]): Promise<number> {
  process.once('exit', leaveTerminalAlone);
  // Nowhere to say it is no reason to crash.
  process.stderr.on('error', () => undefined);
  try {
    refuseMissingDirectory();
    return await dispatch(argv);
  } catch (error) {
    process.stderr.write(errorText(error, process.env['DEBUG']));
    return EXIT_OWN_FAULT;
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const destination = route(argv);
  // After the route, so that a mistyped flag is told at once.
  const config = await loadOclif(PACKAGE_ROOT);
  switch (destination.kind) {
    case 'help': {
      const {default: Help} = await import('./help.js');
      await new Help(config).showHelp(destination.topic === undefined ? [] : [destination.topic]);
      return 0;
    }
    case 'version':
      await writeStandardOutput(`${config.userAgent}\n`);
      return 0;
    case 'command':
      return Number(await config.runCommand(destination.id, [...destination.words]));
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
