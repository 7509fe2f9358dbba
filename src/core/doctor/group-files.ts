import {existsSync} from 'node:fs';
import type {Hierarchy} from '../containment/cgroup-facts.js';
import {groupsIn} from '../containment/group-tree.js';
import {GROUP_FILES, type GroupFile} from './machine-facts.js';

/** The first kernel that has them (cgroup-v2.rst): major and minor. */
const SINCE: Readonly<Record<GroupFile, readonly [major: number, minor: number]>> = {
  'cgroup.kill': [5, 14],
  'cgroup.freeze': [5, 2],
  'memory.peak': [5, 19],
};

/**
 * Which files the groups of a v2 hierarchy have. The topmost group lacks them and a controller's are there only where it
 * is enabled, so where no group shows one the kernel's age decides: no group is made to find out.
 */
export function groupFiles(
  hierarchy: Hierarchy | undefined,
  kernelRelease: string,
): Readonly<Record<GroupFile, boolean>> {
  const own = hierarchy?.directory;
  const groups = own === undefined ? [] : [own, ...groupsIn(own).map((name) => `${own}/${name}`)];
  const has = (file: GroupFile): boolean =>
    own !== undefined &&
    (isSince(kernelRelease, SINCE[file]) || groups.some((group) => existsSync(`${group}/${file}`)));
  return Object.fromEntries(GROUP_FILES.map((file) => [file, has(file)])) as Record<GroupFile, boolean>;
}

function isSince(release: string, [major, minor]: readonly [number, number]): boolean {
  const [, hasMajor = 0, hasMinor = 0] = (/^(\d+)\.(\d+)/.exec(release) ?? []).map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}
