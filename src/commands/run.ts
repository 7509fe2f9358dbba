import {settingsFromEnvironment} from '../core/plan/environment.js';
import {resolvePlan} from '../core/plan/resolve-plan.js';
import type {Settings} from '../core/plan/settings.js';
import type {Worker} from '../core/plan/worker.js';
import {splitWords} from '../core/plan/child-words.js';
import {superviseRun} from '../core/run.js';
import {BaseCommand} from './base.js';
import {oclifFlags, settingsFromFlags} from './flags.js';

/** `limitrun run [FLAGS] -- COMMAND [ARG...]`: one command under limits. */
export class Run extends BaseCommand {
  static override readonly description = 'Run a command under limits.';
  static override readonly flags = oclifFlags();

  /** @returns the exit code of the run */
  async run(): Promise<number> {
    const {own, child} = splitWords(this.argv);
    const parsed = await this.parse(Run, [...own]);
    const flags = settingsFromFlags(parsed.flags);
    const environment = settingsFromEnvironment(process.env);
    const worker = await readWorker(flags, environment);
    return superviseRun(resolvePlan({flags, environment, child, ...(worker === undefined ? {} : {worker})}));
  }
}

/** The YAML parser and the schema are loaded only here: a run without a file starts without them. */
async function readWorker(flags: Settings, environment: Settings): Promise<Worker | undefined> {
  const path = flags.config ?? environment.config;
  if (path === undefined) return undefined;
  const [{readConfigFile}, {workerFromText}] = await Promise.all([
    import('../core/plan/read-config-file.js'),
    import('../core/plan/worker-file.js'),
  ]);
  return workerFromText(await readConfigFile(path), path, flags.worker ?? environment.worker);
}
