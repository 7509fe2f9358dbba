import type {Finding} from './doctor-report.js';
import type {MachineFacts} from './machine-facts.js';

/** Something that only /proc tells. */
interface Figure {
  readonly id: string;
  readonly what: string;
  readonly has: (facts: MachineFacts) => boolean;
  readonly good: string;
  readonly lost: string;
  /** What is lost on systems other than Linux, where that differs. */
  readonly lostElsewhere?: string;
  /** On Linux. */
  readonly remedy?: string;
}

const FIGURES: readonly Figure[] = [
  {
    id: 'pss',
    what: 'proportional memory (PSS)',
    has: ({measures}) => measures.has('pssBytes'),
    good: 'near a limit pages that processes share count once',
    lost: 'pages that processes share count once for each of them',
    remedy: 'a kernel since 4.14 with CONFIG_PROC_PAGE_MONITOR',
  },
  {
    id: 'high_water',
    what: 'high-water marks (VmHWM)',
    has: ({proc}) => proc?.highWater === true,
    good: 'peaks between two samples are seen afterwards',
    lost: 'a peak between two samples goes unseen',
  },
  {
    id: 'swap',
    what: 'swap (VmSwap)',
    has: ({proc, measures}) => proc?.swap === true && measures.has('swapBytes'),
    good: '--max-swap',
    lost: '--max-swap cannot be kept',
  },
  {
    id: 'open_files',
    what: 'open files',
    has: ({proc, measures}) => proc?.openFiles === true && measures.has('fileDescriptors'),
    good: '--max-fds',
    lost: '--max-fds cannot be kept',
  },
  {
    id: 'disk_io',
    what: 'disk reads and writes',
    has: ({measures}) => measures.has('readBytes'),
    good: '--max-read-bps, --max-write-bps',
    lost: '--max-read-bps and --max-write-bps cannot be kept',
    remedy:
      'a kernel with CONFIG_TASK_IO_ACCOUNTING; in a container: a /proc that does not hide /proc/PID/io',
  },
  {
    id: 'children',
    what: 'lists of children',
    has: ({proc}) => proc?.children === true,
    good: 'new processes are found at once',
    lost: 'new processes are found by a search, once a second',
    lostElsewhere: 'members are found in the list of all processes, where the system has one',
    remedy: 'a kernel with CONFIG_PROC_CHILDREN',
  },
  {
    id: 'marker',
    what: 'marker in the environment',
    has: ({proc}) => proc?.environment === true,
    good: 'daemons that leave the tree are found',
    lost: 'a daemon that leaves the tree at once is lost',
  },
];

/** What can be measured: the accounting of the kernel, and what in it may be missing. Pure. */
export function judgeMeasuring(facts: MachineFacts): Finding[] {
  return [accounting(facts), otherUsers(facts), ...FIGURES.map((figure) => judge(figure, facts))];
}

function accounting({machine, proc, measures}: MachineFacts): Finding {
  const row = {id: 'accounting', area: 'measuring', what: 'process accounting'} as const;
  if (proc !== undefined) {
    return {...row, state: 'yes', meaning: 'memory, CPU and processes of the whole tree, from /proc'};
  }
  if (machine.platform === 'linux') {
    return {
      ...row,
      state: 'no',
      meaning: 'nothing can be measured, so limitrun refuses to start a command',
      remedy: 'as root: mount -t proc proc /proc',
    };
  }
  const tree = measures.has('processes') ? 'of the whole tree' : 'of the command alone';
  return {...row, state: 'partly', meaning: `resident memory and CPU ${tree}, by pidusage`};
}

/** Who belongs to the tree can be another user, by sudo(8) for one. */
function otherUsers({proc, machine}: MachineFacts): Finding {
  const row = {id: 'other_users', area: 'measuring', what: 'processes of other users'} as const;
  if (proc === undefined) {
    const isSeen = machine.platform !== 'linux' && machine.platform !== 'win32';
    return {
      ...row,
      state: isSeen ? 'yes' : 'no',
      meaning: isSeen ? 'members that become another user are seen' : 'they are not seen',
    };
  }
  if (proc.seesProcess1) {
    return machine.uid === 0
      ? {...row, state: 'yes', meaning: 'members that become another user are measured'}
      : {
          ...row,
          state: 'partly',
          meaning: 'seen, their memory and CPU too; not their PSS, open files and disk I/O',
        };
  }
  const how = proc.hidepid === undefined ? '' : ` (hidepid=${proc.hidepid})`;
  return {
    ...row,
    state: 'no',
    meaning: `/proc hides them${how}: members that become another user are not seen`,
    ...(proc.hidepid === undefined
      ? {}
      : {
          remedy:
            'as root: mount -o remount,hidepid=0 /proc (then every user sees the processes of all others)',
        }),
  };
}

function judge(figure: Figure, facts: MachineFacts): Finding {
  const {id, what, has, good, lost, lostElsewhere = lost, remedy} = figure;
  const row = {id, area: 'measuring', what} as const;
  if (has(facts)) return {...row, state: 'yes', meaning: good};
  if (facts.machine.platform !== 'linux') {
    return {...row, state: 'no', meaning: `only Linux has it: ${lostElsewhere}`};
  }
  // Without /proc there is one thing to do, which the first row says.
  const ways = remedy === undefined || facts.proc === undefined ? {} : {remedy};
  return {...row, state: 'no', meaning: lost, ...ways};
}
