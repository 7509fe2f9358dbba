import type {Hierarchy} from '../../../src/core/containment/cgroup-facts.js';
import type {GroupFacts, MachineFacts} from '../../../src/core/doctor/machine-facts.js';
import type {UsageMetric} from '../../../src/core/monitor/probe.js';

const OF_PROC: ReadonlySet<UsageMetric> = new Set([
  'rssBytes',
  'virtualBytes',
  'swapBytes',
  'cpu.timeMs',
  'cpu.percent',
  'processes',
  'fileDescriptors',
  'pssBytes',
  'readBytes',
  'writtenBytes',
  'readBytesPerSecond',
  'writtenBytesPerSecond',
]);

const ALL_FILES = {'cgroup.kill': true, 'cgroup.freeze': true, 'memory.peak': true};
const NO_FILES = {'cgroup.kill': false, 'cgroup.freeze': false, 'memory.peak': false};

/** limitrun's own group in cgroup v2, with strangers in it, not to be written to. */
export const OWN_V2: Hierarchy = {
  version: 2,
  directory: '/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope',
  controllers: ['memory', 'pids'],
  enabled: [],
  freezer: true,
  writable: false,
  alone: false,
};

/** An ordinary user in a login session with systemd: no group to write to, but a systemd to ask. */
export const LAPTOP: MachineFacts & {readonly groups: GroupFacts} = {
  machine: {platform: 'linux', kernelRelease: '6.1.0-18-amd64', nodeVersion: 'v22.14.0', uid: 1000},
  measures: OF_PROC,
  proc: {
    seesProcess1: true,
    highWater: true,
    swap: true,
    openFiles: true,
    children: true,
    environment: true,
  },
  groups: {
    hierarchies: [OWN_V2],
    manager: {kind: 'user', runtimeDirectory: '/run/user/1000', busctl: '/usr/bin/busctl'},
    managerControllers: ['memory', 'pids'],
    files: ALL_FILES,
  },
  inContainer: false,
  state: {kind: 'usable', path: '/home/ann/.local/state/limitrun'},
  runtime: {kind: 'creatable', path: '/run/user/1000/limitrun'},
  terminal: {size: {columns: 120, rows: 40}, utf8: true, region: true},
  byLauncher: true,
};

/** Root in a container of Docker without flags: cgroup v2, read-only. */
export const CONTAINER: MachineFacts = {
  ...LAPTOP,
  machine: {...LAPTOP.machine, uid: 0},
  groups: {
    hierarchies: [{...OWN_V2, directory: '/sys/fs/cgroup'}],
    managerLacks: 'systemd',
    files: ALL_FILES,
  },
  inContainer: true,
  state: {kind: 'creatable', path: '/root/.local/state/limitrun'},
  runtime: {kind: 'nowhere'},
  terminal: {utf8: false, region: false},
};

const v1 = (directory: string, more: Partial<Hierarchy>): Hierarchy => ({
  version: 1,
  directory,
  controllers: [],
  enabled: [],
  freezer: false,
  writable: true,
  alone: false,
  ...more,
});

/** Root where cgroup v1 is mounted, on an old kernel without lists of children. */
export const ROOT_V1: MachineFacts = {
  ...CONTAINER,
  machine: {...CONTAINER.machine, kernelRelease: '4.19.0-27-amd64'},
  proc: {...LAPTOP.proc, children: false} as NonNullable<MachineFacts['proc']>,
  groups: {
    hierarchies: [
      v1('/sys/fs/cgroup/memory', {controllers: ['memory'], enabled: ['memory']}),
      v1('/sys/fs/cgroup/pids', {controllers: ['pids'], enabled: ['pids']}),
      v1('/sys/fs/cgroup/cpu', {controllers: ['cpu'], enabled: ['cpu']}),
      v1('/sys/fs/cgroup/freezer', {freezer: true}),
    ],
    files: NO_FILES,
  },
  inContainer: false,
  byLauncher: false,
};

export const MACOS: MachineFacts = {
  machine: {platform: 'darwin', kernelRelease: '24.3.0', nodeVersion: 'v20.19.1', uid: 501},
  measures: new Set(['rssBytes', 'cpu.timeMs', 'cpu.percent', 'processes']),
  inContainer: false,
  guardMissing: 'there is one on Linux only',
  state: {
    kind: 'unusable',
    path: '/Users/ann/.local/state/limitrun',
    why: 'in /Users/ann nothing can be made: permission denied (EACCES)',
  },
  runtime: {kind: 'nowhere'},
  terminal: {size: {columns: 80, rows: 24}, utf8: false, region: true},
  byLauncher: true,
};
