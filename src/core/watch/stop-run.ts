import {ownIdentity, startTimeOf, supervisorLives} from '../store/supervisor.js';
import type {StoredRun} from '../store/run-store.js';

/**
 * Asks the limitrun of a run to end it gracefully, by SIGTERM. Whether it still is that limitrun is looked at again just
 * before: its pid may have gone to another process.
 * @returns what is to be said about it
 */
export function stopRun(title: string, {view}: StoredRun): string {
  const {supervisor} = view.record;
  const lives = supervisor && supervisorLives(supervisor, ownIdentity(), startTimeOf);
  if (supervisor === undefined || lives === 'unknown') {
    return `${title} cannot be stopped from here: its limitrun runs in another container, or is not known`;
  }
  if (lives === 'no') return `${title} cannot be stopped: its limitrun is gone`;
  try {
    process.kill(supervisor.pid, 'SIGTERM');
    return `stopping ${title}`;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EPERM') return `${title} cannot be stopped: it belongs to another user`;
    return `${title} cannot be stopped: its limitrun is gone`;
  }
}
