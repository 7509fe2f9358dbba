import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';

import {WOULD_NOT_OUTLIVE_LOGIN} from '../../../src/core/containment/cgroup-facts.js';
import type {Finding} from '../../../src/core/doctor/doctor-report.js';
import {examine} from '../../../src/core/doctor/examine.js';
import {LEAST_NODE} from '../../../src/core/doctor/judge-surroundings.js';
import type {GroupFacts, MachineFacts} from '../../../src/core/doctor/machine-facts.js';
import {CONTAINER, LAPTOP, MACOS, OWN_V2, ROOT_V1} from './machines.js';

function finding(id: string, facts: MachineFacts): Finding {
  const found = examine(facts, 100).findings.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no finding ${id}`);
  return found;
}

/** The laptop, with other groups. */
function withGroups(groups: Partial<GroupFacts>, more: Partial<MachineFacts> = {}): MachineFacts {
  return {...LAPTOP, groups: {hierarchies: [OWN_V2], files: LAPTOP.groups.files, ...groups}, ...more};
}

const AS_ROOT = {machine: {...LAPTOP.machine, uid: 0}};

describe('the way to a kernel cap', () => {
  it.each<[string, MachineFacts, RegExp | undefined]>([
    ['the bus is missing', withGroups({managerLacks: 'bus'}), /^as root: loginctl enable-linger 1000 /],
    [
      'the bus of root is missing',
      withGroups({managerLacks: 'bus'}, AS_ROOT),
      /systemctl start dbus\.socket/,
    ],
    [
      'the bus is elsewhere',
      withGroups({managerLacks: 'bus', busElsewhere: '/run/user/1000'}),
      /^export XDG_RUNTIME_DIR=\/run\/user\/1000$/,
    ],
    ['busctl is missing', withGroups({managerLacks: 'busctl'}), /busctl/],
    ['memory is not delegated', withGroups({managerLacks: 'memory'}), /Delegate=memory pids/],
    ['the kernel has it switched off', withGroups({managerLacks: 'memory'}, AS_ROOT), /cgroup_enable=memory/],
    [
      'cgroup v1 has the controllers',
      withGroups({
        managerLacks: 'memory',
        hierarchies: [
          {...OWN_V2, controllers: []},
          {...OWN_V2, version: 1, directory: '/cg/memory'},
        ],
      }),
      /unified_cgroup_hierarchy=1/,
    ],
    [
      'nohup would lose the group',
      withGroups({noManager: WOULD_NOT_OUTLIVE_LOGIN}),
      /^as root: loginctl enable-linger 1000$/,
    ],
    [
      'the group is limited from outside',
      withGroups({noManager: 'leaving that group would evade its limits'}),
      undefined,
    ],
    ['there is no systemd', withGroups({managerLacks: 'systemd'}), /root has delegated to this user/],
    [
      'there are others in the group',
      withGroups({managerLacks: 'systemd', hierarchies: [{...OWN_V2, writable: true}]}),
      /only process of its cgroup v2 group/,
    ],
    ['nothing is mounted', withGroups({hierarchies: []}), /mount -t cgroup2/],
    [
      'a container shows nothing',
      withGroups({hierarchies: []}, {inContainer: true}),
      /shows no cgroups.*all rights/,
    ],
  ])('where %s', (_name, facts, way) => {
    const {state, remedy} = finding('memory_cap', facts);
    expect(state).toBe('no');
    if (way === undefined) expect(remedy).toBeUndefined();
    else expect(remedy).toMatch(way);
    // Said once.
    expect(finding('process_cap', facts).remedy).toBeUndefined();
  });

  it('is never --privileged without saying what that gives away', () => {
    expect(finding('memory_cap', CONTAINER).remedy).toMatch(/--privileged .* all rights over the machine/);
  });

  it('is not needed where there is one', () => {
    expect(finding('memory_cap', LAPTOP)).toMatchObject({state: 'yes'});
    expect(finding('memory_cap', LAPTOP)).not.toHaveProperty('remedy');
    expect(finding('memory_cap', ROOT_V1)).toMatchObject({state: 'yes'});
  });

  it('tells a cap on memory without one on processes', () => {
    const facts = {...LAPTOP, groups: {...LAPTOP.groups, managerControllers: ['memory'] as const}};
    expect(finding('memory_cap', facts).state).toBe('yes');
    expect(finding('process_cap', facts)).toMatchObject({
      state: 'no',
      meaning: 'only sampling keeps the limit: the scope of systemd would not have it',
    });
    const promises = examine(facts, 100).outlooks.find(
      ({limitType}) => limitType === 'max_processes',
    )?.promises;
    expect(promises?.immediate_kill).not.toHaveProperty('cap');
  });
});

describe('cgroup v2', () => {
  it.each<[string, Partial<GroupFacts>, Partial<Finding>]>([
    ['alone in its group', {hierarchies: [{...OWN_V2, writable: true, alone: true}]}, {state: 'yes'}],
    [
      'with others in its group',
      {hierarchies: [{...OWN_V2, writable: true}]},
      {
        state: 'partly',
        meaning:
          "limitrun's own group may be written to; it has memory and pids, which other processes in that group " +
          'keep from being used',
      },
    ],
    ['not mounted', {hierarchies: []}, {state: 'no', meaning: 'it is not mounted here'}],
  ])('%s', (_name, groups, expected) => {
    expect(finding('cgroup2', withGroups(groups))).toMatchObject(expected);
  });

  it('on an old kernel lacks some files', () => {
    const files = {'cgroup.kill': false, 'cgroup.freeze': true, 'memory.peak': false};
    expect(finding('cgroup2_files', withGroups({files}))).toMatchObject({
      state: 'partly',
      meaning: 'this kernel lacks cgroup.kill and memory.peak; limitrun does without',
      remedy: 'a kernel since 5.19 has all of them',
    });
  });
});

describe('cgroup v1', () => {
  it('that may not be written to is told from one that is not there', () => {
    const readOnly = (ROOT_V1.groups?.hierarchies ?? []).map((one) => ({...one, writable: false}));
    expect(finding('cgroup1', withGroups({hierarchies: readOnly}))).toMatchObject({
      state: 'no',
      meaning: "mounted with memory, pids, cpu and freezer, but limitrun's own groups may not be written to",
    });
  });

  it('may be there in part', () => {
    const [memory] = ROOT_V1.groups?.hierarchies ?? [];
    expect(finding('cgroup1', withGroups({hierarchies: memory ? [memory] : []}))).toMatchObject({
      state: 'partly',
      meaning: "limitrun's own groups may be written to: memory",
    });
  });
});

describe('what can be measured', () => {
  it('without /proc on Linux is nothing, with one thing to do', () => {
    const {proc: _proc, ...facts} = {...LAPTOP, measures: new Set(['rssBytes'] as const)};
    const measuring = examine(facts, 100).findings.filter(({area}) => area === 'measuring');
    expect(measuring.filter(({state}) => state !== 'no')).toEqual([]);
    expect(measuring.flatMap(({remedy}) => remedy ?? [])).toEqual(['as root: mount -t proc proc /proc']);
  });

  it('of other users may be hidden', () => {
    const hidden = {...LAPTOP.proc, seesProcess1: false, hidepid: 'invisible'} as MachineFacts['proc'] &
      object;
    expect(finding('other_users', {...LAPTOP, proc: hidden})).toMatchObject({
      state: 'no',
      meaning: '/proc hides them (hidepid=invisible): members that become another user are not seen',
      remedy: 'as root: mount -o remount,hidepid=0 /proc (then every user sees the processes of all others)',
    });
  });

  it.each([
    ['pss', 'pssBytes', /CONFIG_PROC_PAGE_MONITOR/],
    ['disk_io', 'readBytes', /CONFIG_TASK_IO_ACCOUNTING/],
  ] as const)('%s may be missing, and the limit is then kept by nobody or worse', (id, metric, way) => {
    const measures = new Set([...LAPTOP.measures].filter((one) => one !== metric));
    expect(finding(id, {...LAPTOP, measures})).toMatchObject({state: 'no'});
    expect(finding(id, {...LAPTOP, measures}).remedy).toMatch(way);
  });
});

describe('what is around limitrun', () => {
  it('knows the oldest Node as package.json does', () => {
    const {engines} = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      engines: {node: string};
    };
    expect(engines.node).toBe(`>=${LEAST_NODE.join('.')}`);
  });

  it.each([
    ['v20.18.1', 'no'],
    ['v18.20.0', 'no'],
    ['v20.19.0', 'yes'],
    ['v22.0.0', 'yes'],
  ])('%s: %s', (nodeVersion, state) => {
    expect(finding('node', {...LAPTOP, machine: {...LAPTOP.machine, nodeVersion}}).state).toBe(state);
  });

  it('the runtime directory of a user can be named', () => {
    const facts = {...LAPTOP, runtime: {kind: 'nowhere'}} as const;
    expect(finding('runtime_directory', facts).remedy).toMatch(/XDG_RUNTIME_DIR=\/run\/user\/1000/);
  });

  it('a terminal without a name has no table', () => {
    const terminal = {size: {columns: 80, rows: 24}, utf8: true, region: false};
    expect(finding('terminal', {...LAPTOP, terminal})).toMatchObject({state: 'no'});
  });

  it('on Windows no launcher is advised', () => {
    const machine = {platform: 'win32', kernelRelease: '10.0', nodeVersion: 'v22.0.0'};
    expect(finding('launcher', {...MACOS, machine, byLauncher: false})).not.toHaveProperty('remedy');
  });
});
