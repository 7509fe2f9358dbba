import type {ProcessIdentity, ProcessTree} from '../monitor/probe.js';
import {readStatOf} from '../monitor/procfs-process.js';
import {signalProcess} from './signal-process.js';
import type {TreeGroup} from './tree-group.js';

/** A tree that still forks after so many rounds of SIGSTOP is left as it is. */
const MOST_FREEZE_ROUNDS = 20;
/** A process that is about to stop has done so after so many looks, a millisecond apart, or is in a wait of its own. */
const MOST_LOOKS_AT_STOPPING = 20;

/**
 * Stops every member of a tree until a look finds no new one, so that none can fork behind the caller's back.
 * @param stop sends SIGSTOP to these members
 * @param wanted asked before each round: whether they are still to be stopped
 * @returns the members of the last look
 */
export async function stopMembers(
  tree: ProcessTree,
  stop: (members: readonly ProcessIdentity[]) => void,
  wanted: () => boolean = () => true,
): Promise<readonly ProcessIdentity[]> {
  const stopped = new Set<number>();
  // The first look is a short one: what grows must stand still before the whole machine is searched.
  let members = await tree.members('nearby');
  for (let round = 0; round < MOST_FREEZE_ROUNDS && wanted(); round += 1) {
    const fresh = members.filter((member) => !stopped.has(member.pid));
    if (fresh.length === 0 && round > 0) break;
    stop(fresh);
    for (const member of fresh) stopped.add(member.pid);
    members = await tree.members('everywhere');
  }
  return members;
}

/**
 * Makes one tree stand still for a while, and sees to it that nothing of it is left stopped.
 *
 * In the end all are stopped by SIGSTOP, where there is a control group too: a debugger cannot attach (PTRACE_ATTACH,
 * as gdb does) to a process that is frozen, and looking is what the tree stands still for. The group is frozen while the
 * signals are sent, so that all stand still from one moment on and none is missed.
 */
export class TreeFreezer {
  readonly #tree: ProcessTree;
  readonly #isBeingEnded: () => boolean;
  readonly #group: TreeGroup | undefined;
  readonly #stopped = new Map<number, ProcessIdentity>();
  #wanted = false;

  /**
   * @param isBeingEnded whether somebody is ending the tree: whoever does sends SIGCONT or SIGKILL to all of it, and
   * from then on nothing is stopped here
   */
  constructor(tree: ProcessTree, isBeingEnded: () => boolean, group?: TreeGroup) {
    this.#tree = tree;
    this.#isBeingEnded = isBeingEnded;
    this.#group = group;
  }

  /** SIGSTOP to every member. Resolves when all stand still, or at once when the tree is being ended. */
  async freeze(): Promise<void> {
    this.#wanted = true;
    const isWanted = (): boolean => this.#wanted && !this.#isBeingEnded();
    await this.#group?.freeze('hook');
    await stopMembers(
      this.#tree,
      (members) => {
        for (const member of members) {
          if (signalProcess(this.#tree, member, 'SIGSTOP') === 'sent') this.#stopped.set(member.pid, member);
        }
      },
      isWanted,
    );
    this.#group?.thaw('hook');
    for (let look = 0; look < MOST_LOOKS_AT_STOPPING && isWanted() && !this.#allStand(); look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /**
   * SIGCONT to every member that was stopped here, the youngest first: a shell must not see that its child stood
   * still. Stops a {@link freeze} that is still under way.
   */
  thaw(): void {
    this.#wanted = false;
    this.#group?.thaw('hook');
    for (const member of [...this.#stopped.values()].reverse()) signalProcess(this.#tree, member, 'SIGCONT');
    this.#stopped.clear();
  }

  #allStand(): boolean {
    return [...this.#stopped.keys()].every((pid) => 'TtZX'.includes(readStatOf(pid)?.state ?? 'X'));
  }
}
