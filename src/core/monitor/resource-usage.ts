/** Where a figure comes from; printed beside every figure. */
export type UsageSource = 'procfs' | 'cgroup2' | 'cgroup1' | 'pidusage';

/**
 * The numbers of the whole process tree at one instant. A metric that was not measured is absent, never 0.
 * Sizes in bytes, times in milliseconds, percent with 100 = one core.
 */
export interface ResourceUsage {
  /** Monotonic clock, milliseconds (`performance.now()`): for differences. */
  readonly atMs: number;
  /** Wall clock, milliseconds since the epoch: for people. */
  readonly timestampMs: number;
  readonly source: UsageSource;
  readonly memory: {
    /** Sum of the resident set sizes; pages shared between members are counted once per member. */
    readonly rssBytes?: number;
    /** The highest RSS any one member has had so far (`VmHWM`), between samples too; not read in every sample. */
    readonly peakRssBytes?: number;
    /** Sum of the proportional set sizes (shared pages counted once); read only near a memory limit. */
    readonly pssBytes?: number;
    readonly virtualBytes?: number;
    readonly swapBytes?: number;
  };
  readonly cpu: {
    /** User and system time since the start of the attempt, members that have exited included. */
    readonly timeMs?: number;
    /** CPU time over really elapsed time, over the last second at least; absent before that. */
    readonly percent?: number;
  };
  readonly io: {
    /** Bytes that really went through the disk, exited members included. */
    readonly readBytes?: number;
    readonly writtenBytes?: number;
    readonly readBytesPerSecond?: number;
    readonly writtenBytesPerSecond?: number;
  };
  readonly process: {
    readonly processes?: number;
    readonly fileDescriptors?: number;
  };
}
