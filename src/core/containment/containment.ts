import type {GroupPlace} from './choose-groups.js';
import type {CpuCap} from './cpu-cap.js';
import type {FreezeHolder} from './group-freezer.js';

/** What the kernel is to keep for a group. */
export interface Caps {
  /** The members' memory together; reaching it ends all of them. */
  readonly memoryBytes?: number;
  /** Tasks: processes and their threads. From then on no more can be started. */
  readonly tasks?: number;
  /** The same until {@link Containment.settle}, or until there turn out to be many threads. */
  readonly tasksWhileNew?: number;
  /** More processes than that stand still for a moment whenever they are counted, see {@link Containment.members}. */
  readonly crowd?: number;
}

/** The most that was charged to a group, cached files and the kernel's own memory included. */
export interface GroupPeak {
  readonly value: number;
  readonly source: Containment['kind'];
}

/** Whether the kernel has killed a process of the group for want of memory, at the group's own cap or elsewhere. */
export type OutOfMemory = 'no' | 'at_our_cap' | 'elsewhere';

/** Control groups around one attempt of a command, made for it and removed after it. */
export interface Containment {
  readonly kind: 'cgroup2' | 'cgroup1';
  /** Lines of `/bin/sh` by which a process enters, before it does anything else. It exits when it cannot. */
  readonly enter: readonly string[];
  /** Where the groups are. */
  readonly directories: readonly string[];
  /** False when the process could not enter, and has therefore done nothing. */
  entered(): boolean;
  /**
   * The processes in the groups now. A crowd (`Caps.crowd`) is frozen before this returns, until the caller's turn of
   * the event loop is over: what forks all the time cannot outgrow the one who looks at it and decides.
   */
  members(): readonly number[];
  /**
   * Whether they are a crowd, which is frozen then as by {@link members}. Costs one system call as long as they are few,
   * threads included. Present where there is a limit for a crowd and the controller pids.
   */
  readonly crowded?: () => boolean;
  /**
   * A process that has been frozen by holder `start` begins soon, and is new until `settled`: then what was narrower for
   * it is as wide as it is to be.
   */
  begin(settled: Promise<void>): void;
  /** SIGKILL to all of them, those too that are being forked and those that are frozen. Nobody is frozen afterwards. */
  kill(): void;
  /**
   * Makes all of them stand still without their noticing, until all who have asked for it let go.
   * @returns when they do, or after a short wait; false where the kernel cannot, and nothing has changed
   */
  freeze(holder: FreezeHolder): Promise<boolean>;
  /** @param holder default: everybody who has asked */
  thaw(holder?: FreezeHolder): void;
  /** Present where the controller was asked for and is to be had. */
  readonly cpu?: CpuCap;
  outOfMemory(): OutOfMemory;
  /** Absent without the controller memory, or where the kernel does not tell (v2 before 5.19). */
  memoryPeak(): GroupPeak | undefined;
  /** Removes the groups; waits for the last process to be gone for a while. @returns false when one stays */
  remove(): Promise<boolean>;
}

/** The place in which the memory cap of a choice would be, or the membership. */
export function kindOf(places: readonly GroupPlace[]): Containment['kind'] {
  const place = places.find(({controllers}) => controllers.includes('memory')) ?? places[0];
  return place?.version === 2 ? 'cgroup2' : 'cgroup1';
}
