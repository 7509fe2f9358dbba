import {readdirSync, readlinkSync} from 'node:fs';
import {readProcText} from '../monitor/proc-file.js';

/** What Node opens for itself before any script runs. */
const NODES_OWN = /^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/;

/**
 * Tells descriptors that limitrun was started with (make's job server, socket activation) from Node's own. Node marks
 * them all close-on-exec, so they have to be named to reach the child. What lies below Node's first event queue was there before Node.
 * Above it, an event queue and a pipe with both ends here are Node's own.
 * @param open each descriptor and what it is, as readlink(2) of /proc/self/fd/N tells
 */
export function findInherited(open: ReadonlyMap<number, string>): number[] {
  const descriptors = [...open.keys()].sort((a, b) => a - b);
  const firstOwn = descriptors.find((fd) => fd > 2 && open.get(fd) === 'anon_inode:[eventpoll]') ?? Infinity;
  const ends = new Map<string, number>();
  for (const [fd, target] of open) if (fd > firstOwn) ends.set(target, (ends.get(target) ?? 0) + 1);
  return descriptors.filter((fd) => {
    const target = open.get(fd) ?? '';
    if (fd <= 2) return false;
    if (fd < firstOwn) return true;
    const ownPipe = target.startsWith('pipe:') && (ends.get(target) ?? 0) > 1;
    return !NODES_OWN.test(target) && !ownPipe;
  });
}

/** The descriptors that are open now, and what each is. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    // No /proc: nothing is passed on.
    return open;
  }
  for (const name of names) {
    try {
      open.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The descriptor of the directory listing itself.
      continue;
    }
  }
  return open;
}

/** O_CLOEXEC as fdinfo tells it (proc(5)): octal. */
const CLOSED_ON_EXEC = 0o2000000;

/**
 * Those of the descriptors that a child gets only if they are named. Node marks the lowest ones close-on-exec and stops
 * at a gap, so that one far above (the 251 of some shells' jobs) is passed on by the system anyway; to name it would
 * mean to name each one below it.
 */
export function toBeNamed(descriptors: readonly number[]): number[] {
  return descriptors.filter((descriptor) => {
    try {
      const text = readProcText(`/proc/self/fdinfo/${String(descriptor)}`) ?? '';
      const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(text)?.[1] ?? '', 8);
      return Number.isNaN(flags) || (flags & CLOSED_ON_EXEC) !== 0;
    } catch {
      return true;
    }
  });
}
