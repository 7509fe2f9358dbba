import {accessSync, constants, existsSync} from 'node:fs';
import {dirname} from 'node:path';
import {readProcText} from '../monitor/proc-file.js';
import {
  CONTROLLERS,
  WOULD_NOT_OUTLIVE_LOGIN,
  type CgroupFacts,
  type Controller,
  type Hierarchy,
  type ManagerLack,
} from './cgroup-facts.js';
import {groupDirectory, parseCgroupMounts, parseOwnGroups} from './cgroup-text.js';
import {isGroupName} from './group-name.js';
import {readControl} from './group-file.js';

const BUSCTL = '/usr/bin/busctl';
/** Files of limits that a process would evade by leaving its group; `max` is none. */
const OUTER_LIMITS = ['memory.max', 'memory.high', 'memory.swap.max', 'cpu.max'];

/** Who asks. */
export interface Asker {
  readonly pid: number;
  readonly uid: number;
  /** `XDG_RUNTIME_DIR` */
  readonly runtimeDirectory: string;
  /** Started by nohup(1): it is to outlive its login. */
  readonly outlivesLogin: boolean;
}

/** Reads what this machine offers: a handful of files, no program is started. */
export function readCgroupFacts(asker: Asker): CgroupFacts {
  const groups = parseOwnGroups(readProcText('/proc/self/cgroup') ?? '');
  const mounts = parseCgroupMounts(readProcText('/proc/self/mountinfo') ?? '');
  const hierarchies: Hierarchy[] = [];
  let manager: ReturnType<typeof managerFor> = {};
  for (const mount of mounts) {
    const group = groups.find(
      ({version, controllers}) =>
        version === mount.version &&
        (version === 2 || controllers.some((one) => mount.controllers.includes(one))),
    );
    const directory = group && groupDirectory(group, mount);
    if (directory === undefined || hierarchies.some((known) => known.directory === directory)) continue;
    if (mount.version === 1) hierarchies.push(v1Hierarchy(directory, mount.controllers));
    else {
      hierarchies.push(v2Hierarchy(directory, asker.pid));
      manager = managerFor(asker, directory, mount.mountPoint);
    }
  }
  return {hierarchies, ...manager};
}

function v1Hierarchy(directory: string, mounted: readonly string[]): Hierarchy {
  const controllers = CONTROLLERS.filter((controller) => mounted.includes(controller));
  return {
    version: 1,
    directory,
    controllers,
    enabled: controllers,
    freezer: mounted.includes('freezer'),
    writable: isWritable(directory),
    alone: false,
  };
}

function v2Hierarchy(directory: string, pid: number): Hierarchy {
  return {
    version: 2,
    directory,
    controllers: controllersIn(directory, 'cgroup.controllers'),
    enabled: controllersIn(directory, 'cgroup.subtree_control'),
    freezer: true,
    writable: isWritable(directory),
    alone: readControl(directory, 'cgroup.procs')?.trim() === String(pid),
  };
}

function controllersIn(directory: string, file: string): Controller[] {
  const words = (readControl(directory, file) ?? '').trim().split(' ');
  return CONTROLLERS.filter((controller) => words.includes(controller));
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    accessSync(`${directory}/cgroup.procs`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The systemd to ask, root's or the user's own; or why it is not asked. */
function managerFor(asker: Asker, directory: string, mountPoint: string): Omit<CgroupFacts, 'hierarchies'> {
  const {uid, runtimeDirectory} = asker;
  const kind = uid === 0 ? 'system' : 'user';
  const bus = kind === 'system' ? '/run/dbus/system_bus_socket' : `${runtimeDirectory}/bus`;
  const home =
    kind === 'system'
      ? `${mountPoint}/system.slice`
      : `${mountPoint}/user.slice/user-${String(uid)}.slice/user@${String(uid)}.service`;
  const managerControllers = controllersIn(home, 'cgroup.controllers');
  const managerLacks = lackOf(bus, managerControllers);
  if (managerLacks !== undefined) return {managerLacks};
  if (kind === 'user' && asker.outlivesLogin && !lingers(uid)) {
    return {noManager: WOULD_NOT_OUTLIVE_LOGIN};
  }
  const left = groupsUpTo(directory, mountPoint).filter((group) => !home.startsWith(group));
  if (left.some((group) => isGroupName(group.slice(group.lastIndexOf('/') + 1)))) {
    return {noManager: 'limitrun belongs to the group of another run'};
  }
  if (left.some(isLimited)) return {noManager: 'leaving that group would evade its limits'};
  const own = directory.slice(directory.lastIndexOf('/') + 1);
  // Units below user@UID.service are the user's systemd's, all others the system's.
  const managed = /\/user@\d+\.service\//.test(directory) ? 'user' : 'system';
  const ownUnit = managed === kind && /\.(service|scope)$/.test(own);
  return {
    manager: {kind, runtimeDirectory, busctl: BUSCTL, ...(ownUnit ? {ownUnit: own} : {})},
    managerControllers,
  };
}

/** sd_booted(3) */
function lackOf(bus: string, controllers: readonly Controller[]): ManagerLack | undefined {
  if (!existsSync('/run/systemd/system')) return 'systemd';
  if (!existsSync(bus)) return 'bus';
  if (!existsSync(BUSCTL)) return 'busctl';
  return controllers.includes('memory') ? undefined : 'memory';
}

/** loginctl(1), enable-linger */
function lingers(uid: number): boolean {
  const user = new RegExp(`^([^:]+):[^:]*:${String(uid)}:`, 'm').exec(readProcText('/etc/passwd') ?? '')?.[1];
  return user !== undefined && existsSync(`/var/lib/systemd/linger/${user}`);
}

/** A group and those above it, without the mounted root. */
function groupsUpTo(directory: string, mountPoint: string): string[] {
  const groups: string[] = [];
  for (let group = directory; group.length > mountPoint.length; group = dirname(group)) groups.push(group);
  return groups;
}

function isLimited(group: string): boolean {
  return OUTER_LIMITS.some((file) => {
    const value = readControl(group, file);
    return value !== undefined && !value.startsWith('max');
  });
}
