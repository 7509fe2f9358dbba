/** The controllers that limitrun can make use of. */
export const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;

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

/** What is missing for a systemd to be asked: itself, its bus, busctl(1), the controller memory in its hands. */
export type ManagerLack = 'systemd' | 'bus' | 'busctl' | 'memory';

/** Why a manager is not asked by a limitrun that nohup(1) has started. */
export const WOULD_NOT_OUTLIVE_LOGIN =
  "a group of the user's systemd would not outlive the login, as nohup asks for";

/** What this machine offers, read at the edge. */
export interface CgroupFacts {
  readonly hierarchies: readonly Hierarchy[];
  readonly manager?: GroupManager;
  /** What a scope of that manager can cap. */
  readonly managerControllers?: readonly Controller[];
  /** Why there is no manager; absent also where there is no cgroup v2. */
  readonly managerLacks?: ManagerLack;
  /** Why no manager is asked, where there is one. */
  readonly noManager?: string;
}
