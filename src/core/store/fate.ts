import type {RunEvent, Supervisor} from '../record/run-event.js';
import type {Fate} from './run-store.js';
import {ownIdentity, startTimeOf, supervisorLives} from './supervisor.js';

/** Where its pid says nothing, a limitrun that has touched its live file this lately is taken for alive. */
const FRESH_MS = 5000;
/** So long a lost run is shown among those that run. */
export const LOST_KEPT_MS = 24 * 3600 * 1000;

/** Tells what has become of runs. */
export class FateTeller {
  readonly #here = ownIdentity();

  /**
   * To be asked after the events have been read, and again with what has been written since when it says `lost`: a run
   * may end, or tell its end, in between.
   * @param modifiedMs when its record was last written, milliseconds since the epoch
   */
  fate(events: readonly RunEvent[], modifiedMs: number): Fate {
    if (events.some(({kind}) => kind === 'run_ended')) return 'ended';
    return this.#lives(supervisorOf(events), modifiedMs) ? 'running' : 'lost';
  }

  #lives(supervisor: Supervisor | undefined, modifiedMs: number): boolean {
    const lives = supervisor && supervisorLives(supervisor, this.#here, startTimeOf);
    if (lives === 'yes' || lives === 'no') return lives === 'yes';
    return Date.now() - modifiedMs < FRESH_MS;
  }
}

function supervisorOf(events: readonly RunEvent[]): Supervisor | undefined {
  for (const event of events) if (event.kind === 'run_started') return event.supervisor;
  return undefined;
}
