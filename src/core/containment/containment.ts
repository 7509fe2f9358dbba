import type {GroupPlace} from './choose-groups.js';

/** What the kernel is to keep for a group. */
export interface Caps {
  /** The members' memory together; reaching it ends all of them. */
  readonly memoryBytes?: number;
  /** Tasks: processes and their threads. From then on no more can be started. */
  readonly tasks?: number;
}

/** Whether the kernel has killed a process of the group for want of memory, at the group's own cap or elsewhere. */
export type OutOfMemory = 'no' | 'at_our_cap' | 'elsewhere';

/** Control groups around one attempt of a command, made for it and removed after it. */
export interface Containment {
  readonly kind: 'cgroup2' | 'cgroup1';
  /** Lines of `/bin/sh` by which a process enters, before it does anything else. It exits when it cannot. */
  readonly enter: readonly string[];
  /** False when the process could not enter, and has therefore done nothing. */
  entered(): boolean;
  /** The processes in the groups now. */
  members(): readonly number[];
  /** SIGKILL to all of them, those too that are being forked. */
  kill(): void;
  outOfMemory(): OutOfMemory;
  /** Removes the groups; waits for the last process to be gone for a while. @returns false when one stays */
  remove(): Promise<boolean>;
}

/** The place in which the memory cap of a choice would be, or the membership. */
export function kindOf(places: readonly GroupPlace[]): Containment['kind'] {
  const place = places.find(({controllers}) => controllers.includes('memory')) ?? places[0];
  return place?.version === 2 ? 'cgroup2' : 'cgroup1';
}
