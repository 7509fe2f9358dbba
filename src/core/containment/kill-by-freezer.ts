import {tryControl} from './group-file.js';
import {pidsBeneath} from './group-tree.js';

/** What still grows after so many rounds is left to whoever looks again. */
const MOST_ROUNDS = 20;

/**
 * Kills a group where the kernel has no `cgroup.kill`: what is frozen cannot fork (freezer-subsystem.rst of cgroup v1,
 * cgroup.freeze of v2), and nobody else can have its pids.
 */
export function killByFreezer(group: string, version: 1 | 2): void {
  const [file, frozen, thawed] =
    version === 2 ? (['cgroup.freeze', '1', '0'] as const) : (['freezer.state', 'FROZEN', 'THAWED'] as const);
  const killed = new Set<number>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    tryControl(group, file, frozen);
    const fresh = pidsBeneath(group).filter((pid) => !killed.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      killed.add(pid);
      kill(pid);
    }
  }
  tryControl(group, file, thawed);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone, or another user's: whoever looks at what is left will say so.
  }
}
