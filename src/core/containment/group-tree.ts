import {readdirSync, rmdirSync} from 'node:fs';
import {readStatOf} from '../monitor/procfs-process.js';
import type {GroupPlace} from './choose-groups.js';
import {pidsIn} from './group-file.js';
import {writeFrozen} from './freezer-file.js';
import {ownerOfGroup} from './group-name.js';

/** The groups directly beneath a group; none when it does not exist. */
export function groupsIn(group: string): string[] {
  try {
    return readdirSync(group, {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .map(({name}) => name);
  } catch {
    return [];
  }
}

/** The processes in a group and in those beneath it, which a program may have made. */
export function pidsBeneath(group: string): number[] {
  return [...pidsIn(group), ...groupsIn(group).flatMap((name) => pidsBeneath(`${group}/${name}`))];
}

/**
 * Removes a group with those beneath it, which come first.
 * @returns false while there are processes in one of them
 */
export function removeGroup(group: string): boolean {
  for (const name of groupsIn(group)) removeGroup(`${group}/${name}`);
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Removes what runs have left beneath a group whose limitrun has been killed. Groups with processes stay, thawed. */
export function removeLeftovers({parent, version}: GroupPlace, pidNamespace: number): void {
  for (const name of groupsIn(parent)) {
    const owner = ownerOfGroup(name);
    // Whether a process of another pid namespace is alive cannot be told.
    if (owner?.pidNamespace !== pidNamespace) continue;
    if (readStatOf(owner.pid)?.startTime === owner.startTime) continue;
    if (!removeGroup(`${parent}/${name}`)) writeFrozen(version, `${parent}/${name}`, false);
  }
}
