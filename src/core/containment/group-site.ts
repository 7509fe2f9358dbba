import {mkdirSync} from 'node:fs';
import type {Clock} from '../clock.js';
import type {GroupPlace} from './choose-groups.js';
import {kindOf, type Caps, type Containment} from './containment.js';
import {ControlGroups} from './control-groups.js';
import {writeFrozen} from './freezer-file.js';
import {tryControl, writeControl} from './group-file.js';
import {groupName, selfGroupName, type GroupOwner} from './group-name.js';
import {removeGroup, removeLeftovers} from './group-tree.js';

/** The places beneath limitrun's own groups in which the groups of a run are made, prepared for that. */
export class GroupSite {
  readonly #places: readonly GroupPlace[];
  readonly #owner: GroupOwner;
  readonly #clock: Clock;
  /** Where limitrun has moved into a group of its own, with what it enabled. */
  #vacated: GroupPlace | undefined;

  /** @throws the kernel's error when a place cannot be prepared; everything is as before then */
  constructor(places: readonly GroupPlace[], owner: GroupOwner, clock: Clock) {
    this.#places = places;
    this.#owner = owner;
    this.#clock = clock;
    for (const place of places) removeLeftovers(place, owner.pidNamespace);
    for (const place of places) if (place.enable.length > 0) this.#vacate(place);
  }

  get kind(): Containment['kind'] {
    return kindOf(this.#places);
  }

  /**
   * Makes the groups of an attempt; those of the one before have to be removed.
   * @throws the kernel's error when one cannot be made or capped
   */
  open(caps: Caps): Containment {
    return new ControlGroups(this.#places, groupName(this.#owner), caps, this.#clock);
  }

  /** Puts limitrun back where it was. To be called at the end, also when the groups could not be removed. */
  close(): void {
    const name = groupName(this.#owner);
    for (const {parent, version} of this.#places) {
      // With somebody in it, whom nobody could end, it stays.
      if (!removeGroup(`${parent}/${name}`)) writeFrozen(version, `${parent}/${name}`, false);
    }
    const place = this.#vacated;
    if (place === undefined) return;
    this.#vacated = undefined;
    const self = `${place.parent}/${selfGroupName(this.#owner)}`;
    // As long as controllers are enabled no process may be in the group itself.
    tryControl(place.parent, 'cgroup.subtree_control', place.enable.map((one) => `-${one}`).join(' '));
    if (tryControl(place.parent, 'cgroup.procs', String(this.#owner.pid))) removeGroup(self);
  }

  #vacate(place: GroupPlace): void {
    const self = `${place.parent}/${selfGroupName(this.#owner)}`;
    mkdirSync(self);
    this.#vacated = place;
    try {
      writeControl(self, 'cgroup.procs', String(this.#owner.pid));
      writeControl(place.parent, 'cgroup.subtree_control', place.enable.map((one) => `+${one}`).join(' '));
    } catch (error) {
      this.close();
      throw error;
    }
  }
}
