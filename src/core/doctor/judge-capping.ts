import {CONTROLLERS, type Controller, type Hierarchy} from '../containment/cgroup-facts.js';
import {capRemedy} from './cap-remedy.js';
import type {Finding, FindingState} from './doctor-report.js';
import type {CapsHere} from './limit-outlooks.js';
import {GROUP_FILES, type GroupFacts, type MachineFacts} from './machine-facts.js';

const AREA = 'capping';
/** Without cpu a command is throttled all the same. */
const NEEDED: readonly Controller[] = ['memory', 'pids'];

/** What the kernel would keep besides, by control groups, and what stands in the way. Pure. */
export function judgeCapping(facts: MachineFacts, caps: CapsHere | undefined): Finding[] {
  const {groups} = facts;
  if (groups === undefined || caps === undefined) {
    return CONTROLLERS.map((controller) => cap(controller, 'no', 'only Linux has control groups'));
  }
  return [
    ...CONTROLLERS.map((controller) => capHere(controller, facts, groups, caps)),
    members(caps),
    version2(groups),
    version2Files(groups),
    version1(groups),
    manager(groups),
  ];
}

const OF_CONTROLLER: Readonly<Record<Controller, {readonly id: string; readonly what: string}>> = {
  memory: {id: 'memory_cap', what: 'kernel cap on memory'},
  pids: {id: 'process_cap', what: 'kernel cap on processes'},
  cpu: {id: 'cpu_cap', what: 'kernel cap on CPU time'},
};

function cap(controller: Controller, state: FindingState, meaning: string, remedy?: string): Finding {
  return {
    ...OF_CONTROLLER[controller],
    area: AREA,
    state,
    meaning,
    ...(remedy === undefined ? {} : {remedy}),
  };
}

const GOOD_OF_CAP: Readonly<Record<Controller, string>> = {
  memory: '--max-rss: no overshoot under immediate_kill, a backstop under the others',
  pids: '--max-processes: a backstop against fork bombs',
  cpu: '--max-cpu with the policy throttle: the kernel holds the tree back',
};

function capHere(
  controller: Controller,
  facts: MachineFacts,
  groups: GroupFacts,
  {source, byManager, missing}: CapsHere,
): Finding {
  const why = missing.get(controller);
  if (why !== undefined) {
    const remedy = capRemedy(controller, facts, groups);
    const otherwise =
      controller === 'cpu' ? 'throttled by stopping and waking' : 'only sampling keeps the limit';
    return cap(controller, 'no', `${otherwise}: ${why}`, remedy);
  }
  const how = `${source ?? 'cgroup'}${byManager ? ', in a scope of systemd' : ''}`;
  return cap(controller, 'yes', `${GOOD_OF_CAP[controller]} (${how})`);
}

function members({source}: CapsHere): Finding {
  const has = source !== undefined;
  return {
    id: 'group_members',
    area: AREA,
    what: 'members by group',
    state: has ? 'yes' : 'no',
    meaning: has
      ? 'nothing leaves the tree unseen, and all of it is killed at once'
      : 'members are found by walking and searching /proc, and killed one by one',
  };
}

/** Such as `memory and pids`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

function version2({hierarchies}: GroupFacts): Finding {
  const row = {id: 'cgroup2', area: AREA, what: 'cgroup v2'} as const;
  const own = hierarchies.find(({version}) => version === 2);
  if (own === undefined) return {...row, state: 'no', meaning: 'it is not mounted here'};
  const controllers = own.controllers.length === 0 ? 'no controller' : listed(own.controllers);
  if (!own.writable) {
    return {
      ...row,
      state: 'partly',
      meaning: `limitrun's own group may not be written to; it has ${controllers}`,
    };
  }
  const offered = NEEDED.filter((one) => own.controllers.includes(one));
  const usable = offered.filter((one) => own.enabled.includes(one) || own.alone);
  const state = usable.length === NEEDED.length ? 'yes' : 'partly';
  const shared =
    usable.length < offered.length ? ', which other processes in that group keep from being used' : '';
  return {...row, state, meaning: `limitrun's own group may be written to; it has ${controllers}${shared}`};
}

function version2Files({hierarchies, files}: GroupFacts): Finding {
  const row = {id: 'cgroup2_files', area: AREA, what: 'kill, freeze, peak of v2'} as const;
  if (!hierarchies.some(({version}) => version === 2)) {
    return {...row, state: 'no', meaning: 'there is no cgroup v2'};
  }
  const has = GROUP_FILES.filter((file) => files[file]);
  const lacks = GROUP_FILES.filter((file) => !files[file]);
  if (lacks.length === 0) return {...row, state: 'yes', meaning: `this kernel has ${listed(has)}`};
  return {
    ...row,
    state: has.length === 0 ? 'no' : 'partly',
    meaning: `this kernel lacks ${listed(lacks)}; limitrun does without`,
    remedy: 'a kernel since 5.19 has all of them',
  };
}

/** The parts of v1 that limitrun uses. */
const V1_PARTS: readonly (readonly [name: string, isIn: (hierarchy: Hierarchy) => boolean])[] = [
  ['memory', ({controllers}) => controllers.includes('memory')],
  ['pids', ({controllers}) => controllers.includes('pids')],
  ['cpu', ({controllers}) => controllers.includes('cpu')],
  ['freezer', ({freezer}) => freezer],
];

function version1({hierarchies}: GroupFacts): Finding {
  const row = {id: 'cgroup1', area: AREA, what: 'cgroup v1'} as const;
  const own = hierarchies.filter(({version}) => version === 1);
  const mounted = V1_PARTS.filter(([, isIn]) => own.some(isIn)).map(([name]) => name);
  const writable = V1_PARTS.filter(([, isIn]) => own.some((one) => one.writable && isIn(one))).map(
    ([name]) => name,
  );
  if (mounted.length === 0) return {...row, state: 'no', meaning: 'it is not mounted here'};
  if (writable.length === 0) {
    const meaning = `mounted with ${listed(mounted)}, but limitrun's own groups may not be written to`;
    return {...row, state: 'no', meaning};
  }
  const state = writable.length === V1_PARTS.length ? 'yes' : 'partly';
  return {...row, state, meaning: `limitrun's own groups may be written to: ${listed(writable)}`};
}

function manager({manager: found, noManager, managerLacks, hierarchies}: GroupFacts): Finding {
  const row = {id: 'systemd', area: AREA, what: 'scope of systemd'} as const;
  if (found !== undefined) {
    const whose = found.kind === 'user' ? "the user's systemd" : 'systemd';
    return {
      ...row,
      state: 'yes',
      meaning: `${whose} is asked for a group where there is no other way to a cap`,
    };
  }
  if (noManager !== undefined) return {...row, state: 'no', meaning: `not asked: ${noManager}`};
  if (!hierarchies.some(({version}) => version === 2)) {
    return {...row, state: 'no', meaning: 'of use only with cgroup v2'};
  }
  return {...row, state: 'no', meaning: LACKS[managerLacks ?? 'systemd']};
}

const LACKS: Readonly<Record<NonNullable<GroupFacts['managerLacks']>, string>> = {
  systemd: 'systemd does not run here',
  bus: 'its bus is not there',
  busctl: 'there is no busctl(1) to ask it by',
  memory: 'it cannot hand on the controller memory',
};
