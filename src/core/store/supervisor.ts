import {readFileSync, readlinkSync} from 'node:fs';
import {isDead, readStatOf} from '../monitor/procfs-process.js';
import type {Supervisor} from '../record/run-event.js';

/** This limitrun, as its run's record names it. */
export function ownIdentity(): Supervisor {
  const startTime = startTimeOf(process.pid);
  return {pid: process.pid, ...(startTime !== undefined && {startTime}), ...machine()};
}

/**
 * Whether the limitrun that supervised a run still runs.
 * @param here this process
 * @param startTimeOf when the process with this pid was started; undefined when there is none
 * @returns `unknown` when its pid says nothing here: it is from another pid namespace, or there is no /proc
 */
export function supervisorLives(
  {pid, startTime, bootId, pidNamespace}: Supervisor,
  here: Supervisor,
  startTimeOf: (pid: number) => number | undefined,
): 'yes' | 'no' | 'unknown' {
  if (bootId !== undefined && here.bootId !== undefined && bootId !== here.bootId) return 'no';
  if (pidNamespace !== here.pidNamespace || startTime === undefined || here.startTime === undefined)
    return 'unknown';
  return startTimeOf(pid) === startTime ? 'yes' : 'no';
}

/** When a process was started, clock ticks since boot; undefined when it is gone or a zombie. */
export function startTimeOf(pid: number): number | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const stat = readStatOf(pid);
  return stat === undefined || isDead(stat) ? undefined : stat.startTime;
}

function machine(): Pick<Supervisor, 'bootId' | 'pidNamespace'> {
  const bootId = told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pidNamespace = told(() => readlinkSync('/proc/self/ns/pid'));
  return {...(bootId !== undefined && {bootId}), ...(pidNamespace !== undefined && {pidNamespace})};
}

function told(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
