/** Whose group it is. */
export interface GroupOwner {
  readonly runId: string;
  readonly pid: number;
  /** Of the limitrun, in clock ticks since boot: tells it from a later process with its pid. */
  readonly startTime: number;
  /** The number of its pid namespace, 0 when unknown. */
  readonly pidNamespace: number;
}

const NAME = /^limitrun-([0-9a-f]+)-(\d+)-(\d+)-(\d+)(-self)?$/;

/** The name of a run's group, from which a later run can tell whether it has been left behind. */
export function groupName({runId, pid, startTime, pidNamespace}: GroupOwner): string {
  return `limitrun-${runId}-${String(pid)}-${String(startTime)}-${String(pidNamespace)}`;
}

/** The group into which limitrun itself moves, beside the run's. */
export function selfGroupName(owner: GroupOwner): string {
  return `${groupName(owner)}-self`;
}

export function isGroupName(name: string): boolean {
  return NAME.test(name);
}

/** Whose group has this name; undefined when it is none of limitrun's. */
export function ownerOfGroup(name: string): GroupOwner | undefined {
  const [, runId, pid, startTime, pidNamespace] = NAME.exec(name) ?? [];
  if (runId === undefined) return undefined;
  return {runId, pid: Number(pid), startTime: Number(startTime), pidNamespace: Number(pidNamespace)};
}
