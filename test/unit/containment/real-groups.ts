import {onTestFinished} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import type {Controller} from '../../../src/core/containment/cgroup-facts.js';
import type {GroupPlace} from '../../../src/core/containment/choose-groups.js';
import type {Caps} from '../../../src/core/containment/containment.js';
import {ControlGroups} from '../../../src/core/containment/control-groups.js';
import {readCgroupFacts} from '../../../src/core/containment/read-cgroup-facts.js';

/** What a test wants of a hierarchy. */
export interface WantedPlace {
  readonly version: 1 | 2;
  readonly controllers?: readonly Controller[];
  readonly membership?: boolean;
}

/** A place for it here that needs nobody to be asked or moved; or what is missing. */
export function placeFor({version, controllers = [], membership = false}: WantedPlace): GroupPlace | string {
  const {hierarchies} = readCgroupFacts({
    pid: 0,
    uid: process.getuid?.() ?? -1,
    runtimeDirectory: '/none',
    outlivesLogin: false,
  });
  const home = hierarchies.find(
    (one) =>
      one.version === version &&
      one.writable &&
      (!membership || one.freezer) &&
      controllers.every((controller) => one.enabled.includes(controller)),
  );
  const what = [...controllers, ...(membership ? ['members'] : [])].join(' and ');
  if (home === undefined) return `no cgroup v${String(version)} with ${what} that may be written to`;
  return {version, parent: home.directory, controllers, membership, enable: []};
}

let count = 0;

/** Groups of the test's own, gone when it is over. */
export function openGroups(places: readonly GroupPlace[], caps: Caps = {}): ControlGroups {
  count += 1;
  const name = `limitrun-test-${String(process.pid)}-${String(count)}`;
  const groups = new ControlGroups(places, name, caps, systemClock);
  onTestFinished(async () => {
    groups.kill();
    await groups.remove();
  });
  return groups;
}
