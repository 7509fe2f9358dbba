import type {Asker} from './read-cgroup-facts.js';

/** This limitrun. @param ignoredSignals without `SIG` */
export function askerHere(ignoredSignals: readonly string[]): Asker {
  const uid = process.getuid?.() ?? -1;
  return {
    pid: process.pid,
    uid,
    runtimeDirectory: process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(uid)}`,
    outlivesLogin: ignoredSignals.includes('HUP'),
  };
}
