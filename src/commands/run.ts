import {settingsFromEnvironment} from '../core/plan/environment.js';
import {resolvePlan} from '../core/plan/resolve-plan.js';
import type {Settings} from '../core/plan/settings.js';
import {ownEnvironment} from '../core/process/own-inheritance.js';
import {BaseCommand} from './base.js';
import {oclifFlags, settingsFromFlags} from './flags.js';
import {readWorker} from './read-worker.js';

/** `limitrun run [FLAGS] -- COMMAND [ARG...]`: one command under limits. */
export class Run extends BaseCommand {
  static override readonly id = 'run';
  static override readonly description = 'Run a command under limits.';
  static #made: ReturnType<typeof oclifFlags> | undefined;

  /** Made when they are asked for: a run without flags asks for none. */
  static override get flags(): ReturnType<typeof oclifFlags> {
    return (Run.#made ??= oclifFlags());
  }

  /** @returns the exit code of the run */
  async run(): Promise<number> {
    // Put there by route.ts, which has found where the command begins.
    const terminator = this.argv.indexOf('--');
    const child = this.argv.slice(terminator + 1);
    const flags = await this.#flags(this.argv.slice(0, terminator));
    const environment = settingsFromEnvironment(ownEnvironment);
    const worker = await readWorker(flags, environment);
    // What runs a command is not loaded to show a status.
    const {superviseRun} = await import('../core/run.js');
    return superviseRun(resolvePlan({flags, environment, child, ...(worker === undefined ? {} : {worker})}));
  }

  /** @param words limitrun's own */
  async #flags(words: string[]): Promise<Settings> {
    // oclif would read no flags, but has to be loaded for it.
    this.parsed = true;
    if (words.length === 0) return {};
    Run.#made = oclifFlags(words);
    return settingsFromFlags((await this.parse(Run, words)).flags);
  }
}
