import {readlinkSync} from 'node:fs';
import {systemClock} from '../clock.js';
import {errorMessage} from '../error-message.js';
import {readStatOf} from '../monitor/procfs-process.js';
import {askForScope, endsAfterKill} from './ask-for-scope.js';
import type {Controller} from './cgroup-facts.js';
import {chooseGroups, type GroupChoice} from './choose-groups.js';
import {GroupSite} from './group-site.js';
import {readCgroupFacts, type Asker} from './read-cgroup-facts.js';

/** Where the groups of a run can be made, and what of the wanted cannot be had. */
export interface OpenedSite {
  readonly site: GroupSite | undefined;
  /** Wanted controllers that cannot be had, and why. */
  readonly missing: ReadonlyMap<Controller, string>;
  /** Why there is no site. */
  readonly why?: string;
}

/**
 * Finds out what this machine offers and prepares it. No program is started unless systemd is the only way to what is
 * wanted, or would end limitrun together with what the kernel kills at its cap.
 * @param stay starts somebody who stays in limitrun's own unit when limitrun leaves it, so that the unit is there for as
 * long as the run, and whoever stops it stops the run
 */
export async function openSite(
  asker: Asker,
  runId: string,
  wanted: readonly Controller[],
  welcome: readonly Controller[],
  stay: () => void,
): Promise<OpenedSite> {
  let choice = chooseGroups(readCgroupFacts(asker), wanted, welcome);
  let refused: string | undefined;
  if (choice.kind === 'ask' && choice.because === 'oom_policy' && !(await endsAfterKill(choice.manager))) {
    choice = choice.otherwise;
  }
  if (choice.kind === 'ask') {
    if (choice.leavesEmpty) stay();
    refused = await askForScope(choice.manager, runId, asker.pid);
    choice = refused === undefined ? chooseGroups(readCgroupFacts(asker), wanted, welcome) : choice.otherwise;
  }
  return prepared(choice, wanted, asker.pid, runId, refused);
}

function prepared(
  choice: GroupChoice,
  wanted: readonly Controller[],
  pid: number,
  runId: string,
  refused: string | undefined,
): OpenedSite {
  const all = (why: string): OpenedSite => ({site: undefined, missing: new Map(), why});
  switch (choice.kind) {
    case 'none':
      return all(refused ?? choice.why);
    case 'ask':
      // In its own scope limitrun is alone, so there is nothing left to ask for.
      return prepared(choice.otherwise, wanted, pid, runId, refused);
    case 'groups':
      try {
        const startTime = readStatOf(pid)?.startTime ?? 0;
        const site = new GroupSite(
          choice.places,
          {runId, pid, startTime, pidNamespace: pidNamespace()},
          systemClock,
        );
        return {site, missing: withReason(choice.missing, refused)};
      } catch (error) {
        return all(errorMessage(error));
      }
  }
}

function withReason(missing: ReadonlyMap<Controller, string>, refused: string | undefined): typeof missing {
  if (refused === undefined) return missing;
  return new Map(
    [...missing].map(([controller, why]) => [controller, `${why}, and systemd says: ${refused}`]),
  );
}

/** The number in /proc/self/ns/pid, such as `pid:[4026531836]`. */
function pidNamespace(): number {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0);
  } catch {
    return 0;
  }
}
