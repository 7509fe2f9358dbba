/** Who needs a tree to stand still. */
export type StandstillFor = 'hook' | 'throttle' | 'ending';

/** A control group around a tree: what of its processes can be done at once. What has left it is dealt with one by one. */
export interface TreeGroup {
  members(): readonly number[];
  /** See `ProbeOptions.crowded`. */
  readonly crowded?: () => boolean;
  /** SIGKILL to every process in it, those too that are being forked and those that are frozen. */
  kill(): void;
  /**
   * Makes every process in it stand still by one write, without a signal. Begins before it returns.
   * @returns when they do, or after a short wait; false where the kernel cannot, and nothing has changed
   */
  freeze(by: StandstillFor): Promise<boolean>;
  /** Lets go. @param by default: whoever holds it */
  thaw(by?: StandstillFor): void;
  /** Absent where the kernel cannot hold CPU time back. */
  readonly cpu?: TreeCpuCap;
}

/** CPU time held back by the kernel. */
export interface TreeCpuCap {
  readonly kind: 'cgroup2' | 'cgroup1';
  /** @param cores CPU time over time; undefined: all there is. @returns false when it cannot be kept */
  set(cores: number | undefined): boolean;
  /** How much CPU time was wanted and not given so far, ms, as the kernel counts it. */
  heldBackMs(): number;
}
