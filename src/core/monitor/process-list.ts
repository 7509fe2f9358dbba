import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {ProcessIdentity} from './probe.js';

export interface ListedProcess extends ProcessIdentity {
  readonly parentPid: number;
  readonly zombie: boolean;
  readonly name: string;
}

const run = promisify(execFile);

/** By absolute path: a `ps` planted in the working directory or in PATH is never run. */
const PS = '/bin/ps';

/**
 * Every process of the machine, by ps(1), for systems without /proc (macOS, BSD).
 * @throws when ps cannot be run
 */
export async function listProcesses(): Promise<ListedProcess[]> {
  const columns = ['pid=', 'ppid=', 'stat=', 'lstart=', 'comm='].flatMap((column) => ['-o', column]);
  const {stdout} = await run(PS, ['-A', ...columns], {
    env: {LC_ALL: 'C', TZ: 'UTC'},
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** Parses one line: pid, parent, state, start (`Mon Nov 23 10:49:00 2026`, to the second, UTC), name. */
export function parsePsLine(line: string): ListedProcess | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const [, pid, parentPid, state = '', started = '', name = ''] = match;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    zombie: state.startsWith('Z'),
    startTime: Date.parse(`${started} UTC`),
    name,
  };
}
