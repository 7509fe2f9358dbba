import {limitsSet, type ResourceLimits} from '../limits/resource-limits.js';
import {actsOnTheTree} from '../limits/resource-policy.js';
import {ancestorsOf, hasProcfs} from '../monitor/open-probe.js';
import {readProcText} from '../monitor/proc-file.js';
import {isDead, readStatOf} from '../monitor/procfs-process.js';
import {numberLine} from '../monitor/procfs-text.js';
import {UsageError} from '../plan/usage-error.js';

/** The kernel's own upper bound (proc_sys_kernel(5), PID_MAX_LIMIT on 64 bits), where the system tells none. */
const PID_MAX_LIMIT = 4_194_304;

/** Whether a violation of these limits would do something to the tree. */
export function wouldAct(limits: ResourceLimits, handling: 'internal' | 'disabled'): boolean {
  return handling !== 'disabled' && limitsSet(limits).some(({policy}) => actsOnTheTree(policy));
}

/**
 * Refuses a number that is no process which can be watched, and one whose limits could not or must not be enforced.
 * @param acting whether its limits would be enforced, see {@link wouldAct}
 * @returns `foreign`: it belongs to another user, so that some figures may be missing
 * @throws UsageError
 */
export function assertWatchable(pid: number, acting: boolean): {readonly foreign: boolean} {
  const shown = String(pid);
  const largest = Number(readProcText('/proc/sys/kernel/pid_max') ?? PID_MAX_LIMIT);
  if (pid === 0) throw new UsageError('0 is no pid: a pid is a number above 1');
  if (pid === 1)
    throw new UsageError('pid 1 is the whole machine or container, and limitrun does not watch it');
  if (pid > largest) throw new UsageError(`${shown} is no pid: the largest one here is ${String(largest)}`);
  if (pid === process.pid) throw new UsageError(`process ${shown} is this limitrun itself`);
  const reach = reachOf(pid);
  if (reach === 'gone') throw new UsageError(`there is no process ${shown}`);
  refuseUnreadable(pid, reach);
  if (acting && reach === 'foreign') {
    throw new UsageError(`process ${shown} belongs to another user, so its limits could not be enforced`);
  }
  if (acting && ancestorsOf(process.pid).includes(pid)) {
    throw new UsageError(
      `this limitrun runs inside process ${shown}, so enforcing a limit would end limitrun too; ` +
        'watch it with --policy log',
    );
  }
  return {foreign: reach === 'foreign'};
}

/** Why a process that is watched cannot be stopped from here; undefined when it can. */
export function unstoppable(pid: number): string | undefined {
  const name = `process ${String(pid)}`;
  if (reachOf(pid) === 'foreign') return `${name} cannot be stopped: it belongs to another user`;
  if (ancestorsOf(process.pid).includes(pid)) return `${name} is not stopped: this limitrun runs inside it`;
  return undefined;
}

function reachOf(pid: number): 'own' | 'foreign' | 'gone' {
  try {
    process.kill(pid, 0);
    return 'own';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'foreign' : 'gone';
  }
}

/** What /proc knows of it: kill(2) also answers for threads and for those that have ended and are not yet reaped. */
function refuseUnreadable(pid: number, reach: 'own' | 'foreign'): void {
  if (!hasProcfs()) return;
  const shown = String(pid);
  const stat = readStatOf(pid);
  if (stat === undefined) {
    throw new UsageError(
      reach === 'foreign'
        ? `process ${shown} belongs to another user and cannot be seen (/proc is mounted with hidepid)`
        : `there is no process ${shown}`,
    );
  }
  if (isDead(stat))
    throw new UsageError(`process ${shown} has ended already; its parent has not noticed yet`);
  const leader = numberLine(readProcText(`/proc/${shown}/status`) ?? '', 'Tgid');
  if (leader !== undefined && leader !== pid) {
    throw new UsageError(
      `${shown} is a thread of process ${String(leader)}; try: limitrun watch ${String(leader)}`,
    );
  }
}
