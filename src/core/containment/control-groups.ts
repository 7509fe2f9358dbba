import {existsSync, mkdirSync} from 'node:fs';
import type {Clock} from '../clock.js';
import type {GroupPlace} from './choose-groups.js';
import {kindOf, type Caps, type Containment, type OutOfMemory} from './containment.js';
import {tryControl, writeControl} from './group-file.js';
import {pidsBeneath, removeGroup} from './group-tree.js';
import {killByFreezer} from './kill-by-freezer.js';
import {OomWatch} from './oom-watch.js';

/** A process that has been killed takes some milliseconds to leave its group. */
const GONE_WITHIN_MS = 1000;
const LONGEST_LOOK_MS = 20;
/** What the shell exits with that could not enter; it is told from a command's own by {@link ControlGroups.entered}. */
const EXIT_NOT_ENTERED = 125;

interface Group extends GroupPlace {
  readonly directory: string;
}

/** Groups of one attempt: one in each hierarchy that is of use. */
export class ControlGroups implements Containment {
  readonly kind: Containment['kind'];
  readonly enter: readonly string[];
  readonly #groups: readonly Group[];
  readonly #clock: Clock;
  readonly #oom: OomWatch | undefined;

  /** @throws the kernel's error when a group cannot be made or capped; nothing is left then */
  constructor(places: readonly GroupPlace[], name: string, caps: Caps, clock: Clock) {
    this.#clock = clock;
    this.kind = kindOf(places);
    this.#groups = places.map((place) => ({...place, directory: `${place.parent}/${name}`}));
    try {
      for (const group of this.#groups) make(group, caps);
    } catch (error) {
      for (const {directory} of this.#groups) removeGroup(directory);
      throw error;
    }
    this.enter = enterLines(this.#groups.map(({directory}) => directory));
    const memory = this.#with('memory');
    this.#oom = memory && new OomWatch(memory.version, memory.directory);
  }

  entered(): boolean {
    return this.#groups.every(({directory}) => existsSync(directory));
  }

  members(): readonly number[] {
    const group = this.#lists();
    return group === undefined ? [] : pidsBeneath(group.directory);
  }

  kill(): void {
    const group = this.#lists();
    if (group === undefined) return;
    if (group.version === 2 && tryControl(group.directory, 'cgroup.kill', '1')) return;
    killByFreezer(group.directory, group.version);
  }

  outOfMemory(): OutOfMemory {
    return this.#oom?.look() ?? 'no';
  }

  async remove(): Promise<boolean> {
    this.#oom?.close();
    const untilMs = this.#clock.nowMs() + GONE_WITHIN_MS;
    for (let lookMs = 1; ; lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)) {
      const gone = this.#groups.filter(({directory}) => removeGroup(directory));
      if (gone.length === this.#groups.length) return true;
      if (this.#clock.nowMs() >= untilMs) return false;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }

  #lists(): Group | undefined {
    return this.#groups.find(({membership}) => membership);
  }

  #with(controller: 'memory' | 'pids'): Group | undefined {
    return this.#groups.find(({controllers}) => controllers.includes(controller));
  }
}

function make({version, directory, controllers}: Group, caps: Caps): void {
  mkdirSync(directory);
  const {memoryBytes, tasks} = caps;
  if (controllers.includes('memory') && memoryBytes !== undefined) {
    if (version === 2) capMemory2(directory, memoryBytes);
    else capMemory1(directory, memoryBytes);
  }
  if (controllers.includes('pids') && tasks !== undefined) {
    writeControl(directory, 'pids.max', String(tasks));
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
 * A shell that cannot enter removes the groups that it is not in, by which that is known, and does nothing else.
 * The groups' paths hold nothing that a shell could take for something else, since they are quoted.
 */
function enterLines(directories: readonly string[]): string[] {
  const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
  const all = directories.map(quoted).join(' ');
  return directories.map(
    (directory) =>
      `{ echo $$ >${quoted(`${directory}/cgroup.procs`)}; } 2>/dev/null || ` +
      `{ PATH=/usr/bin:/bin rmdir ${all} 2>/dev/null; exit ${String(EXIT_NOT_ENTERED)}; }`,
  );
}
