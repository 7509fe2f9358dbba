import type {ResourceUsage, UsageSource} from './resource-usage.js';

/** A process told apart from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own unit (Linux: clock ticks since boot). */
  readonly startTime: number;
}

/** Raw numbers of one process at one instant. What the system did not tell is absent. */
export interface ProcessReading extends ProcessIdentity {
  readonly parentPid: number;
  readonly name: string;
  /** Exited and waiting to be reaped: its CPU time counts, it is no longer alive. */
  readonly zombie: boolean;
  /** User and system time of the process and of the children it has waited for. */
  readonly cpuTimeMs: number;
  /** The part of `cpuTimeMs` that came from children it has waited for. */
  readonly reapedCpuTimeMs: number;
  readonly rssBytes?: number;
  readonly virtualBytes?: number;
  readonly pssBytes?: number;
  /** The proportional set size is that of a moment ago and what has been added since. */
  readonly pssCarried?: true;
  readonly swapBytes?: number;
  /** Highest RSS of its life so far (`VmHWM`). */
  readonly peakRssBytes?: number;
  readonly fileDescriptors?: number;
  /** Disk input and output, of children it has waited for too. */
  readonly readBytes?: number;
  readonly writtenBytes?: number;
  /**
   * Equal for a parent and a child that still borrows the parent's memory (between `vfork` and `exec`), which
   * must not be counted twice.
   */
  readonly memoryImage?: string;
}

/** What limitrun itself has collected from children it has waited for, since the probe was opened. */
export interface ReapedTotals {
  readonly cpuTimeMs: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
}

/** One look at the whole tree, parents before their children. */
export interface TreeReading {
  readonly processes: readonly ProcessReading[];
  readonly reaped?: ReapedTotals;
}

/** How much to read. Cheap figures (RSS, virtual size, CPU time) are always read. */
export interface ReadRequest {
  /** The proportional set size: 20 us for a small process, tens of ms for one of several GB. */
  readonly pss: boolean;
  /** Swap, open files, disk, and peak RSS of every process (otherwise only of those whose memory has changed). */
  readonly details: boolean;
}

/** Upper bounds of what a tree uses, enough to tell that a limit is not broken. */
export interface TreeScreening {
  /** Sum of the resident set sizes of the members known. */
  rssBytes: number;
  /** Members known that are alive. */
  processes: number;
}

/** What a tree uses as far as that is cheap to tell: of the members that the last reading had. */
export interface TreeGlance extends TreeScreening {
  /** Sum of the virtual sizes. */
  virtualBytes: number;
  /** CPU time since the last reading. */
  cpuGrowthMs: number;
  /** The highest RSS that any one member has had in its life so far; 0 where that is not told. */
  peakRssBytes: number;
}

/** Who belongs to the tree. */
export interface ProcessTree {
  readonly rootPid: number;
  /**
   * Looks again and returns the members that are alive (zombies are not), parents before the children they started.
   * @param where `nearby`: below the members known so far; `everywhere`: among all processes of the machine
   */
  members(where: 'nearby' | 'everywhere'): readonly ProcessIdentity[] | Promise<readonly ProcessIdentity[]>;
  /** The members as they were found so far, without looking; some may be gone. */
  known(): readonly ProcessIdentity[];
  /** Whether this very process (not a later one with its pid) is alive; a zombie is not. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Whether the root process is alive; a zombie is not. */
  isRootAlive(): boolean;
}

/** The metrics a probe may be able to tell. */
export type UsageMetric =
  | keyof ResourceUsage['memory']
  | `cpu.${keyof ResourceUsage['cpu']}`
  | keyof ResourceUsage['io']
  | keyof ResourceUsage['process'];

/** What is told only in readings with `details`. */
export const DETAIL_METRICS: ReadonlySet<UsageMetric> = new Set([
  'swapBytes',
  'fileDescriptors',
  'readBytes',
  'writtenBytes',
  'readBytesPerSecond',
  'writtenBytesPerSecond',
]);

/** The operating system's accounting of one process tree, behind one interface. */
export interface Probe extends ProcessTree {
  readonly source: UsageSource;
  /** The metrics this machine's probe can tell. */
  readonly measures: ReadonlySet<UsageMetric>;
  read(request: ReadRequest): TreeReading | Promise<TreeReading>;
  /**
   * A look between two readings that costs a small part of one: what it tells is good for nothing but the decision
   * whether a reading is needed now. The object is used again by the next look. Undefined: a reading is needed.
   * Absent where the system has nothing so cheap.
   *
   * @param searchNow whether members started since the last look have to be part of it. Otherwise a search for them may
   * be left out until ten times of what the last one cost have passed: a tenth of a millisecond for a single process,
   * some 20 ms for a hundred. Every reading has them.
   */
  screen?(searchNow: boolean): Readonly<TreeScreening> | undefined;
  /**
   * A look that costs a small part of a reading and sees all that is cheap: enough to tell that nothing has happened
   * since the last one. The object is used again by the next look. Undefined: a reading is needed, since members have
   * come or gone. Absent where the system has nothing so cheap.
   */
  glance?(): Readonly<TreeGlance> | undefined;
  /**
   * Whether the tree has become a crowd: a reading is needed now, during which it stands still. Costs one system call
   * while it is none. Absent where nobody can tell so cheaply, or no number of processes is too many.
   */
  readonly crowded?: () => boolean;
  /**
   * The words of a process's command line, read now and cut at 4 KiB; undefined when it is gone or may not be read.
   * Absent where the system does not tell.
   */
  commandLine?(pid: number): readonly string[] | undefined;
  /**
   * Forgets what this process has collected so far from children it has waited for: a child that was none of the
   * tree's has ended. Does nothing once the root has ended, since its share could not be told apart any more.
   */
  disownReaped?(): void;
  close(): void;
}

/** Which tree, and what is known of it. */
export interface ProbeOptions {
  readonly rootPid: number;
  /**
   * An environment entry (`NAME=value`) that every process of the tree has inherited. It finds daemons whose
   * parents are gone. Absent when the tree was not started by limitrun.
   */
  readonly marker?: string;
  /** The tree was started by this process: what is reaped here belongs to it. */
  readonly ownChild: boolean;
  /** Pids that belong to the tree whoever their parent is: the members of its control group. Absent: it has none. */
  readonly groupPids?: () => readonly number[];
  /** See {@link Probe.crowded}. */
  readonly crowded?: () => boolean;
  readonly nowMs: () => number;
}
