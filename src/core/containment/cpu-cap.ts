import {keyedValue} from './cgroup-text.js';
import {cpuQuota} from './cpu-quota.js';
import {readControl, tryControl} from './group-file.js';
import {pidsBeneath} from './group-tree.js';

const US_PER_MS = 1000;
const NS_PER_MS = 1_000_000;

/** Holds a group to a share of CPU time: `cpu.max` of v2, `cpu.cfs_quota_us` of v1 (sched-bwc.rst). */
export class CpuCap {
  readonly kind: 'cgroup2' | 'cgroup1';
  /** Of v1, as it was set last. */
  #periodUs: number | undefined;

  constructor(
    version: 1 | 2,
    private readonly group: string,
  ) {
    this.kind = version === 2 ? 'cgroup2' : 'cgroup1';
  }

  /**
   * @param cores CPU time over time; undefined: as much as there is
   * @returns false when the kernel refuses, or nobody has entered the group
   */
  set(cores: number | undefined): boolean {
    if (cores !== undefined && pidsBeneath(this.group).length === 0) return false;
    const quota = cores === undefined ? undefined : cpuQuota(cores);
    if (this.kind === 'cgroup2') {
      const {quotaUs, periodUs} = quota ?? {quotaUs: 'max', periodUs: cpuQuota(1).periodUs};
      return tryControl(this.group, 'cpu.max', `${String(quotaUs)} ${String(periodUs)}`);
    }
    if (quota === undefined || quota.periodUs !== this.#periodUs) {
      // Without a quota any period will do; with one the share of the moment between two writes could be refused.
      if (!tryControl(this.group, 'cpu.cfs_quota_us', '-1')) return false;
      this.#periodUs = undefined;
    }
    if (quota === undefined) return true;
    if (this.#periodUs === undefined) {
      if (!tryControl(this.group, 'cpu.cfs_period_us', String(quota.periodUs))) return false;
      this.#periodUs = quota.periodUs;
    }
    return tryControl(this.group, 'cpu.cfs_quota_us', String(quota.quotaUs));
  }

  /**
   * For how long CPUs were kept from members that wanted to run, since the group was made, ms, summed over the CPUs:
   * what the members would have used besides, as far as it can be told.
   */
  heldBackMs(): number {
    const text = readControl(this.group, 'cpu.stat') ?? '';
    return this.kind === 'cgroup2'
      ? (keyedValue(text, 'throttled_usec') ?? 0) / US_PER_MS
      : (keyedValue(text, 'throttled_time') ?? 0) / NS_PER_MS;
  }
}
