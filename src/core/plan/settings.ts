import type {LimitValue} from '../limits/limit-step.js';
import {RESOURCE_POLICIES, VIOLATION_HANDLING_MODES} from '../limits/resource-policy.js';
import {OUTPUT_SETTINGS} from './output-settings.js';
import {RESTART_SETTINGS} from './restart-settings.js';
import type {Setting} from './setting.js';

const policies = {
  kind: 'enum',
  metavar: 'POLICY',
  example: 'immediate_kill',
  choices: RESOURCE_POLICIES,
  group: 'Policies',
} as const;

const size = {kind: 'size', metavar: 'SIZE', example: '256MB', group: 'Limits', steps: 'sampled'} as const;
const count = {kind: 'count', metavar: 'N', example: '50', group: 'Limits', steps: 'sampled'} as const;
const duration = {kind: 'duration', metavar: 'DURATION', example: '90s'} as const;
const durationOrZero = {kind: 'durationOrZero', metavar: 'DURATION', example: '5s'} as const;
const percent = {kind: 'percent', metavar: 'PERCENT', example: '75'} as const;

const LIMITS = 'unit.limits';
const MONITORING = 'unit.limits.monitoring';

/**
 * Every setting of limitrun, in the order in which help shows them. The flags, the search for the command's first
 * word, the `LIMITRUN_*` variables, the keys of a worker file and the help are all derived from this table: to add a
 * setting, add a row.
 */
export const SETTINGS = [
  {...size, flag: 'max-rss', yaml: `${LIMITS}.memory.max_rss`, help: 'resident memory'},
  {...size, flag: 'max-virtual', yaml: `${LIMITS}.memory.max_virtual`, help: 'virtual memory'},
  {...size, flag: 'max-swap', yaml: `${LIMITS}.memory.max_swap`, help: 'swap'},
  {
    ...percent,
    flag: 'max-cpu',
    yaml: `${LIMITS}.cpu.max_percent`,
    help: 'CPU use over one second; 100 is one core',
    group: 'Limits',
    steps: 'sampled',
  },
  {
    ...duration,
    flag: 'max-cpu-time',
    yaml: `${LIMITS}.cpu.max_time`,
    help: 'CPU time, exited processes included',
    group: 'Limits',
    steps: 'sampled',
  },
  {
    ...duration,
    flag: 'timeout',
    yaml: `${LIMITS}.timeout`,
    help: 'wall time; ends gracefully unless a step says otherwise',
    group: 'Limits',
    steps: 'timer',
  },
  {...count, flag: 'max-processes', yaml: `${LIMITS}.process.max_processes`, help: 'number of processes'},
  {...count, flag: 'max-fds', yaml: `${LIMITS}.process.max_file_descriptors`, help: 'open files'},
  {...size, flag: 'max-read-bps', yaml: `${LIMITS}.io.max_read_bps`, help: 'disk reads per second'},
  {...size, flag: 'max-write-bps', yaml: `${LIMITS}.io.max_write_bps`, help: 'disk writes per second'},

  {...policies, flag: 'policy', shownDefault: 'graceful_shutdown', help: 'what to do when a limit is broken'},
  {...policies, flag: 'memory-policy', yaml: `${LIMITS}.memory.policy`, help: 'the same, for memory limits'},
  {...policies, flag: 'cpu-policy', yaml: `${LIMITS}.cpu.policy`, help: 'the same, for CPU limits'},
  {...policies, flag: 'io-policy', yaml: `${LIMITS}.io.policy`, help: 'the same, for disk limits'},
  {
    ...policies,
    flag: 'process-policy',
    yaml: `${LIMITS}.process.policy`,
    help: 'the same, for processes and open files',
  },
  {
    ...percent,
    flag: 'warn-at',
    yaml: `${LIMITS}.*.warning_threshold`,
    max: 100,
    shownDefault: '80',
    help: 'warn from this share of a limit',
    group: 'Policies',
  },
  {
    ...durationOrZero,
    flag: 'sustain',
    yaml: `${LIMITS}.*.sustained_violation_time`,
    shownDefault: '0',
    help: 'how long a limit must stay broken to count',
    group: 'Policies',
  },
  {
    ...durationOrZero,
    flag: 'grace-period',
    yaml: `${LIMITS}.graceful_timeout`,
    shownDefault: '5s',
    help: 'time between SIGTERM and SIGKILL',
    group: 'Policies',
  },
  {
    kind: 'enum',
    metavar: 'MODE',
    example: 'external',
    flag: 'violation-handling',
    yaml: `${MONITORING}.violation_handling`,
    choices: VIOLATION_HANDLING_MODES,
    shownDefault: 'internal',
    help: 'who acts: internal, external (also restarts) or disabled',
    group: 'Policies',
  },

  ...RESTART_SETTINGS,

  {
    kind: 'command',
    metavar: 'COMMAND',
    example: '"./save-heap.sh --small"',
    flag: 'on-violation',
    yaml: `${MONITORING}.on_violation`,
    help: 'run this when a limit is broken; gets the violation as JSON',
    group: 'Hook',
  },
  {
    ...duration,
    flag: 'hook-timeout',
    example: '10s',
    yaml: `${MONITORING}.hook_timeout`,
    shownDefault: '10s',
    help: 'time the hook gets before it is killed',
    group: 'Hook',
  },
  {
    kind: 'boolean',
    flag: 'freeze',
    yaml: `${MONITORING}.freeze`,
    help: 'stop the tree while the hook runs, then apply the policy',
    group: 'Hook',
  },

  {
    ...duration,
    flag: 'interval',
    yaml: `${MONITORING}.interval`,
    example: '100ms',
    min: 1,
    max: 3_600_000,
    shownDefault: '200ms',
    help: 'longest gap between two looks at the limits',
    group: 'Monitoring',
  },
  {
    kind: 'enum',
    metavar: 'HOW',
    example: 'poll',
    flag: 'enforce',
    yaml: `${MONITORING}.enforce`,
    choices: ['auto', 'kernel', 'poll'],
    shownDefault: 'auto',
    help: 'what enforces the limits: auto, kernel (refuse without a control group) or poll',
    group: 'Monitoring',
  },
  {
    kind: 'boolean',
    flag: 'strict',
    yaml: `${MONITORING}.strict`,
    help: 'refuse to start when a limit cannot be enforced here',
    group: 'Monitoring',
  },
  {
    kind: 'boolean',
    flag: 'keep-background',
    help: 'leave what the command left running in the background',
    group: 'Monitoring',
  },

  ...OUTPUT_SETTINGS,

  {
    kind: 'text',
    metavar: 'FILE',
    example: 'worker.yaml',
    flag: 'config',
    help: 'read a worker file (YAML)',
    group: 'Configuration',
  },
  {
    kind: 'text',
    metavar: 'ID',
    example: 'web',
    flag: 'worker',
    help: 'which worker of the file, where there are several',
    group: 'Configuration',
  },
] as const satisfies readonly Setting[];

type Row = (typeof SETTINGS)[number];

/** What a row's value is after parsing; a choice that this version cannot do is refused while parsing. */
type ValueOf<R extends Row> = R extends {kind: 'enum'; choices: readonly (infer Choice)[]}
  ? Choice
  : R extends {kind: 'boolean'}
    ? boolean
    : R extends {kind: 'text'}
      ? string
      : R extends {kind: 'command'}
        ? readonly string[]
        : R extends {steps: string}
          ? LimitValue
          : number;

/** The settings one source (flags, variables, a file) speaks of, by flag name: bytes, milliseconds, percent, counts. */
export type Settings = {readonly [R in Row as R['flag']]?: ValueOf<R>};

/** The name of a setting's flag, without dashes. */
export type SettingFlag = Row['flag'];
