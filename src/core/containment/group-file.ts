import {writeFileSync} from 'node:fs';
import {readProcText} from '../monitor/proc-file.js';
import {parsePids} from '../monitor/procfs-text.js';

/** The text of a control file; undefined when it does not exist or may not be read. */
export function readControl(group: string, file: string): string | undefined {
  return readProcText(`${group}/${file}`);
}

/** @throws as the kernel refuses it */
export function writeControl(group: string, file: string, value: string): void {
  // Without O_CREAT and O_TRUNC: a file that does not exist is an error.
  writeFileSync(`${group}/${file}`, value, {flag: 'r+'});
}

/** As {@link writeControl}. @returns false when it was refused */
export function tryControl(group: string, file: string, value: string): boolean {
  try {
    writeControl(group, file, value);
    return true;
  } catch {
    return false;
  }
}

/** The processes that are in the group itself; 0 stands for those that this pid namespace does not show. */
export function pidsIn(group: string): number[] {
  return parsePids((readControl(group, 'cgroup.procs') ?? '').replaceAll('\n', ' '));
}
