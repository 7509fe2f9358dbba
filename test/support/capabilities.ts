import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chooseGroups} from '../../src/core/containment/choose-groups.js';
import {readCgroupFacts} from '../../src/core/containment/read-cgroup-facts.js';

/** What a test may need of the machine, with the words that say what is missing. */
export const MISSING_WORDS = {
  compiler: 'no C compiler',
  tmux: 'no tmux',
  bash: 'no bash',
  busybox: 'no busybox',
  vim: 'no vim',
  less: 'no less',
  prlimit: 'no prlimit',
  root: 'not root',
  otherUser: 'cannot become another user (root and setpriv)',
  pidNamespace: 'cannot make a pid namespace',
  linux: 'not Linux',
  memberGroup: 'no control group that can be frozen can be made here without systemd',
  cpuGroup: 'no control group that holds CPU time back can be made here without systemd',
  memoryGroup: 'no control group with a memory cap can be made here without systemd',
} as const;

export type Capability = keyof typeof MISSING_WORDS;

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, {stdio: 'ignore', timeout: 10_000}).status === 0;
}

/** The C compiler's name, or undefined. */
export function compiler(): string | undefined {
  return ['cc', 'gcc', 'clang'].find((name) => works(name, '--version'));
}

/** Nobody is asked and nobody moved: a cap comes from a cgroup v1, or from one whose controllers are enabled. */
function groupsHere(): {members: boolean; memory: boolean; cpu: boolean} {
  const {hierarchies} = readCgroupFacts({
    pid: 0,
    uid: process.getuid?.() ?? -1,
    runtimeDirectory: '/none',
    outlivesLogin: false,
  });
  const choice = chooseGroups({hierarchies}, ['memory', 'cpu']);
  if (choice.kind !== 'groups') return {members: false, memory: false, cpu: false};
  const {places, missing} = choice;
  return {
    members: places.some(({membership}) => membership),
    memory: !missing.has('memory'),
    cpu: !missing.has('cpu'),
  };
}

/** Looks once at what this machine offers. */
export function detectCapabilities(): Capability[] {
  const groups = groupsHere();
  const present: Record<Capability, boolean> = {
    compiler: compiler() !== undefined,
    tmux: works('tmux', '-V'),
    bash: works('bash', '--version'),
    busybox: works('busybox', 'true'),
    vim: works('vim', '--version'),
    less: works('less', '--version'),
    prlimit: works('prlimit', '--version'),
    root: process.getuid?.() === 0,
    otherUser: works('setpriv', '--reuid', '65534', '--clear-groups', 'true'),
    pidNamespace: works('unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'true'),
    linux: existsSync('/proc/self/stat'),
    memberGroup: groups.members,
    memoryGroup: groups.memory,
    cpuGroup: groups.cpu,
  };
  return (Object.keys(present) as Capability[]).filter((name) => present[name]);
}
