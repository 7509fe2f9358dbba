import {hasProcfs} from './monitor/open-probe.js';
import {UsageError} from './plan/usage-error.js';

/** On Linux everything rests on /proc; without it neither a limit nor the end of the tree could be promised. */
export function refuseMissingProcfs(): void {
  if (process.platform === 'linux' && !hasProcfs()) {
    throw new UsageError('/proc cannot be read; limitrun needs it on Linux (mount -t proc proc /proc)');
  }
}

/** Whoever may run limitrun as somebody else could have it run and signal anything as them. */
export function refuseSetuid(): void {
  if (process.getuid?.() !== process.geteuid?.() || process.getgid?.() !== process.getegid?.()) {
    throw new UsageError('limitrun refuses to run setuid or setgid');
  }
}
