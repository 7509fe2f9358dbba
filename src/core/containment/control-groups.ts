import {existsSync, mkdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import type {Clock} from '../clock.js';
import type {GroupPlace} from './choose-groups.js';
import type {Controller} from './cgroup-facts.js';
import {kindOf, type Caps, type Containment, type GroupPeak, type OutOfMemory} from './containment.js';
import {CpuCap} from './cpu-cap.js';
import {CrowdWatch} from './crowd-watch.js';
import {tryControl, writeControl} from './group-file.js';
import {GroupFreezer, type FreezeHolder} from './group-freezer.js';
import {pidsBeneath, removeGroup} from './group-tree.js';
import {killByFreezer} from './kill-by-freezer.js';
import {MemoryWatch} from './memory-watch.js';

/** A process that has been killed takes some milliseconds to leave its group. */
const GONE_WITHIN_MS = 1000;
const LONGEST_LOOK_MS = 20;
/** What the shell exits with that could not enter; it is told from a command's own by {@link ControlGroups.entered}. */
const EXIT_NOT_ENTERED = 125;

/** Of the usual nice value (sched-design-CFS.rst). */
const SHARES_OF_A_PROCESS = 1024;

interface Group extends GroupPlace {
  readonly directory: string;
}

/** A fork bomb is met rested: who has just used much CPU time waits the longer for the next turn. */
const REST_MS = 5;

/** Groups of one attempt: one in each hierarchy that is of use. */
export class ControlGroups implements Containment {
  readonly kind: Containment['kind'];
  readonly enter: readonly string[];
  readonly #groups: readonly Group[];
  readonly #clock: Clock;
  readonly directories: readonly string[];
  readonly #home: Group | undefined;
  readonly #freezer: GroupFreezer | undefined;
  #crowd: CrowdWatch | undefined;
  /** Still to be set; undefined when it is. */
  #tasks: number | undefined;
  readonly #memory: MemoryWatch | undefined;
  readonly #memoryKind: Containment['kind'];
  readonly cpu?: CpuCap;
  readonly crowded?: () => boolean;

  /** @throws the kernel's error when a group cannot be made or capped; nothing is left then */
  constructor(places: readonly GroupPlace[], name: string, caps: Caps, clock: Clock) {
    this.#clock = clock;
    this.kind = kindOf(places);
    this.#groups = places.map((place) => ({...place, directory: `${place.parent}/${name}`}));
    this.directories = this.#groups.map(({directory}) => directory);
    try {
      for (const group of this.#groups) make(group, caps);
    } catch (error) {
      for (const directory of this.directories) removeGroup(directory);
      throw error;
    }
    this.enter = enterLines(this.#groups);
    this.#home = this.#groups.find(({membership}) => membership);
    this.#freezer = this.#home && new GroupFreezer(this.#home.version, this.#home.directory);
    this.#crowd = this.#openCrowdWatch(caps);
    this.#tasks = caps.tasksWhileNew === undefined ? undefined : caps.tasks;
    if (caps.crowd !== undefined && this.#with('pids') !== undefined) {
      this.crowded = () => this.#crowd?.look() ?? false;
    }
    const memory = this.#with('memory');
    this.#memory = memory && new MemoryWatch(memory.version, memory.directory);
    this.#memoryKind = kindOf(memory === undefined ? [] : [memory]);
    const cpu = this.#with('cpu');
    if (cpu !== undefined) this.cpu = new CpuCap(cpu.version, cpu.directory);
  }

  entered(): boolean {
    return this.#groups.every(({directory}) => existsSync(directory));
  }

  members(): readonly number[] {
    if (this.#home === undefined) return [];
    return this.#crowd?.members() ?? pidsBeneath(this.#home.directory);
  }

  begin(settled: Promise<void>): void {
    if (this.#crowd === undefined) return;
    setTimeout(() => {
      this.thaw('start');
    }, REST_MS);
    void settled.then(() => {
      this.#settle();
    });
  }

  #settle(): void {
    const directory = this.#with('pids')?.directory;
    if (this.#tasks !== undefined && directory !== undefined)
      tryControl(directory, 'pids.max', String(this.#tasks));
    this.#tasks = undefined;
  }

  kill(): void {
    if (this.#home === undefined) return;
    const {version, directory} = this.#home;
    const killed = version === 2 && tryControl(directory, 'cgroup.kill', '1');
    if (!killed) killByFreezer(directory, version);
    // Whoever is killed is not to be held up.
    this.#forgetCrowd();
    this.thaw();
  }

  async freeze(holder: FreezeHolder): Promise<boolean> {
    return (await this.#freezer?.freeze(holder)) ?? false;
  }

  thaw(holder?: FreezeHolder): void {
    this.#freezer?.thaw(holder);
  }

  outOfMemory(): OutOfMemory {
    return this.#memory?.look() ?? 'no';
  }

  memoryPeak(): GroupPeak | undefined {
    const value = this.#memory?.peakBytes();
    return value === undefined ? undefined : {value, source: this.#memoryKind};
  }

  async remove(): Promise<boolean> {
    this.#memory?.close();
    this.#forgetCrowd();
    this.thaw();
    const untilMs = this.#clock.nowMs() + GONE_WITHIN_MS;
    for (let lookMs = 1; ; lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)) {
      const gone = this.#groups.filter(({directory}) => removeGroup(directory));
      if (gone.length === this.#groups.length) return true;
      if (this.#clock.nowMs() >= untilMs) return false;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }

  #openCrowdWatch({crowd}: Caps): CrowdWatch | undefined {
    if (crowd === undefined || this.#home === undefined || this.#freezer === undefined) return undefined;
    const tasksIn = this.#with('pids')?.directory;
    const group = {directory: this.#home.directory, crowd, ...(tasksIn === undefined ? {} : {tasksIn})};
    return new CrowdWatch(group, this.#freezer, () => {
      this.#settle();
    });
  }

  #forgetCrowd(): void {
    this.#crowd?.close();
    this.#crowd = undefined;
  }

  #with(controller: Controller): Group | undefined {
    return this.#groups.find(({controllers}) => controllers.includes(controller));
  }
}

function make({version, directory, controllers}: Group, caps: Caps): void {
  mkdirSync(directory);
  const {memoryBytes, tasks, tasksWhileNew = tasks} = caps;
  if (controllers.includes('memory') && memoryBytes !== undefined) {
    if (version === 2) capMemory2(directory, memoryBytes);
    else capMemory1(directory, memoryBytes);
  }
  if (controllers.includes('pids') && tasksWhileNew !== undefined) {
    writeControl(directory, 'pids.max', String(tasksWhileNew));
  }
  // In v1 the group would weigh as much as a single process beside it; as much as the machine has cores it may.
  if (controllers.includes('cpu') && version === 1) {
    tryControl(directory, 'cpu.shares', String(SHARES_OF_A_PROCESS * availableParallelism()));
  }
}

function capMemory2(directory: string, bytes: number): void {
  writeControl(directory, 'memory.max', String(bytes));
  // All or nothing: a tree that has lost one process at random is of no use.
  writeControl(directory, 'memory.oom.group', '1');
  // Absent in a kernel without swap.
  tryControl(directory, 'memory.swap.max', '0');
}

function capMemory1(directory: string, bytes: number): void {
  writeControl(directory, 'memory.limit_in_bytes', String(bytes));
  // Memory and swap together; absent in a kernel that does not account swap.
  tryControl(directory, 'memory.memsw.limit_in_bytes', String(bytes));
}

/**
 * A shell that cannot enter removes the groups that it is not in, by which that is known, and does nothing else. A group
 * for CPU time alone may be left out: a real-time process cannot enter one of v1, and is throttled by other means.
 * The groups' paths hold nothing that a shell could take for something else, since they are quoted.
 */
function enterLines(groups: readonly Group[]): string[] {
  const all = groups.map(({directory}) => quoted(directory)).join(' ');
  return groups.map((group) => {
    const enter = `{ echo $$ >${quoted(`${group.directory}/cgroup.procs`)}; } 2>/dev/null`;
    const optional = !group.membership && group.controllers.every((controller) => controller === 'cpu');
    if (optional) return `${enter} || :`;
    return `${enter} || { PATH=/usr/bin:/bin rmdir ${all} 2>/dev/null; exit ${String(EXIT_NOT_ENTERED)}; }`;
  });
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
