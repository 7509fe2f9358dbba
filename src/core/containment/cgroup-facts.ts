/** The controllers that limitrun can make use of. */
export const CONTROLLERS = ['memory', 'pids'] as const;

export type Controller = (typeof CONTROLLERS)[number];

/** What limitrun could do beneath its own group in one hierarchy. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** limitrun's own group. */
  readonly directory: string;
  /** Controllers that groups beneath it can have. v2: as far as they are enabled for them. */
  readonly controllers: readonly Controller[];
  /** v2: those that groups beneath it have already. v1: the same as `controllers`. */
  readonly enabled: readonly Controller[];
  /** v1: the hierarchy of the freezer. v2: always. */
  readonly freezer: boolean;
  /** Groups can be made beneath it and processes moved into them. */
  readonly writable: boolean;
  /** Nobody but limitrun is in its own group, directly. */
  readonly alone: boolean;
}

/** A systemd that can be asked for a group of limitrun's own (a transient scope with Delegate=). */
export interface GroupManager {
  readonly kind: 'user' | 'system';
  /** Where the bus of the user's systemd is. */
  readonly runtimeDirectory: string;
  /** Path of busctl(1). */
  readonly busctl: string;
  /** limitrun's own unit, when it is one of this manager's: a stop of it has to reach the scope too. */
  readonly ownUnit?: string;
}

/** What this machine offers, read at the edge. */
export interface CgroupFacts {
  readonly hierarchies: readonly Hierarchy[];
  readonly manager?: GroupManager;
  /** Why no manager is asked, where there is one. */
  readonly noManager?: string;
}
