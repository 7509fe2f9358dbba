import type {Asker} from './read-cgroup-facts.js';

/** This limitrun. @param ignoredSignals without `SIG` */
export function askerHere(ignoredSignals: readonly string[]): Asker {
  const uid = process.getuid?.() ?? -1;
  const given = process.env['XDG_RUNTIME_DIR'];
  return {
    pid: process.pid,
    uid,
    runtimeDirectory: given === undefined || given === '' ? `/run/user/${String(uid)}` : given,
    outlivesLogin: ignoredSignals.includes('HUP'),
  };
}
