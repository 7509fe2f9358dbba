import {keyedValue} from './cgroup-text.js';
import {cpuQuota, type CpuQuota} from './cpu-quota.js';
import {readControl, tryControl} from './group-file.js';
import {pidsBeneath} from './group-tree.js';

const US_PER_MS = 1000;
const NS_PER_MS = 1_000_000;

/** Holds a group to a share of CPU time: `cpu.max` of v2, `cpu.cfs_quota_us` of v1 (sched-bwc.rst). */
export class CpuCap {
  readonly kind: 'cgroup2' | 'cgroup1';
  /** As it was set last; undefined: none. */
  #quota: CpuQuota | undefined;
  /** Periods in which it was used up, as they were last counted. */
  #periods = 0;
  #heldBackMs = 0;

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
    // What has passed until now is counted with the quota that held.
    this.heldBackMs();
    if (!(this.kind === 'cgroup2' ? this.#write2(quota) : this.#write1(quota))) return false;
    this.#quota = quota;
    return true;
  }

  #write2(quota: CpuQuota | undefined): boolean {
    const {quotaUs, periodUs} = quota ?? {quotaUs: 'max', periodUs: cpuQuota(1).periodUs};
    return tryControl(this.group, 'cpu.max', `${String(quotaUs)} ${String(periodUs)}`);
  }

  /** Without a quota any period will do; with one the share of the moment between two writes could be refused. */
  #write1(quota: CpuQuota | undefined): boolean {
    const keepsPeriod = quota !== undefined && quota.periodUs === this.#quota?.periodUs;
    if (!keepsPeriod && !tryControl(this.group, 'cpu.cfs_quota_us', '-1')) return false;
    if (quota === undefined) return true;
    return (
      (keepsPeriod || tryControl(this.group, 'cpu.cfs_period_us', String(quota.periodUs))) &&
      tryControl(this.group, 'cpu.cfs_quota_us', String(quota.quotaUs))
    );
  }

  /**
   * For how long CPUs were kept from members that wanted to run, since the group was made, ms, summed over the CPUs:
   * what the members would have used besides, as far as it can be told.
   *
   * The kernel books that time only when it lets a CPU go on, which after an overrun can be many periods later; until
   * then the periods tell, which it counts as they pass, with what is left of one beyond the quota.
   */
  heldBackMs(): number {
    const text = readControl(this.group, 'cpu.stat') ?? '';
    const bookedMs =
      this.kind === 'cgroup2'
        ? (keyedValue(text, 'throttled_usec') ?? 0) / US_PER_MS
        : (keyedValue(text, 'throttled_time') ?? 0) / NS_PER_MS;
    const periods = keyedValue(text, 'nr_throttled') ?? 0;
    const {quotaUs, periodUs} = this.#quota ?? {quotaUs: 0, periodUs: 0};
    const deniedMs = Math.max(0, periodUs - quotaUs) / US_PER_MS;
    this.#heldBackMs = Math.max(bookedMs, this.#heldBackMs + (periods - this.#periods) * deniedMs);
    this.#periods = periods;
    return this.#heldBackMs;
  }
}
