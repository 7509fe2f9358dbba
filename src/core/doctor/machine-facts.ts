import type {CgroupFacts} from '../containment/cgroup-facts.js';
import type {UsageMetric} from '../monitor/probe.js';
import type {MachineName} from './doctor-report.js';

/** What was read of the machine, before it is judged. */
export interface MachineFacts {
  readonly machine: MachineName;
  /** What the probe of this machine can tell. */
  readonly measures: ReadonlySet<UsageMetric>;
  /** Absent where there is no /proc with the kernel's accounting. */
  readonly proc?: ProcFacts;
  /** Absent on systems other than Linux. */
  readonly groups?: GroupFacts;
  /** Runs in a container of Docker or Podman, as far as that can be told. */
  readonly inContainer: boolean;
  /** Why there is no guard. */
  readonly guardMissing?: string;
  readonly state: PlaceFacts;
  readonly runtime: PlaceFacts;
  readonly terminal: TerminalFacts;
  /** Started by bin/limitrun. */
  readonly byLauncher: boolean;
}

/** What limitrun can read of its own process, and of process 1, in /proc (proc(5)). */
export interface ProcFacts {
  /** Process 1, which is another user's or, seen by root, nobody else's. */
  readonly seesProcess1: boolean;
  /** The mount option of /proc as it stands, such as `2` or `invisible`; absent: everybody is seen. */
  readonly hidepid?: string;
  /** `VmHWM` of status. */
  readonly highWater: boolean;
  readonly swap: boolean;
  readonly openFiles: boolean;
  /** /proc/PID/task/TID/children */
  readonly children: boolean;
  readonly environment: boolean;
}

export interface GroupFacts extends CgroupFacts {
  /** Where the bus of the user's systemd is, when XDG_RUNTIME_DIR names another place. */
  readonly busElsewhere?: string;
  /** Which of these files groups of v2 have. */
  readonly files: Readonly<Record<GroupFile, boolean>>;
}

export const GROUP_FILES = ['cgroup.kill', 'cgroup.freeze', 'memory.peak'] as const;

export type GroupFile = (typeof GROUP_FILES)[number];

/** A directory of limitrun's own; nothing was made to find out. */
export type PlaceFacts =
  | {readonly kind: 'usable'; readonly path: string}
  /** It does not exist yet and can be made. */
  | {readonly kind: 'creatable'; readonly path: string}
  | {readonly kind: 'unusable'; readonly path: string; readonly why: string}
  /** No variable says where it is. */
  | {readonly kind: 'nowhere'};

/** The terminal that a live table would be drawn on. */
export interface TerminalFacts {
  /** Absent: standard error is none. Columns and rows are 0 where it does not tell. */
  readonly size?: {readonly columns: number; readonly rows: number};
  readonly utf8: boolean;
  /** Has scroll regions, by its name. */
  readonly region: boolean;
}
