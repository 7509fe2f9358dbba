import {keyedValue} from './cgroup-text.js';
import {writeFrozen} from './freezer-file.js';
import {readControl} from './group-file.js';

/** Who needs the group to stand still. */
export type FreezeHolder = 'start' | 'crowd' | 'hook' | 'throttle' | 'ending';

/** What is in an uninterruptible wait freezes after it; so long it is waited for. */
const FROZEN_WITHIN_MS = 100;
const LONGEST_LOOK_MS = 8;

/**
 * Makes all processes of a group stand still by one write, those too that enter it later, without a signal and without
 * their parents' knowledge: `cgroup.freeze` (cgroup-v2.rst) or the freezer of v1 (freezer-subsystem.rst). As long as
 * somebody holds it, it stays frozen.
 *
 * A process that v2 has frozen dies of SIGKILL; one that v1 has frozen only when it is thawed.
 */
export class GroupFreezer {
  readonly #holders = new Set<FreezeHolder>();

  constructor(
    private readonly version: 1 | 2,
    private readonly group: string,
  ) {}

  /**
   * Begins before it returns.
   * @returns when all stand still, or have been waited for long enough; false when the kernel refused
   */
  async freeze(holder: FreezeHolder): Promise<boolean> {
    if (!this.#write(true)) return false;
    this.#holders.add(holder);
    for (let lookMs = 1, waitedMs = 0; waitedMs < FROZEN_WITHIN_MS && !this.#isFrozen(); waitedMs += lookMs) {
      await new Promise((resolve) => setTimeout(resolve, lookMs));
      lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS);
    }
    return true;
  }

  /** Lets go. @param holder default: everybody who holds it */
  thaw(holder?: FreezeHolder): void {
    if (this.#holders.size === 0) return;
    if (holder === undefined) this.#holders.clear();
    else this.#holders.delete(holder);
    if (this.#holders.size === 0) this.#write(false);
  }

  /** Nobody holds it any more: true as well, for whoever waits for it to stand still. */
  #isFrozen(): boolean {
    if (this.#holders.size === 0) return true;
    if (this.version === 2) return keyedValue(readControl(this.group, 'cgroup.events') ?? '', 'frozen') !== 0;
    if (readControl(this.group, 'freezer.state')?.startsWith('FREEZING') !== true) return true;
    // One that could not be frozen then is tried again.
    this.#write(true);
    return false;
  }

  #write(frozen: boolean): boolean {
    return writeFrozen(this.version, this.group, frozen);
  }
}
