/** One line of /proc/PID/cgroup (cgroups(7)). */
export interface OwnGroup {
  readonly version: 1 | 2;
  /** Of a v1 hierarchy; empty for v2 and for named hierarchies. */
  readonly controllers: readonly string[];
  /** Within the hierarchy, as this process's cgroup namespace shows it. */
  readonly path: string;
}

/** One mounted hierarchy. */
export interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** The group that is seen at the mount point. */
  readonly root: string;
  /** v1: the controllers that are mounted there; empty for v2. */
  readonly controllers: readonly string[];
}

/** Reads /proc/PID/cgroup: `ID:CONTROLLERS:PATH`, for v2 `0::PATH`. */
export function parseOwnGroups(text: string): OwnGroup[] {
  return text.split('\n').flatMap((line): OwnGroup[] => {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    const [, id, controllers = '', path = '/'] = match;
    if (id === '0' && controllers === '') return [{version: 2, controllers: [], path}];
    const named = controllers.startsWith('name=');
    return [{version: 1, controllers: named ? [] : controllers.split(','), path}];
  });
}

/** The cgroup hierarchies in /proc/PID/mountinfo (proc(5)), in its order. */
export function parseCgroupMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line): CgroupMount[] => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [
      {
        version: type === 'cgroup2' ? 2 : 1,
        mountPoint: unescaped(mountPoint),
        root: unescaped(root),
        controllers: type === 'cgroup2' ? [] : options.split(','),
      },
    ];
  });
}

/** Where a group of a hierarchy is seen; undefined when it lies outside of what is mounted. */
export function groupDirectory(group: OwnGroup, mount: CgroupMount): string | undefined {
  // Outside of the cgroup namespace (cgroup_namespaces(7)).
  if (group.path.split('/').includes('..')) return undefined;
  const root = mount.root === '/' ? '' : mount.root;
  if (group.path !== root && !group.path.startsWith(`${root}/`)) return undefined;
  const below = group.path.slice(root.length);
  return below === '' || below === '/' ? mount.mountPoint : mount.mountPoint + below;
}

/** A value of a file of lines `KEY VALUE`, such as memory.events. */
export function keyedValue(text: string, key: string): number | undefined {
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name === key && value !== undefined && /^\d+$/.test(value)) return Number(value);
  }
  return undefined;
}

/** Space, tab, line break and backslash are octal in mountinfo. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
