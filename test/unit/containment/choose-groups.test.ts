import {describe, expect, test} from 'vitest';
import type {
  CgroupFacts,
  Controller,
  GroupManager,
  Hierarchy,
} from '../../../src/core/containment/cgroup-facts.js';
import {chooseGroups} from '../../../src/core/containment/choose-groups.js';

const V2: Hierarchy = {
  version: 2,
  directory: '/cg2/own',
  controllers: ['memory', 'pids'],
  enabled: [],
  freezer: true,
  writable: true,
  alone: true,
};
const V1_MEMORY: Hierarchy = {
  version: 1,
  directory: '/cg/memory/own',
  controllers: ['memory'],
  enabled: ['memory'],
  freezer: false,
  writable: true,
  alone: false,
};
const V1_FREEZER: Hierarchy = {
  ...V1_MEMORY,
  directory: '/cg/freezer/own',
  controllers: [],
  enabled: [],
  freezer: true,
};
const MANAGER: GroupManager = {kind: 'user', busctl: '/usr/bin/busctl', runtimeDirectory: '/run/user/1'};

const choose = (hierarchies: Hierarchy[], more: Partial<CgroupFacts> = {}) =>
  chooseGroups({hierarchies, ...more}, ['memory', 'pids']);

describe('cgroup v2', () => {
  test('alone in its group limitrun makes room and enables the controllers', () => {
    expect(choose([V2])).toEqual({
      kind: 'groups',
      places: [
        {
          version: 2,
          parent: '/cg2/own',
          controllers: ['memory', 'pids'],
          membership: true,
          enable: ['memory', 'pids'],
        },
      ],
      missing: new Map(),
    });
  });

  test('what is enabled already needs no room', () => {
    const enabled = {...V2, alone: false, enabled: ['memory', 'pids'] as const};
    expect(choose([enabled])).toMatchObject({places: [{controllers: ['memory', 'pids'], enable: []}]});
  });

  test('with strangers in its group nothing is capped and nobody is moved, but members are known', () => {
    const choice = choose([{...V2, alone: false}]);
    expect(choice).toMatchObject({places: [{controllers: [], membership: true, enable: []}]});
    expect(choice).toHaveProperty(
      'missing',
      new Map([
        ['memory', "there are other processes in limitrun's group"],
        ['pids', "there are other processes in limitrun's group"],
      ]),
    );
  });

  test('without controllers members are known', () => {
    expect(choose([{...V2, controllers: []}])).toMatchObject({
      places: [{controllers: [], membership: true}],
      missing: new Map([
        ['memory', "the controller memory is not available to limitrun's group"],
        ['pids', "the controller pids is not available to limitrun's group"],
      ]),
    });
  });

  test('a group that may not be written to is of no use', () => {
    expect(choose([{...V2, writable: false}])).toEqual({
      kind: 'none',
      why: "limitrun's group may not be written to",
    });
  });

  test('nothing is enabled that is not wanted', () => {
    expect(chooseGroups({hierarchies: [V2]}, [])).toMatchObject({places: [{controllers: [], enable: []}]});
  });
});

describe('what is welcome', () => {
  const cpuToo: Hierarchy = {...V2, controllers: ['memory', 'pids', 'cpu']};
  const placesOf = (hierarchy: Hierarchy, wanted: readonly Controller[]) => {
    const choice = chooseGroups({hierarchies: [hierarchy]}, wanted, ['memory', 'cpu']);
    return choice.kind === 'groups'
      ? choice.places.map(({controllers, enable}) => ({controllers, enable}))
      : [];
  };

  test('is taken along when limitrun makes room for something else', () => {
    const all = ['pids', 'memory', 'cpu'];
    expect(placesOf(cpuToo, ['pids'])).toEqual([{controllers: all, enable: all}]);
  });

  test('is no reason to make room', () => {
    expect(placesOf(cpuToo, [])).toEqual([{controllers: [], enable: []}]);
  });

  test('is taken where groups have it already', () => {
    const enabled = {...cpuToo, alone: false, enabled: ['memory', 'cpu'] as const};
    expect(placesOf(enabled, [])).toEqual([{controllers: ['memory', 'cpu'], enable: []}]);
  });

  test('is a group of its own in cgroup v1', () => {
    const cpu: Hierarchy = {...V1_MEMORY, directory: '/cg/cpu', controllers: ['cpu'], enabled: ['cpu']};
    expect(placesOf(cpu, [])).toEqual([{controllers: ['cpu'], enable: []}]);
    expect(placesOf(V1_MEMORY, [])).toEqual([{controllers: ['memory'], enable: []}]);
  });
});

describe('systemd', () => {
  test.each([
    ['there are strangers in the group', {...V2, alone: false}],
    ['the controller is not there', {...V2, controllers: []}],
    ['the group may not be written to', {...V2, writable: false}],
  ])('is asked when %s', (_, hierarchy) => {
    const choice = choose([hierarchy], {manager: MANAGER});
    expect(choice).toMatchObject({kind: 'ask', manager: MANAGER});
    expect(choice).toHaveProperty('otherwise', choose([hierarchy]));
  });

  test('is not asked when memory can be had without it', () => {
    expect(choose([V2], {manager: MANAGER}).kind).toBe('groups');
    expect(choose([{...V2, alone: false}, V1_MEMORY], {manager: MANAGER}).kind).toBe('groups');
  });

  test.each(['pids', 'cpu'] as const)('is asked for %s where it can hand it on', (controller) => {
    const facts = {hierarchies: [{...V2, alone: false}], manager: MANAGER};
    const having = {...facts, managerControllers: ['memory', controller]} as const;
    expect(chooseGroups(having, [controller]).kind).toBe('ask');
    const lacking = {...facts, managerControllers: ['memory']} as const;
    expect(chooseGroups(lacking, [controller]).kind).toBe('groups');
  });

  test('is not asked when nothing is to be capped, however welcome', () => {
    const facts = {hierarchies: [{...V2, alone: false}], manager: MANAGER};
    const having = {...facts, managerControllers: ['memory', 'pids', 'cpu']} as const;
    expect(chooseGroups(having, [], ['memory', 'cpu']).kind).toBe('groups');
  });

  describe('when limitrun is alone in a unit of it', () => {
    const manager = {...MANAGER, ownUnit: 'job.scope'};

    test('is asked for another one, lest it ends limitrun with what the kernel kills', () => {
      expect(choose([V2], {manager})).toEqual({
        kind: 'ask',
        manager,
        because: 'oom_policy',
        leavesEmpty: true,
        otherwise: choose([V2]),
      });
    });

    test('is not asked when the kernel is not to kill there', () => {
      expect(chooseGroups({hierarchies: [V2], manager}, ['pids']).kind).toBe('groups');
      expect(chooseGroups({hierarchies: [V2], manager}, ['pids'], ['memory']).kind).toBe('groups');
      expect(choose([V1_MEMORY, {...V2, controllers: ['pids']}], {manager}).kind).toBe('groups');
    });

    test('is told when the unit would be empty', () => {
      const facts = {manager, managerControllers: ['memory', 'cpu']} as const;
      const ask = (hierarchy: Hierarchy) => chooseGroups({hierarchies: [hierarchy], ...facts}, ['cpu']);
      expect(ask(V2)).toMatchObject({because: 'missing', leavesEmpty: true});
      expect(ask({...V2, alone: false})).toMatchObject({because: 'missing', leavesEmpty: false});
    });
  });

  test('why it is not asked is part of the reason', () => {
    expect(choose([{...V2, writable: false}], {noManager: 'of nohup'})).toEqual({
      kind: 'none',
      why: "limitrun's group may not be written to, and of nohup",
    });
  });
});

describe('cgroup v1', () => {
  test('the freezer knows the members where there is no v2', () => {
    expect(choose([V1_MEMORY, V1_FREEZER])).toMatchObject({
      places: [
        {parent: '/cg/memory/own', controllers: ['memory'], membership: false, enable: []},
        {parent: '/cg/freezer/own', controllers: [], membership: true, enable: []},
      ],
      missing: new Map([['pids', "the controller pids is not available to limitrun's group"]]),
    });
  });

  test('beside it a v2 hierarchy without controllers does', () => {
    expect(choose([V1_MEMORY, V1_FREEZER, {...V2, controllers: []}])).toMatchObject({
      places: [
        {version: 1, parent: '/cg/memory/own', membership: false},
        {version: 2, parent: '/cg2/own', membership: true},
      ],
    });
  });
});

test('without cgroups there are none', () => {
  expect(choose([])).toEqual({kind: 'none', why: 'there are no cgroups here'});
});
