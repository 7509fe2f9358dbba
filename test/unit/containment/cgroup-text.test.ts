import {describe, expect, test} from 'vitest';
import {
  groupDirectory,
  keyedValue,
  parseCgroupMounts,
  parseOwnGroups,
} from '../../../src/core/containment/cgroup-text.js';

describe('/proc/self/cgroup', () => {
  test('names the groups of every hierarchy, the one of v2 without controllers', () => {
    const text = '12:cpu,cpuacct:/a\n9:name=systemd:/s\n4:memory:/b:c d\n0::/user.slice/x.scope\n';
    expect(parseOwnGroups(text)).toEqual([
      {version: 1, controllers: ['cpu', 'cpuacct'], path: '/a'},
      {version: 1, controllers: [], path: '/s'},
      {version: 1, controllers: ['memory'], path: '/b:c d'},
      {version: 2, controllers: [], path: '/user.slice/x.scope'},
    ]);
  });

  test.each(['', 'nonsense', '0:memory', '4:memory:relative'])('%j is none', (text) => {
    expect(parseOwnGroups(text)).toEqual([]);
  });
});

describe('/proc/self/mountinfo', () => {
  test('has the hierarchies of both versions among other mounts', () => {
    const text = [
      '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
      '35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro,nosuid shared:3 - cgroup cgroup rw,memory',
      '41 31 0:38 / /mnt/a\\040b rw - cgroup2 cgroup2 rw,nsdelegate',
    ].join('\n');
    expect(parseCgroupMounts(text)).toEqual([
      {version: 1, mountPoint: '/sys/fs/cgroup/memory', root: '/docker/1', controllers: ['rw', 'memory']},
      {version: 2, mountPoint: '/mnt/a b', root: '/', controllers: []},
    ]);
  });
});

describe('the directory of a group', () => {
  const at = (path: string, root: string) =>
    groupDirectory(
      {version: 2, controllers: [], path},
      {version: 2, mountPoint: '/cg', root, controllers: []},
    );

  test.each([
    ['/', '/', '/cg'],
    ['/a/b', '/', '/cg/a/b'],
    ['/docker/1', '/docker/1', '/cg'],
    ['/docker/1/x', '/docker/1', '/cg/x'],
  ])('of %s, mounted from %s, is %s', (path, root, directory) => {
    expect(at(path, root)).toBe(directory);
  });

  test.each([
    ['/docker/10', '/docker/1'],
    ['/', '/docker/1'],
    ['/../x', '/'],
  ])('of %s, mounted from %s, is not to be seen', (path, root) => {
    expect(at(path, root)).toBeUndefined();
  });
});

test('a value is found by its whole name', () => {
  const text = 'low 0\noom 2\noom_kill 3\noom_group_kill 1\nodd x\n';
  expect(['oom', 'oom_kill', 'odd', 'none'].map((key) => keyedValue(text, key))).toEqual([
    2,
    3,
    undefined,
    undefined,
  ]);
});
