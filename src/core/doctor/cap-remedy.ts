import {WOULD_NOT_OUTLIVE_LOGIN, type Controller} from '../containment/cgroup-facts.js';
import type {GroupFacts, MachineFacts} from './machine-facts.js';

/** How the cap of a controller could be had; undefined where limitrun knows no way that can be advised. Pure. */
export function capRemedy(
  controller: Controller,
  {inContainer, machine}: MachineFacts,
  groups: GroupFacts,
): string | undefined {
  if (controller === 'cpu') return ofUndelegatedCpu(groups);
  // What keeps the memory uncapped keeps the processes uncapped: it is said once.
  if (controller !== 'memory') return undefined;
  if (inContainer && !groups.hierarchies.some(({writable}) => writable)) return ofContainer(groups);
  if (groups.noManager !== undefined) return ofRefusal(groups.noManager, machine.uid);
  switch (groups.managerLacks ?? 'systemd') {
    case 'systemd':
      return withoutSystemd(groups);
    case 'bus':
      return withoutBus(groups, machine.uid);
    case 'busctl':
      return 'install the program busctl, a part of systemd';
    case 'memory':
      return ofUndelegated(groups, machine.uid);
  }
}

/**
 * A container can have its own groups to write to only with rights over the whole machine; a cap on the container needs
 * none.
 */
function ofContainer({hierarchies}: GroupFacts): string {
  const what =
    hierarchies.length === 0
      ? 'the container shows no cgroups'
      : 'the cgroups of the container may not be written to';
  return (
    `${what}: cap the whole container from outside (docker run --memory 512m); ` +
    '--privileged would open them to root in it, but gives it all rights over the machine'
  );
}

function ofRefusal(why: string, uid: number | undefined): string | undefined {
  return why === WOULD_NOT_OUTLIVE_LOGIN ? `as root: loginctl enable-linger ${String(uid ?? '')}` : undefined;
}

function withoutBus({busElsewhere}: GroupFacts, uid: number | undefined): string {
  if (busElsewhere !== undefined) return `export XDG_RUNTIME_DIR=${busElsewhere}`;
  return uid === 0
    ? 'start the bus: systemctl start dbus.socket'
    : `as root: loginctl enable-linger ${String(uid)} (the package dbus-user-session brings the bus)`;
}

function withoutSystemd({hierarchies}: GroupFacts): string {
  if (hierarchies.length === 0) return 'as root: mount -t cgroup2 none /sys/fs/cgroup';
  if (
    hierarchies.some(
      ({version, writable, controllers}) => version === 2 && writable && controllers.length > 0,
    )
  ) {
    return 'start limitrun as the only process of its cgroup v2 group';
  }
  return 'start limitrun in a group that root has delegated to this user: cgroups(7), "delegation"';
}

/** On a hybrid machine v1 has the controllers. */
function ofUndelegated({hierarchies}: GroupFacts, uid: number | undefined): string {
  if (hierarchies.some(({version, controllers}) => version === 1 && controllers.includes('memory'))) {
    return 'boot with systemd.unified_cgroup_hierarchy=1, which gives all controllers to cgroup v2';
  }
  return uid === 0
    ? 'boot the kernel with cgroup_enable=memory'
    : 'as root: systemctl edit user@.service, with the lines [Service] and Delegate=memory pids';
}

/** systemd hands an ordinary user's manager memory and pids by itself, but cpu only where it is told to. */
function ofUndelegatedCpu({manager, managerControllers}: GroupFacts): string | undefined {
  if (manager?.kind !== 'user' || managerControllers?.includes('cpu') === true) return undefined;
  return 'as root: systemctl edit user@.service, with the lines [Service] and Delegate=cpu memory pids';
}
