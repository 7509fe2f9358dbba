import {describe, expect, it} from 'vitest';

import {examine} from '../../../src/core/doctor/examine.js';
import type {MachineFacts} from '../../../src/core/doctor/machine-facts.js';
import {doctorTable} from '../../../src/core/report/doctor-table.js';
import {PLAIN_STYLE} from '../../../src/core/report/text-style.js';
import {textWidth} from '../../../src/core/report/text-width.js';
import {CONTAINER, LAPTOP, MACOS, ROOT_V1} from '../doctor/machines.js';
import {CODES, tagged} from './tags.js';

const shown = (facts: MachineFacts, width?: number): string =>
  doctorTable(examine(facts, 100), {
    style: PLAIN_STYLE,
    limitrunVersion: '0.1.0',
    ...(width === undefined ? {} : {width}),
  });

describe('at 80 columns', () => {
  it('an ordinary user with systemd, who lacks nothing', () => {
    expect(shown(LAPTOP)).toBe(`limitrun 0.1.0 on linux 6.1.0-18-amd64, Node v22.14.0, as user 1000

Measuring
  yes     process accounting         memory, CPU and processes of the whole
                                     tree, from /proc
  partly  processes of other users   seen, their memory and CPU too; not their
                                     PSS, open files and disk I/O
  yes     proportional memory (PSS)  near a limit pages that processes share
                                     count once
  yes     high-water marks (VmHWM)   peaks between two samples are seen
                                     afterwards
  yes     swap (VmSwap)              --max-swap
  yes     open files                 --max-fds
  yes     disk reads and writes      --max-read-bps, --max-write-bps
  yes     lists of children          new processes are found at once
  yes     marker in the environment  daemons that leave the tree are found

Caps of the kernel (control groups)
  yes     kernel cap on memory       --max-rss: no overshoot under
                                     immediate_kill, a backstop under the others
                                     (cgroup2, in a scope of systemd)
  yes     kernel cap on processes    --max-processes: a backstop against fork
                                     bombs (cgroup2, in a scope of systemd)
  no      kernel cap on CPU time     throttled by stopping and waking: the scope
                                     of systemd would not have it
                                     > as root: systemctl edit user@.service,
                                       with the lines [Service] and Delegate=cpu
                                       memory pids
  yes     members by group           nothing leaves the tree unseen, and all of
                                     it is killed at once
  partly  cgroup v2                  limitrun's own group may not be written to;
                                     it has memory and pids
  yes     kill, freeze, peak of v2   this kernel has cgroup.kill, cgroup.freeze
                                     and memory.peak
  no      cgroup v1                  it is not mounted here
  yes     scope of systemd           the user's systemd is asked for a group
                                     where there is no other way to a cap

Ending the tree
  yes     guard                      the command is ended even if limitrun is
                                     killed by SIGKILL

Around limitrun
  yes     state directory            records of runs in
                                     /home/ann/.local/state/limitrun
  yes     runtime directory          the present state of runs in
                                     /run/user/1000/limitrun, which the first
                                     run makes
  yes     terminal                   live table with bars and curves, 120 x 40
  yes     Node                       v22.14.0
  yes     launcher                   ignored signals, the soft limit of open
                                     files and NODE_OPTIONS reach the command

limit                 immediate_kill          graceful_shutdown
max_rss               kernel, cgroup2 (a)     sampled + backstop (b)
max_virtual           sampled (c)             sampled (c)
max_swap              sampled (c)             sampled (c)
max_processes         sampled + backstop (c)  sampled + backstop (c)
max_file_descriptors  sampled (c)             sampled (c)
max_time              sampled (c)             sampled (c)
max_percent           sampled (d)             sampled (d)
max_read_bps          sampled (d)             sampled (d)
max_write_bps         sampled (d)             sampled (d)
timeout               timer (e)               timer (e)

kernel: a cap of the kernel at the limit, besides sampling
sampled: every 100 ms at least (--interval), more often near a limit
backstop: a cap of the kernel above the limit, such as 1.0 GiB for max_rss 512.0
MiB and 1224 processes and threads for max_processes 100
Worst overshoot:
  a  none, but for pages of program files, which the kernel counts where they
     were read first
  b  up to the backstop
  c  what is used between two samples, which come every millisecond or so near
     the limit
  d  a rate is known after a second
  e  some milliseconds

1 thing could be improved: see the lines with an arrow.`);
  });

  it('root in a plain container', () => {
    expect(shown(CONTAINER)).toBe(`limitrun 0.1.0 on linux 6.1.0-18-amd64, Node v22.14.0, as root

Measuring
  yes     process accounting         memory, CPU and processes of the whole
                                     tree, from /proc
  yes     processes of other users   members that become another user are
                                     measured
  yes     proportional memory (PSS)  near a limit pages that processes share
                                     count once
  yes     high-water marks (VmHWM)   peaks between two samples are seen
                                     afterwards
  yes     swap (VmSwap)              --max-swap
  yes     open files                 --max-fds
  yes     disk reads and writes      --max-read-bps, --max-write-bps
  yes     lists of children          new processes are found at once
  yes     marker in the environment  daemons that leave the tree are found

Caps of the kernel (control groups)
  no      kernel cap on memory       only sampling keeps the limit: limitrun's
                                     group may not be written to
                                     > the cgroups of the container may not be
                                       written to: cap the whole container from
                                       outside (docker run --memory 512m);
                                       --privileged would open them to root in
                                       it, but gives it all rights over the
                                       machine
  no      kernel cap on processes    only sampling keeps the limit: limitrun's
                                     group may not be written to
  no      kernel cap on CPU time     throttled by stopping and waking:
                                     limitrun's group may not be written to
  no      members by group           members are found by walking and searching
                                     /proc, and killed one by one
  partly  cgroup v2                  limitrun's own group may not be written to;
                                     it has memory and pids
  yes     kill, freeze, peak of v2   this kernel has cgroup.kill, cgroup.freeze
                                     and memory.peak
  no      cgroup v1                  it is not mounted here
  no      scope of systemd           systemd does not run here

Ending the tree
  yes     guard                      the command is ended even if limitrun is
                                     killed by SIGKILL

Around limitrun
  yes     state directory            records of runs in
                                     /root/.local/state/limitrun, which the
                                     first run makes
  no      runtime directory          the present state of runs is kept in the
                                     state directory instead: XDG_RUNTIME_DIR is
                                     not set
  no      terminal                   no live table: standard error is no
                                     terminal; --progress plain prints lines
                                     instead
  yes     Node                       v22.14.0
  yes     launcher                   ignored signals, the soft limit of open
                                     files and NODE_OPTIONS reach the command

limit                 immediate_kill  graceful_shutdown
max_rss               sampled (a)     sampled (a)
max_virtual           sampled (a)     sampled (a)
max_swap              sampled (a)     sampled (a)
max_processes         sampled (a)     sampled (a)
max_file_descriptors  sampled (a)     sampled (a)
max_time              sampled (a)     sampled (a)
max_percent           sampled (b)     sampled (b)
max_read_bps          sampled (b)     sampled (b)
max_write_bps         sampled (b)     sampled (b)
timeout               timer (c)       timer (c)

sampled: every 100 ms at least (--interval), more often near a limit
Worst overshoot:
  a  what is used between two samples, which come every millisecond or so near
     the limit
  b  a rate is known after a second
  c  some milliseconds

1 thing could be improved: see the lines with an arrow.`);
  });

  it('root with cgroup v1, on an old kernel', () => {
    expect(shown(ROOT_V1)).toBe(`limitrun 0.1.0 on linux 4.19.0-27-amd64, Node v22.14.0, as root

Measuring
  yes     process accounting         memory, CPU and processes of the whole
                                     tree, from /proc
  yes     processes of other users   members that become another user are
                                     measured
  yes     proportional memory (PSS)  near a limit pages that processes share
                                     count once
  yes     high-water marks (VmHWM)   peaks between two samples are seen
                                     afterwards
  yes     swap (VmSwap)              --max-swap
  yes     open files                 --max-fds
  yes     disk reads and writes      --max-read-bps, --max-write-bps
  no      lists of children          new processes are found by a search, once a
                                     second
                                     > a kernel with CONFIG_PROC_CHILDREN
  yes     marker in the environment  daemons that leave the tree are found

Caps of the kernel (control groups)
  yes     kernel cap on memory       --max-rss: no overshoot under
                                     immediate_kill, a backstop under the others
                                     (cgroup1)
  yes     kernel cap on processes    --max-processes: a backstop against fork
                                     bombs (cgroup1)
  yes     kernel cap on CPU time     --max-cpu with the policy throttle: the
                                     kernel holds the tree back (cgroup1)
  yes     members by group           nothing leaves the tree unseen, and all of
                                     it is killed at once
  no      cgroup v2                  it is not mounted here
  no      kill, freeze, peak of v2   there is no cgroup v2
  yes     cgroup v1                  limitrun's own groups may be written to:
                                     memory, pids, cpu and freezer
  no      scope of systemd           of use only with cgroup v2

Ending the tree
  yes     guard                      the command is ended even if limitrun is
                                     killed by SIGKILL

Around limitrun
  yes     state directory            records of runs in
                                     /root/.local/state/limitrun, which the
                                     first run makes
  no      runtime directory          the present state of runs is kept in the
                                     state directory instead: XDG_RUNTIME_DIR is
                                     not set
  no      terminal                   no live table: standard error is no
                                     terminal; --progress plain prints lines
                                     instead
  yes     Node                       v22.14.0
  no      launcher                   what Node changes reaches the command
                                     changed: ignored signals, open-files limit,
                                     NODE_OPTIONS
                                     > start bin/limitrun, which npm installs as
                                       limitrun, not bin/run.js

limit                 immediate_kill          graceful_shutdown
max_rss               kernel, cgroup1 (a)     sampled + backstop (b)
max_virtual           sampled (c)             sampled (c)
max_swap              sampled (c)             sampled (c)
max_processes         sampled + backstop (c)  sampled + backstop (c)
max_file_descriptors  sampled (c)             sampled (c)
max_time              sampled (c)             sampled (c)
max_percent           sampled (d)             sampled (d)
max_read_bps          sampled (d)             sampled (d)
max_write_bps         sampled (d)             sampled (d)
timeout               timer (e)               timer (e)

kernel: a cap of the kernel at the limit, besides sampling
sampled: every 100 ms at least (--interval), more often near a limit
backstop: a cap of the kernel above the limit, such as 1.0 GiB for max_rss 512.0
MiB and 1224 processes and threads for max_processes 100
Worst overshoot:
  a  none, but for pages of program files, which the kernel counts where they
     were read first
  b  up to the backstop
  c  what is used between two samples, which come every millisecond or so near
     the limit
  d  a rate is known after a second
  e  some milliseconds

2 things could be improved: see the lines with an arrow.`);
  });

  it('macOS, with a home that cannot be written', () => {
    expect(shown(MACOS)).toBe(`limitrun 0.1.0 on darwin 24.3.0, Node v20.19.1, as user 501

Measuring
  partly  process accounting         resident memory and CPU of the whole tree,
                                     by pidusage
  yes     processes of other users   members that become another user are seen
  no      proportional memory (PSS)  only Linux has it: pages that processes
                                     share count once for each of them
  no      high-water marks (VmHWM)   only Linux has it: a peak between two
                                     samples goes unseen
  no      swap (VmSwap)              only Linux has it: --max-swap cannot be
                                     kept
  no      open files                 only Linux has it: --max-fds cannot be kept
  no      disk reads and writes      only Linux has it: --max-read-bps and
                                     --max-write-bps cannot be kept
  no      lists of children          only Linux has it: members are found in the
                                     list of all processes, where the system has
                                     one
  no      marker in the environment  only Linux has it: a daemon that leaves the
                                     tree at once is lost

Caps of the kernel (control groups)
  no      kernel cap on memory       only Linux has control groups
  no      kernel cap on processes    only Linux has control groups
  no      kernel cap on CPU time     only Linux has control groups

Ending the tree
  no      guard                      if limitrun is killed by SIGKILL the
                                     command runs on without limits: there is
                                     one on Linux only

Around limitrun
  no      state directory            no records, so runs do not show in limitrun
                                     status: /Users/ann/.local/state/limitrun:
                                     in /Users/ann nothing can be made:
                                     permission denied (EACCES)
                                     > set XDG_STATE_HOME to a directory that is
                                       yours
  no      runtime directory          runs that go on do not show in limitrun
                                     status: XDG_RUNTIME_DIR is not set
  partly  terminal                   live table, 80 x 24, drawn in ASCII
                                     > export LANG=C.UTF-8 (or another locale of
                                       UTF-8), if the terminal shows it
  yes     Node                       v20.19.1
  yes     launcher                   ignored signals, the soft limit of open
                                     files and NODE_OPTIONS reach the command

limit                 immediate_kill             graceful_shutdown
max_rss               sampled (a)                sampled (a)
max_virtual           nobody: not measured here  nobody: not measured here
max_swap              nobody: not measured here  nobody: not measured here
max_processes         sampled (a)                sampled (a)
max_file_descriptors  nobody: not measured here  nobody: not measured here
max_time              sampled (a)                sampled (a)
max_percent           sampled (b)                sampled (b)
max_read_bps          nobody: not measured here  nobody: not measured here
max_write_bps         nobody: not measured here  nobody: not measured here
timeout               timer (c)                  timer (c)

sampled: every 100 ms at least (--interval), more often near a limit
Worst overshoot:
  a  what is used between two samples, which come every millisecond or so near
     the limit
  b  a rate is known after a second
  c  some milliseconds

2 things could be improved: see the lines with an arrow.`);
  });
});

it.each([72, 80, 200])('fits %i columns, whatever the machine', (width) => {
  for (const facts of [LAPTOP, CONTAINER, ROOT_V1, MACOS]) {
    for (const line of shown(facts, width).split('\n')) {
      expect(textWidth(line), line).toBeLessThanOrEqual(width);
      expect(line).toBe(line.trimEnd());
    }
  }
});

it('shows what comes from outside without control characters', () => {
  const state = {kind: 'usable', path: '/home/\u001b[31mred\n'} as const;
  expect(shown({...LAPTOP, state})).toContain('/home/\\x1b[31mred\\n');
});

it('paints the states, and nothing else changes', () => {
  const options = {style: {paint: CODES, unicode: true}, limitrunVersion: '0.1.0', width: 200};
  const painted = tagged(doctorTable(examine(ROOT_V1, 100), options));
  expect(painted).toContain('  <green>yes</>     guard ');
  expect(painted).toContain('  <red>no</>      lists of children ');
  expect(painted).toContain('<bold>→</> a kernel with CONFIG_PROC_CHILDREN');
  const plain = doctorTable(examine(ROOT_V1, 100), {...options, style: {...PLAIN_STYLE, unicode: true}});
  expect(painted.replace(/<(\/|[a-z]+)>/g, '')).toBe(plain);
});
