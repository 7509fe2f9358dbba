import {writeFrozen} from './freezer-file.js';
import {pidsBeneath} from './group-tree.js';

/** What still grows after so many rounds is left to whoever looks again. */
const MOST_ROUNDS = 20;

/**
 * Kills a group where the kernel has no `cgroup.kill`: what is frozen cannot fork, and nobody else can have its pids.
 * Leaves it thawed, since what v1 has frozen dies only then.
 */
export function killByFreezer(group: string, version: 1 | 2): void {
  const killed = new Set<number>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    writeFrozen(version, group, true);
    const fresh = pidsBeneath(group).filter((pid) => pid > 1 && !killed.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      killed.add(pid);
      kill(pid);
    }
  }
  writeFrozen(version, group, false);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone, or another user's: whoever looks at what is left will say so.
  }
}
