/** How much CPU time a group gets in each period (`cpu.max`, `cpu.cfs_quota_us`), microseconds. */
export interface CpuQuota {
  readonly quotaUs: number;
  readonly periodUs: number;
}

const USUAL_PERIOD_US = 100_000;
/** sched-bwc.rst: a period lasts up to a second, a quota is a millisecond at least. */
const LONGEST_PERIOD_US = 1_000_000;
const SMALLEST_QUOTA_US = 1000;

/** @param cores CPU time over time: 0.5 is half of a core; below a thousandth the kernel cannot go */
export function cpuQuota(cores: number): CpuQuota {
  const periodUs = cores * USUAL_PERIOD_US < SMALLEST_QUOTA_US ? LONGEST_PERIOD_US : USUAL_PERIOD_US;
  return {quotaUs: Math.max(SMALLEST_QUOTA_US, Math.round(cores * periodUs)), periodUs};
}
