import type {ProcessIdentity, ProcessTree} from '../monitor/probe.js';

/** `denied`: the process belongs to another user (a setuid program, sudo). */
export type SignalResult = 'sent' | 'gone' | 'denied';

/**
 * Sends a signal to this very process: never to a later one that got its pid, never to a group.
 */
export function signalProcess(
  tree: ProcessTree,
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
): SignalResult {
  // 0 and negative numbers mean whole groups to kill(2), 1 is init.
  if (!Number.isInteger(identity.pid) || identity.pid <= 1)
    throw new Error(`not a member: ${String(identity.pid)}`);
  if (!tree.isAlive(identity)) return 'gone';
  try {
    process.kill(identity.pid, signal);
    return 'sent';
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}
