import type {
  Probe,
  ProbeOptions,
  ProcessIdentity,
  ProcessReading,
  ReadRequest,
  ReapedTotals,
  TreeGlance,
  TreeReading,
  TreeScreening,
  UsageMetric,
} from './probe.js';
import {LITTLE_ENDIAN} from '../little-endian.js';
import {Environments} from './environments.js';
import {ForkWatch} from './fork-watch.js';
import {readProcText} from './proc-file.js';
import {pidsSince} from './pids-since.js';
import {ProcfsMember, sharedBytesOf, type ProcUnits} from './procfs-member.js';
import {isDead, namesIn, readStatOf} from './procfs-process.js';
import {procfsMetrics} from './procfs-metrics.js';
import {ownReaped, type ReapedBaseline} from './procfs-reaped.js';
import {parseAuxv, parseCommandLine} from './procfs-text.js';

/** How often the whole of /proc is searched for members that left the tree of parents and children: about once a second. */
const SWEEP_EVERY_MS = 950;
/** Between two searches for new children, of which a look at the tree's memory is no part, this many times what one costs. */
const REST_AFTER_WALK = 9;
/** Children are asked for this often even if no process was started: the kernel's lists can miss one that is read too early. */
const WALK_EVERY_MS = 950;

const NOTHING_REAPED: ReapedTotals = {cpuTimeMs: 0};

/** For so long a thorough sweep need not look again at those that were strangers. */
const JUDGED_FOR_MS = 20;

/** Within this time no machine starts so many processes that pids come round (32,768 at the least, proc(5) `pid_max`). */
const YOUNG_MS = 50;

/** On a machine that starts processes faster than they can be looked at, nobody waits for a moment without one. */
const MOST_LOOKS_AT_NEWCOMERS = 100;

/** After so many sweeps the strangers are looked at again, since a pid can be used again. */
const SWEEPS_UNTIL_STRANGERS_ARE_FORGOTTEN = 10;

/**
 * The process tree under Linux /proc. Members once seen stay members until they end, whoever their parent is by
 * then: they are remembered by pid and start time.
 */
export class ProcfsProbe implements Probe {
  readonly source = 'procfs';
  readonly rootPid: number;
  readonly crowded?: () => boolean;

  /** In the order of discovery, so parents come before the children they started. */
  readonly #members = new Map<number, ProcfsMember>();
  readonly #options: ProbeOptions;
  readonly #units: ProcUnits;
  readonly #root: ProcfsMember | undefined;
  #baseline: ReapedBaseline | undefined;
  #strangers = new Set<number>();
  /** The last thorough sweep: when it was, and how many members had been found by then. */
  #judged = {atMs: -Infinity, adopted: 0};
  #adopted = 0;
  readonly #environments = new Environments();
  #sweeps = 0;
  readonly #openedMs: number;
  #nextSweepMs: number;
  readonly #forks = new ForkWatch();
  /** The pid given out last when nobody was left of the tree: until it changes, nobody has been started instead. */
  #endedAtPid: number | undefined;
  /** The pid given out last when the children were last asked for. */
  #walkedAtPid: number | undefined;
  /** The same of the last sweep. */
  #sweptAtPid: number | undefined;
  /** The same of the last look into the control group. */
  #groupAtPid: number | undefined;
  /** From then on they are asked for whether a process was started or not. */
  #nextFullWalkMs = -Infinity;
  /** Not before then in a screening. */
  #nextWalkMs = -Infinity;
  readonly #screening: TreeScreening = {rssBytes: 0, processes: 0};
  readonly #glance: TreeGlance = {
    rssBytes: 0,
    processes: 0,
    virtualBytes: 0,
    cpuGrowthMs: 0,
    peakRssBytes: 0,
  };
  /** Whether members have come or gone since the last reading. */
  #changed = true;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.rootPid = options.rootPid;
    if (options.crowded !== undefined) this.crowded = options.crowded;
    this.#units = parseAuxv(readProcText('/proc/self/auxv') ?? '', LITTLE_ENDIAN);
    this.#baseline = options.ownChild ? ownReaped(this.#units) : undefined;
    this.#openedMs = options.nowMs();
    this.#nextSweepMs = this.#openedMs + SWEEP_EVERY_MS;
    this.#root = ProcfsMember.open(options.rootPid);
    if (this.#root) this.#members.set(this.#root.pid, this.#root);
  }

  get measures(): ReadonlySet<UsageMetric> {
    return procfsMetrics();
  }

  read(request: ReadRequest): TreeReading {
    if (this.#options.nowMs() >= this.#nextSweepMs) {
      this.#sweep(false);
      this.#nextSweepMs = this.#options.nowMs() + SWEEP_EVERY_MS;
    }
    const walk = this.#walkIsDue();
    if (walk) this.#adoptGroup(this.#walkedAtPid);
    // As it has just been read.
    const lastPid = this.#walkedAtPid;
    let processes = this.#readMembers(request, walk, lastPid);
    // With who has been started meanwhile the others may share their pages.
    const isCarried = processes.some(({pssCarried}) => pssCarried);
    if (isCarried && this.#forks.lastPid() !== lastPid) processes = this.#readMembers(request, false);
    this.#changed = false;
    const reaped = this.#baseline && this.#reaped(this.#baseline, processes, request);
    return reaped === undefined ? {processes} : {processes, reaped};
  }

  #readMembers(request: ReadRequest, walk: boolean, lastPid?: number): ProcessReading[] {
    const processes: ProcessReading[] = [];
    const sharedBytes = request.pss ? sharedBytesOf(this.#members.values(), this.#units) : 0;
    const look = {atMs: this.#options.nowMs(), lastPid, sharedBytes};
    // A Map can grow while it is walked: children found here are visited in the same walk.
    for (const member of this.#members.values()) {
      const stat = member.stat();
      if (stat === undefined) {
        this.#forget(member);
        continue;
      }
      processes.push(member.reading(stat, this.#units, request, look));
      if (walk) for (const pid of member.childPids(stat)) this.#adopt(pid);
    }
    return processes;
  }

  screen(searchNow: boolean): Readonly<TreeScreening> | undefined {
    this.#findChildren(searchNow);
    const {pageBytes} = this.#units;
    this.#screening.rssBytes = 0;
    this.#screening.processes = 0;
    for (const member of this.#members.values()) {
      const pages = member.residentPages();
      if (pages < 0) this.#forget(member);
      if (pages <= 0) continue;
      this.#screening.rssBytes += pages * pageBytes;
      this.#screening.processes += 1;
    }
    return this.#screening.processes === 0 ? undefined : this.#screening;
  }

  glance(): Readonly<TreeGlance> | undefined {
    const seen = this.#changed ? undefined : this.#glanceAtMembers();
    // Who else has come since is found by the reading that follows.
    if (seen === undefined) this.#walkedAtPid = undefined;
    return seen;
  }

  members(where: 'nearby' | 'everywhere'): readonly ProcessIdentity[] {
    const lastPid = this.#forks.lastPid();
    if (lastPid !== undefined && lastPid === this.#endedAtPid) return [];
    this.#walk();
    if (where === 'nearby') return this.#alive();
    let known: number;
    do {
      known = this.#members.size;
      this.#sweep(true);
      this.#walk();
    } while (this.#members.size > known);
    // Only after it was seen that nobody is left it can be told that nobody has come instead.
    let alive = this.#alive();
    for (let look = 0; alive.length === 0 && look < MOST_LOOKS_AT_NEWCOMERS; look += 1) {
      if (!this.#meetNewcomers(lastPid)) break;
      alive = this.#alive();
    }
    if (alive.length === 0 && this.#forks.lastPid() === lastPid) this.#endedAtPid = lastPid;
    return alive;
  }

  known(): readonly ProcessIdentity[] {
    return [...this.#members.values()];
  }

  #alive(): readonly ProcessIdentity[] {
    return this.known()
      .filter((member) => this.isAlive(member))
      .map(({pid, startTime}) => ({pid, startTime}));
  }

  isAlive(identity: ProcessIdentity): boolean {
    const stat = readStatOf(identity.pid);
    return stat?.startTime === identity.startTime && !isDead(stat);
  }

  isRootAlive(): boolean {
    return this.#root !== undefined && this.isAlive(this.#root);
  }

  commandLine(pid: number): readonly string[] | undefined {
    const text = readProcText(`/proc/${String(pid)}/cmdline`);
    return text === undefined ? undefined : parseCommandLine(text);
  }

  disownReaped(): void {
    if (this.#baseline !== undefined && this.isRootAlive()) this.#baseline = ownReaped(this.#units);
  }

  close(): void {
    for (const member of this.#members.values()) member.close();
    this.#members.clear();
    this.#forks.close();
  }

  #glanceAtMembers(): Readonly<TreeGlance> | undefined {
    // Nobody was started anywhere: that costs one reading of one file.
    const lastPid = this.#forks.lastPid();
    const walk = lastPid === undefined || lastPid !== this.#walkedAtPid;
    // Somebody may have left the tree of parents and children.
    if (lastPid !== this.#sweptAtPid && this.#options.nowMs() >= this.#nextSweepMs) return undefined;
    // Noted before anybody is asked: what is started meanwhile is found by the next walk.
    this.#walkedAtPid = lastPid;
    const glance = this.#glance;
    glance.rssBytes = 0;
    glance.processes = 0;
    glance.virtualBytes = 0;
    glance.cpuGrowthMs = 0;
    glance.peakRssBytes = 0;
    for (const member of this.#members.values()) {
      if (!member.glance(glance, this.#units)) return undefined;
      if (walk) for (const pid of member.childPidsAtGlance()) this.#adopt(pid);
      if (this.#changed) return undefined;
    }
    return glance.processes === 0 ? undefined : glance;
  }

  /** Whether somebody may have been started since the children were last asked for; if so they are to be asked now. */
  #walkIsDue(): boolean {
    const lastPid = this.#forks.lastPid();
    const nowMs = this.#options.nowMs();
    if (lastPid !== undefined && lastPid === this.#walkedAtPid && nowMs < this.#nextFullWalkMs) return false;
    // Noted before anybody is asked: what is started meanwhile is found by the next walk.
    this.#walkedAtPid = lastPid;
    this.#nextFullWalkMs = nowMs + WALK_EVERY_MS;
    return true;
  }

  /** As long as the root lives nothing of the tree has been reaped here. */
  #reaped(
    baseline: ReapedBaseline,
    processes: readonly ProcessReading[],
    {details}: ReadRequest,
  ): ReapedTotals {
    const [first] = processes;
    if (first?.pid === this.rootPid && !first.zombie) return NOTHING_REAPED;
    return ownReaped(this.#units, baseline, details || processes.every(({zombie}) => zombie));
  }

  #findChildren(now: boolean): void {
    const begunMs = this.#options.nowMs();
    if ((begunMs < this.#nextWalkMs && !now) || !this.#walkIsDue()) return;
    this.#walk();
    const endedMs = this.#options.nowMs();
    this.#nextWalkMs = endedMs + (endedMs - begunMs) * REST_AFTER_WALK;
  }

  /** @param lastPid if nobody was started since it was looked into, the group can have nobody more */
  #adoptGroup(lastPid?: number): void {
    if (lastPid !== undefined && lastPid === this.#groupAtPid) return;
    this.#groupAtPid = lastPid;
    for (const pid of this.#options.groupPids?.() ?? []) this.#adopt(pid);
  }

  #walk(): void {
    this.#adoptGroup();
    for (const member of this.#members.values()) {
      const stat = member.stat();
      if (stat === undefined) this.#forget(member);
      else for (const pid of member.childPids(stat)) this.#adopt(pid);
    }
  }

  #adopt(pid: number): void {
    if (this.#members.has(pid) || pid === process.pid) return;
    // What grows as it is walked over would keep the walk from ending.
    this.crowded?.();
    const member = ProcfsMember.open(pid);
    if (member === undefined) return;
    this.#members.set(pid, member);
    this.#adopted += 1;
    this.#changed = true;
  }

  #forget(member: ProcfsMember): void {
    member.close();
    this.#members.delete(member.pid);
    this.#changed = true;
  }

  /** Looks at every process of the machine: a child of a member, or one that carries the tree's marker, is ours. */
  #sweep(thorough: boolean): void {
    this.#sweeps += 1;
    const lastPid = this.#forks.lastPid();
    const nobodyNew = lastPid !== undefined && lastPid === this.#sweptAtPid;
    this.#sweptAtPid = lastPid;
    if (nobodyNew && !thorough && this.#sweeps % SWEEPS_UNTIL_STRANGERS_ARE_FORGOTTEN !== 0) return;
    if (thorough ? !this.#justJudged() : this.#sweeps % SWEEPS_UNTIL_STRANGERS_ARE_FORGOTTEN === 0)
      this.#strangers = new Set();
    if (thorough) this.#judged = {atMs: this.#options.nowMs(), adopted: this.#adopted};
    for (const pid of this.#candidates()) {
      if (this.#members.has(pid) || this.#strangers.has(pid)) continue;
      if (this.#isOurs(pid)) this.#adopt(pid);
      else this.#strangers.add(pid);
    }
  }

  /**
   * A process that goes on in a child of its own again and again is never there when its pid comes up in a sweep. So who
   * has been started meanwhile is looked at too, the youngest first, until nobody is started during such a look: then
   * nobody can have been missed. Ends as soon as one is ours.
   * @param sincePid the pid that had been given out last when the sweep began
   * @returns whether one was
   */
  #meetNewcomers(sincePid: number | undefined): boolean {
    let since = sincePid;
    for (let look = 0; look < MOST_LOOKS_AT_NEWCOMERS; look += 1) {
      const lastPid = this.#forks.lastPid();
      if (since === undefined || lastPid === undefined || lastPid === since) return false;
      const ours = pidsSince(since, lastPid).findLast((pid) => !this.#members.has(pid) && this.#isOurs(pid));
      if (ours !== undefined) {
        this.#adopt(ours);
        return true;
      }
      since = lastPid;
    }
    return false;
  }

  /** Who can be ours at all: while the root is young only those whose pids, given out in order, come after its own. */
  #candidates(): readonly number[] {
    const pids = namesIn('/proc').map(Number);
    const young = this.#options.ownChild && this.#options.nowMs() - this.#openedMs < YOUNG_MS;
    const lastPid = this.#sweptAtPid;
    if (!young || lastPid === undefined || lastPid < this.rootPid) return pids.filter(Number.isInteger);
    return pids.filter((pid) => pid > this.rootPid);
  }

  /** Two searches follow one another when a tree ends: in the second one only who is new has to be looked at. */
  #justJudged(): boolean {
    const {atMs, adopted} = this.#judged;
    // A stranger may be the child of a member that was found since.
    return adopted === this.#adopted && this.#options.nowMs() - atMs < JUDGED_FOR_MS;
  }

  #isOurs(pid: number): boolean {
    const stat = readStatOf(pid);
    // What is older than the root cannot come from it.
    if (stat === undefined || isDead(stat) || stat.startTime < (this.#root?.startTime ?? 0)) return false;
    if (this.#members.has(stat.parentPid) && stat.parentPid !== pid) return true;
    // A session led by a member holds only what that member started.
    if (stat.session !== pid && this.#members.has(stat.session)) return true;
    const {marker} = this.#options;
    if (marker === undefined || stat.kernelThread) return false;
    return `\0${this.#environments.of(pid, stat)}`.includes(`\0${marker}`);
  }
}
