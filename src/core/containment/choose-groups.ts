import type {CgroupFacts, Controller, GroupManager, Hierarchy} from './cgroup-facts.js';

/** A hierarchy in which a group is to be made. */
export interface GroupPlace {
  readonly version: 1 | 2;
  /** limitrun's own group. */
  readonly parent: string;
  /** What the group caps. */
  readonly controllers: readonly Controller[];
  /** Members can be listed, and frozen for a kill (v1) or killed at once (v2) there. One place at most has this. */
  readonly membership: boolean;
  /**
   * Controllers that have to be enabled first. A v2 group with processes cannot enable them ("no internal processes",
   * cgroup-v2.rst), so limitrun, alone in it, moves into a group beneath it before.
   */
  readonly enable: readonly Controller[];
}

/** What is to be done about groups. */
export type GroupChoice =
  | {readonly kind: 'none'; readonly why: string}
  /** Ask for a group of limitrun's own, then choose again. `otherwise`: when that fails. */
  | {
      readonly kind: 'ask';
      readonly manager: GroupManager;
      /**
       * `missing`: it is the only way to something wanted. `oom_policy`: only if systemd ends limitrun's own unit when
       * the kernel has killed in it, which is how a cap on memory is kept (systemd.scope(5), OOMPolicy=).
       */
      readonly because: 'missing' | 'oom_policy';
      /** limitrun's own unit has nobody else in it. */
      readonly leavesEmpty: boolean;
      readonly otherwise: GroupChoice;
    }
  | {
      readonly kind: 'groups';
      readonly places: readonly GroupPlace[];
      /** Wanted controllers that cannot be had, and why. */
      readonly missing: ReadonlyMap<Controller, string>;
    };

/**
 * @param wanted the controllers that the limits ask for, if need be a manager
 * @param welcome those that are taken where they cost nothing: where groups have them already, or limitrun makes room for
 * others
 */
export function chooseGroups(
  facts: CgroupFacts,
  wanted: readonly Controller[],
  welcome: readonly Controller[] = [],
): GroupChoice {
  const usable = facts.hierarchies.filter(({writable}) => writable);
  const missing = new Map<Controller, string>();
  const homes = new Map<Hierarchy, Controller[]>();
  for (const controller of wanted) {
    const home = usable.find((hierarchy) => canHave(hierarchy, controller));
    if (home === undefined) missing.set(controller, whyMissing(facts, controller));
    else homes.set(home, [...(homes.get(home) ?? []), controller]);
  }
  for (const controller of welcome) {
    if (wanted.includes(controller)) continue;
    const home = usable.find((hierarchy) => isFree(hierarchy, controller, homes.get(hierarchy) ?? []));
    if (home !== undefined) homes.set(home, [...(homes.get(home) ?? []), controller]);
  }
  const lists = usable.find(({version}) => version === 2) ?? usable.find(({freezer}) => freezer);
  if (lists !== undefined && !homes.has(lists)) homes.set(lists, []);
  const places = [...homes].map(([hierarchy, controllers]) => place(hierarchy, controllers, lists));
  const found: GroupChoice =
    places.length === 0 ? {kind: 'none', why: whyNone(facts)} : {kind: 'groups', places, missing};
  const {manager} = facts;
  if (manager === undefined) return found;
  const leavesEmpty = manager.ownUnit !== undefined && usable.some(({alone}) => alone);
  const ask = {kind: 'ask', manager, leavesEmpty, otherwise: found} as const;
  if (isWorthAsking(facts, missing)) return {...ask, because: 'missing'};
  const isCapped = places.some(({version, controllers}) => version === 2 && controllers.includes('memory'));
  if (leavesEmpty && isCapped && wanted.includes('memory')) return {...ask, because: 'oom_policy'};
  return found;
}

/** A manager that is there can cap memory; not every one can hand on the controller cpu. */
function isWorthAsking(
  {managerControllers = []}: CgroupFacts,
  missing: ReadonlyMap<Controller, string>,
): boolean {
  return missing.has('memory') || managerControllers.some((controller) => missing.has(controller));
}

function canHave({controllers, enabled, alone}: Hierarchy, controller: Controller): boolean {
  return enabled.includes(controller) || (alone && controllers.includes(controller));
}

function isFree(hierarchy: Hierarchy, controller: Controller, taken: readonly Controller[]): boolean {
  const {enabled} = hierarchy;
  if (enabled.includes(controller)) return true;
  return canHave(hierarchy, controller) && taken.some((one) => !enabled.includes(one));
}

function place(
  {version, directory, enabled}: Hierarchy,
  controllers: readonly Controller[],
  lists: Hierarchy | undefined,
): GroupPlace {
  return {
    version,
    parent: directory,
    controllers,
    membership: lists?.directory === directory,
    enable: controllers.filter((controller) => !enabled.includes(controller)),
  };
}

function whyMissing({hierarchies, noManager}: CgroupFacts, controller: Controller): string {
  const having = hierarchies.filter(({controllers}) => controllers.includes(controller));
  const besides = noManager === undefined ? '' : `, and ${noManager}`;
  if (having.length === 0)
    return `the controller ${controller} is not available to limitrun's group${besides}`;
  if (!having.some(({writable}) => writable)) return `limitrun's group may not be written to${besides}`;
  return `there are other processes in limitrun's group${besides}`;
}

function whyNone({hierarchies, noManager}: CgroupFacts): string {
  const why =
    hierarchies.length === 0 ? 'there are no cgroups here' : "limitrun's group may not be written to";
  return noManager === undefined ? why : `${why}, and ${noManager}`;
}
