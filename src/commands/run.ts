import {settingsFromEnvironment} from '../core/plan/environment.js';
import {resolvePlan} from '../core/plan/resolve-plan.js';
import {BaseCommand} from './base.js';
import {oclifFlags, settingsFromFlags} from './flags.js';
import {readWorker} from './read-worker.js';

/** `limitrun run [FLAGS] -- COMMAND [ARG...]`: one command under limits. */
export class Run extends BaseCommand {
  static override readonly id = 'run';
  static override readonly description = 'Run a command under limits.';
  static override readonly flags = oclifFlags();

  /** @returns the exit code of the run */
  async run(): Promise<number> {
    // Put there by route.ts, which has found where the command begins.
    const terminator = this.argv.indexOf('--');
    const child = this.argv.slice(terminator + 1);
    const parsed = await this.parse(Run, this.argv.slice(0, terminator));
    const flags = settingsFromFlags(parsed.flags);
    const environment = settingsFromEnvironment(process.env);
    const worker = await readWorker(flags, environment);
    // What runs a command is not loaded to show a status.
    const {superviseRun} = await import('../core/run.js');
    return superviseRun(resolvePlan({flags, environment, child, ...(worker === undefined ? {} : {worker})}));
  }
}
