import {blockFor} from '../block.js';
import type {Clock} from '../clock.js';
import {passed} from '../later.js';
import {type LookingRules, LooksBetween, smoothed} from './looks-between.js';
import {MemberTrail} from './member-trail.js';
import type {Probe, ReadRequest, TreeReading} from './probe.js';
import {PssBudget} from './pss-budget.js';
import type {ResourceUsage} from './resource-usage.js';
import type {TreeMember} from './tree-member.js';
import {UsageHistory} from './usage-history.js';
import {UsageMeter} from './usage-meter.js';

/** Figures that are dear to read and that no limit asks for are read in a sample that comes this long after the last such. */
const DETAILS_EVERY_MS = 950;
/** So many readings in a row must fail before the monitor gives up. */
const FAILURES_UNTIL_FAULT = 3;
const RETRY_MS = 10;
/** The members as the last sample saw them are good enough for this long. */
const STALE_AFTER_MS = 250;

export interface ResourceMonitorOptions extends LookingRules {
  readonly probe: Probe;
  readonly clock: Clock;
  /** How long usage is remembered, milliseconds. */
  readonly historyRetentionMs: number;
  /** This process, if the tree was started by it and begins with the monitor. */
  readonly reaperPid?: number;
  /** After each sample: how long until the next one, milliseconds. */
  readonly nextGapMs: (usage: ResourceUsage, previous: ResourceUsage | undefined) => number;
  /** Given the cheap figures, whether the sample has to be taken again with the proportional set size. */
  readonly needsPss: (usage: ResourceUsage) => boolean;
  /** Whether swap, open files and disk are needed in every sample and not just now and then. */
  readonly needsDetails: boolean;
  /** @param gapMs the longest time without a look that saw all limits, since the last sample */
  readonly onUsage: (usage: ResourceUsage, gapMs: number) => void;
  /** Sampling is not possible any more; it has stopped. */
  readonly onFault: (error: Error) => void;
}

/**
 * Reads the usage of one process tree through a probe, at the moments it is told to, one sample at a time.
 * Knows neither limits nor policies.
 */
export class ResourceMonitor {
  readonly history: UsageHistory;
  readonly #options: ResourceMonitorOptions;
  readonly #meter: UsageMeter;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #previous: ResourceUsage | undefined;
  readonly #trail = new MemberTrail();
  #last: {readonly reading: TreeReading; readonly atMs: number} | undefined;
  #nextDetailsMs = 0;
  #failures = 0;
  #costMs = 0;
  readonly #looks: LooksBetween;
  readonly #pssBudget = new PssBudget();
  readonly #now = (): number => this.#options.clock.nowMs();
  /** The one timer, for samples and for the looks between them. */
  readonly #wake = (): void => {
    const gapMs = this.#looks.look(this.#now(), this.#now);
    if (!this.#looks.young) this.#settle();
    if (gapMs === 0) void this.#tick();
    else this.#wakeIn(gapMs);
  };
  #timerMs = 0;
  #settle!: () => void;
  /** When the tree is not so new any more that it is looked at all the time, or is no longer watched. */
  readonly settled = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(options: ResourceMonitorOptions) {
    this.#options = options;
    this.history = new UsageHistory(options.historyRetentionMs);
    const {probe, reaperPid, clock} = options;
    this.#meter = new UsageMeter(
      probe.source,
      reaperPid === undefined ? undefined : {atMs: clock.nowMs()},
      reaperPid,
    );
    this.#looks = new LooksBetween(probe, options, this.#meter);
  }

  /**
   * Takes the first sample at once; of an own root that has ended already only if its end does not come to be known now.
   */
  async start(): Promise<void> {
    this.#running = true;
    this.#looks.start(this.#now());
    if (!this.#looks.young) this.#settle();
    // Of an own child that is told; a moment later it is known.
    if (this.#options.reaperPid !== undefined && !this.#options.probe.isRootAlive()) {
      await passed(1);
      if (!this.#isRunning()) return;
    }
    await this.#tick();
  }

  /** Stops sampling; no sample is delivered afterwards. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#settle();
  }

  /**
   * One last look, for the totals of a tree that is over: CPU time and disk of what has been reaped since the last
   * sample. To be called after {@link stop}.
   */
  async finalUsage(): Promise<ResourceUsage> {
    return this.#sample({pss: false, details: true});
  }

  /**
   * Who is in the tree now, with arguments, in no order: as the last sample saw it, or a fresh look when that is long
   * ago.
   * @param choose which members are wanted; only their arguments are read
   * @param withArguments whether they are read at all
   */
  members(
    choose: (members: readonly TreeMember[]) => readonly TreeMember[],
    withArguments = true,
  ): readonly TreeMember[] {
    const {probe} = this.#options;
    const {reading, atMs} = this.#look();
    const chosen = choose(this.#trail.members(reading.processes, atMs));
    if (!withArguments) return chosen;
    return chosen.map((member) => {
      const args = probe.commandLine?.(member.pid);
      return args === undefined ? member : {...member, args};
    });
  }

  #look(): {readonly reading: TreeReading; readonly atMs: number} {
    const nowMs = this.#options.clock.nowMs();
    const last = this.#last ?? {reading: {processes: []}, atMs: nowMs};
    if (this.#last !== undefined && nowMs - last.atMs <= STALE_AFTER_MS) return last;
    const reading = this.#options.probe.read({pss: false, details: false});
    if (!('then' in reading)) return {reading, atMs: nowMs};
    // A probe that takes its time is not waited for.
    reading.catch(() => undefined);
    return last;
  }

  /** The tree's CPU time at this moment, ms: a look between the samples, which is not delivered. */
  async cpuTimeMs(): Promise<number | undefined> {
    return (await this.#sample({pss: false, details: false})).cpu.timeMs;
  }

  async #tick(): Promise<void> {
    const began = this.#options.clock.nowMs();
    const details = this.#options.needsDetails || began >= this.#nextDetailsMs;
    if (details) this.#nextDetailsMs = began + DETAILS_EVERY_MS;
    let usage: ResourceUsage;
    try {
      usage = await this.#sample({pss: false, details});
      if (this.#wantsPss(usage)) usage = await this.#sampleWithPss(usage, details);
      this.#failures = 0;
    } catch (error) {
      this.#failed(error as Error);
      return;
    }
    // The child may have ended while an asynchronous probe was reading.
    if (!this.#isRunning()) return;
    const previous = this.#previous;
    this.#previous = usage;
    this.history.add(usage);
    this.#options.onUsage(usage, this.#looks.worstGapMs(usage.atMs));
    this.#costMs = smoothed(this.#costMs, this.#options.clock.nowMs() - began);
    this.#planNext(usage, previous);
  }

  #wantsPss(usage: ResourceUsage): boolean {
    return this.#options.needsPss(usage) || this.#pssBudget.affords(usage, usage.atMs);
  }

  async #sampleWithPss(seen: ResourceUsage, details: boolean): Promise<ResourceUsage> {
    const {clock} = this.#options;
    const began = clock.nowMs();
    const usage = await this.#sample({pss: true, details});
    const isRead = this.#last?.reading.processes.every(({pssCarried}) => pssCarried !== true);
    if (isRead === true) this.#pssBudget.spent(seen, clock.nowMs() - began, clock.nowMs());
    return usage;
  }

  #isRunning(): boolean {
    return this.#running;
  }

  /** Never more than half of the time is spent on sampling, unless a sample is wanted at once. */
  #planNext(usage: ResourceUsage, previous: ResourceUsage | undefined): void {
    const peakMs = Math.max(1, this.#pssBudget.peakDueInMs(usage, this.#now()));
    const wantedMs = Math.min(this.#options.nextGapMs(usage, previous), peakMs);
    const gapMs = wantedMs === 0 ? 0 : Math.max(wantedMs, this.#costMs);
    this.#wakeIn(this.#looks.begin(usage, previous, gapMs, this.#now()));
  }

  #wakeIn(gapMs: number): void {
    if (!this.#running) return;
    // A timer is never sooner than in a millisecond.
    if (gapMs < 1) {
      if (gapMs > 0) blockFor(gapMs);
      setImmediate(this.#wake);
      return;
    }
    // Far from the limits the gap is always the same, and a timer that is there is had for less than a new one.
    if (gapMs === this.#timerMs) this.#timer?.refresh();
    else this.#timer = setTimeout(this.#wake, gapMs);
    this.#timerMs = gapMs;
  }

  async #sample(request: ReadRequest): Promise<ResourceUsage> {
    const reading = await this.#options.probe.read(request);
    const {clock} = this.#options;
    const atMs = clock.nowMs();
    this.#last = {reading, atMs};
    this.#trail.add(reading.processes, atMs);
    return this.#meter.add(reading, {atMs, timestampMs: clock.timestampMs()});
  }

  #failed(error: Error): void {
    if (!this.#running) return;
    this.#failures += 1;
    if (this.#failures < FAILURES_UNTIL_FAULT) {
      this.#looks.none();
      this.#wakeIn(RETRY_MS);
      return;
    }
    this.stop();
    this.#options.onFault(error);
  }
}
