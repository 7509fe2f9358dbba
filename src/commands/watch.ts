import {settingsFromEnvironment} from '../core/plan/environment.js';
import {resolvePlan} from '../core/plan/resolve-plan.js';
import {
  liveSettings,
  resolveOnlooker,
  resolveWatchPlan,
  type WatchSources,
} from '../core/plan/resolve-watch.js';
import {UsageError} from '../core/plan/usage-error.js';
import {watchWords, type Target} from '../core/plan/watch-words.js';
import {ownEnvironment} from '../core/process/own-inheritance.js';
import {BaseCommand} from './base.js';
import {oclifFlags, settingsFromFlags} from './flags.js';
import {readWorker} from './read-worker.js';

/** `limitrun watch RUN|PID` and `limitrun watch [FLAGS] -- COMMAND [ARG...]`: usage as it goes. */
export class Watch extends BaseCommand {
  static override readonly id = 'watch';
  static override readonly description = 'Watch a command, a run or a process.';
  static override readonly flags = oclifFlags();

  /** @returns the exit code */
  async run(): Promise<number> {
    const words = watchWords(this.argv);
    const parsed = await this.parse(Watch, [...words.own]);
    const sources = {
      flags: settingsFromFlags(parsed.flags),
      environment: settingsFromEnvironment(ownEnvironment),
    };
    return words.kind === 'command' ? watchCommand(sources, words.child) : watchTarget(sources, words.target);
  }
}

async function watchCommand(sources: WatchSources, child: readonly string[]): Promise<number> {
  const {environment} = sources;
  const flags = liveSettings(sources);
  const worker = await readWorker(flags, environment);
  const {superviseRun} = await import('../core/run.js');
  return superviseRun(resolvePlan({flags, environment, child, ...(worker === undefined ? {} : {worker})}));
}

async function watchTarget(sources: WatchSources, target: Target): Promise<number> {
  switch (target.kind) {
    case 'pid': {
      const plan = resolveWatchPlan(sources);
      const {watchProcess} = await import('../core/watch/watch-process.js');
      return watchProcess(target.pid, plan);
    }
    case 'run':
      return watchFoundRun(sources, target.wanted);
  }
}

async function watchFoundRun(sources: WatchSources, wanted: string): Promise<number> {
  const [{watchRun}, {openRunStore}, {statePlaces}, {findRun, notFoundText}] = await Promise.all([
    import('../core/watch/watch-run.js'),
    import('../core/store/file-run-store.js'),
    import('../core/store/state-places.js'),
    import('../core/store/find-run.js'),
  ]);
  const store = openRunStore(statePlaces(process.env));
  const {runs} = await store.list('all');
  const found = findRun(
    wanted,
    runs.map(({view, fate}) => ({...view.record, fate})),
  );
  if (found.kind !== 'found') throw new UsageError(notFoundText(wanted, found));
  return watchRun(store.open(found.runId), found.runId, resolveOnlooker(sources));
}
