import {tryControl} from './group-file.js';

/**
 * Freezes a group or thaws it: `cgroup.freeze` of v2, `freezer.state` of v1.
 * @returns false when the kernel refused
 */
export function writeFrozen(version: 1 | 2, group: string, frozen: boolean): boolean {
  return version === 2
    ? tryControl(group, 'cgroup.freeze', frozen ? '1' : '0')
    : tryControl(group, 'freezer.state', frozen ? 'FROZEN' : 'THAWED');
}
