import type {Settings} from '../core/plan/settings.js';
import type {Worker} from '../core/plan/worker.js';

/**
 * The worker that is asked for, if any. The YAML parser and the schema are loaded only here: a run without a file starts
 * without them.
 */
export async function readWorker(flags: Settings, environment: Settings): Promise<Worker | undefined> {
  const path = flags.config ?? environment.config;
  if (path === undefined) return undefined;
  const [{readConfigFile}, {workerFromText}] = await Promise.all([
    import('../core/plan/read-config-file.js'),
    import('../core/plan/worker-file.js'),
  ]);
  return workerFromText(await readConfigFile(path), path, flags.worker ?? environment.worker);
}
