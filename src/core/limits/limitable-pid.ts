import {ancestorsOf} from '../monitor/open-probe.js';

/**
 * Refuses groups, init, this process, and (where a policy would act on the tree) the processes this one runs in.
 * @throws RangeError
 */
export function refuseUnlimitable(pid: number, wouldAct: boolean): void {
  const refuse = (why: string): never => {
    throw new RangeError(`pid ${String(pid)} cannot be limited: ${why}`);
  };
  if (!Number.isSafeInteger(pid) || pid <= 1) refuse('it is no process that may be watched');
  if (pid === process.pid) refuse('it is this process');
  if (wouldAct && ancestorsOf(process.pid).includes(pid)) refuse('this process is part of its tree');
}
