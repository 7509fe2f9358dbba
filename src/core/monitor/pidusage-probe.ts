import type pidusage from 'pidusage';
import {PIDUSAGE_METRICS} from './pidusage-metrics.js';
import type {Probe, ProcessIdentity, ProcessReading, TreeReading} from './probe.js';
import {listProcesses, type ListedProcess} from './process-list.js';

/**
 * The process tree on systems without /proc, through the pidusage package and a list of processes. It tells
 * memory (RSS), CPU time and the number of processes; CPU time of processes that lived and died between two samples
 * is not seen. Members once seen stay members, whoever their parent is by then.
 */
export class PidusageProbe implements Probe {
  readonly source = 'pidusage';
  readonly measures = PIDUSAGE_METRICS;
  readonly #members = new Map<number, ListedProcess>();
  /** Loaded only where it is used. */
  #pidusage: typeof pidusage | undefined;

  /** @param list the machine's processes; on Windows there is none and only the root is watched */
  constructor(
    readonly rootPid: number,
    private readonly list: () => Promise<ListedProcess[]> = process.platform === 'win32'
      ? () => onlyRoot(rootPid)
      : listProcesses,
  ) {}

  async read(): Promise<TreeReading> {
    const members = await this.#look();
    if (members.length === 0) return {processes: []};
    const figures = await this.#figures(members.map((member) => member.pid));
    const processes = members.map((member): ProcessReading => {
      const figure = figures.get(member.pid);
      return {
        ...member,
        cpuTimeMs: figure?.ctime ?? 0,
        reapedCpuTimeMs: 0,
        ...(figure === undefined || member.zombie ? {} : {rssBytes: figure.memory}),
      };
    });
    return {processes};
  }

  async members(): Promise<readonly ProcessIdentity[]> {
    try {
      return (await this.#look()).filter((member) => !member.zombie);
    } catch {
      // Where the list cannot be had (no ps) the members known so far have to do, or the root alone.
      const known = [...this.#members.values()].filter(({pid}) => exists(pid));
      return known.length > 0 ? known : onlyRoot(this.rootPid);
    }
  }

  known(): readonly ProcessIdentity[] {
    return [...this.#members.values()];
  }

  isAlive(identity: ProcessIdentity): boolean {
    const known = this.#members.get(identity.pid);
    if (known !== undefined && (known.zombie || known.startTime !== identity.startTime)) return false;
    return exists(identity.pid);
  }

  isRootAlive(): boolean {
    return this.#members.get(this.rootPid)?.zombie !== true && exists(this.rootPid);
  }

  close(): void {
    this.#members.clear();
    this.#pidusage?.clear();
  }

  async #look(): Promise<ListedProcess[]> {
    const listed = new Map((await this.list()).map((process) => [process.pid, process]));
    for (const [pid, member] of this.#members) {
      const now = listed.get(pid);
      if (now?.startTime === member.startTime) this.#members.set(pid, now);
      else this.#members.delete(pid);
    }
    const root = listed.get(this.rootPid);
    if (root) this.#members.set(root.pid, root);
    let known: number;
    do {
      known = this.#members.size;
      for (const candidate of listed.values()) {
        if (candidate.pid !== process.pid && this.#members.has(candidate.parentPid)) {
          this.#members.set(candidate.pid, candidate);
        }
      }
    } while (this.#members.size > known);
    return [...this.#members.values()];
  }

  async #figures(pids: readonly number[]): Promise<Map<number, pidusage.Status>> {
    try {
      // A copy, since pidusage changes the array it is given.
      this.#pidusage ??= (await import('pidusage')).default;
      const figures = await this.#pidusage([...pids]);
      return new Map(Object.entries(figures).map(([pid, figure]) => [Number(pid), figure]));
    } catch (error) {
      // All of them ended between the list and the reading.
      // A missing ps is ENOENT too, but of the spawning.
      const {code, syscall} = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && syscall?.startsWith('spawn') !== true) return new Map();
      throw error;
    }
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function onlyRoot(pid: number): Promise<ListedProcess[]> {
  return Promise.resolve(exists(pid) ? [{pid, parentPid: 0, startTime: 0, zombie: false, name: ''}] : []);
}
