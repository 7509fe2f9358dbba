import {RESOURCE_POLICIES, type ResourcePolicy} from '../core/limits/resource-policy.js';
import {HELP_GROUPS, type HelpGroup, type Setting} from '../core/plan/setting.js';
import {SETTINGS} from '../core/plan/settings.js';

const COLUMNS = 80;
const INDENT = 2;
const GAP = 2;

/** One line for each policy; a policy without a line here does not compile. */
const POLICY_HELP: Readonly<Record<ResourcePolicy, string | undefined>> = {
  none: 'record the violation, do nothing',
  log: 'say so, let the command go on',
  alert: 'say so prominently (and run the hook), let the command go on',
  throttle: 'for --max-cpu only: stop and wake the tree in turns, so that it keeps to it',
  graceful_shutdown: 'SIGTERM to the whole tree, then SIGKILL after the grace period',
  immediate_kill: 'SIGKILL to the whole tree',
  restart: 'end the tree gracefully and start again (see Restarts)',
  restart_adjusted: 'restart with the broken limit raised (--adjust, --adjust-max)',
};

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0-255', "the command's own, if it ended by itself"],
  ['124', 'ended by --timeout or --max-cpu-time'],
  ['110 111', 'ended for memory, for CPU use'],
  ['112 113 114', 'ended for processes, for open files, for disk I/O'],
  ['118', 'no restart left'],
  ['125', "limitrun's own fault: usage, configuration, a limit --strict cannot keep"],
  ['126 127', 'the command cannot be executed, was not found'],
  ['128+n', 'the command died of signal n'],
];

const EXAMPLES = [
  'limitrun --max-rss 256MB -- node app.js',
  'limitrun --timeout 2s --grace-period 500ms -- sleep 60',
  'limitrun --max-processes 20 --max-fds 100 --policy immediate_kill -- ls /',
  'limitrun --max-cpu 50 --policy log --timeout 3s -- sh -c "while :; do :; done"',
  'limitrun --quiet --report report.json -- sh -c "sleep 1; date"',
  'LIMITRUN_MAX_RSS=64MB limitrun date',
];

/** What each group wants to be said below its flags. */
const GROUP_NOTES: Partial<Readonly<Record<HelpGroup, readonly string[]>>> = {
  Limits: [
    'Limits are for the whole process tree. SIZE: 512K, 256MB, 1.5GiB (powers of 1024). DURATION: 500ms, 90s, 1h30m.',
    'A limit may have several steps, each a value, how long it must stay broken, and a policy:',
    "--max-rss '200MB:log, 250MB@30s:graceful_shutdown, 300MB:immediate_kill'",
  ],
  Hook: [
    'COMMAND is one argument: words separated by spaces, with quotes and backslashes, but no shell reads it.',
  ],
  Configuration: [
    'Every flag has a variable (--max-rss: LIMITRUN_MAX_RSS). A flag beats a variable, a variable beats the file.',
  ],
};

/** The text of `limitrun --help`: plain, at most 80 columns wide. */
export function helpText(): string {
  const groups = HELP_GROUPS.flatMap((group) => {
    const lines = groupLines(group);
    return group === 'Policies' ? [lines, policyLines()] : [lines];
  });
  const sections = [
    [
      'Put a resource budget on any command and its whole process tree.',
      '',
      'Usage: limitrun [FLAGS] [--] COMMAND [ARG...]',
      '       limitrun run [FLAGS] [--] COMMAND [ARG...]',
      '       limitrun watch [FLAGS] -- COMMAND [ARG...]    with a live table',
      '       limitrun watch RUN|PID [FLAGS]                from another terminal',
      '       limitrun status [RUN] [--all] [--json]        what runs, what ran',
      '       limitrun doctor [--json]                      what this machine offers',
      '       limitrun help watch|status|doctor             more about these',
      '',
      ...wrap(
        'Words after the first --, or from the first word that is not a flag, are for the command, untouched.',
        0,
      ),
    ],
    ...groups,
    [
      'Other:',
      ...table([
        ['-h, --help', 'show this text'],
        ['--version', 'show the version'],
      ]),
    ],
    ['Exit codes:', ...table(EXIT_CODES)],
    ['Examples:', ...EXAMPLES.map((example) => ' '.repeat(INDENT) + example)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function groupLines(group: HelpGroup): string[] {
  const settings = (SETTINGS as readonly Setting[]).filter((setting) => setting.group === group);
  const notes = GROUP_NOTES[group] ?? [];
  return [
    `${group}:`,
    ...table(settings.map((setting) => [flagColumn(setting), helpColumn(setting)])),
    ...notes.flatMap((note) => wrap(note, INDENT)),
  ];
}

function policyLines(): string[] {
  const rows = RESOURCE_POLICIES.flatMap((policy) => {
    const help = POLICY_HELP[policy];
    return help === undefined ? [] : [[policy, help] as const];
  });
  return ['POLICY is one of:', ...table(rows)];
}

function flagColumn(setting: Setting): string {
  const short = setting.char === undefined ? '' : `-${setting.char}, `;
  return `${short}--${setting.flag}${setting.kind === 'boolean' ? '' : ` ${setting.metavar}`}`;
}

function helpColumn(setting: Setting): string {
  return setting.shownDefault === undefined ? setting.help : `${setting.help} (${setting.shownDefault})`;
}

/** Two columns, the second wrapped under itself. */
function table(rows: readonly (readonly [string, string])[]): string[] {
  const left = INDENT + Math.max(...rows.map(([name]) => name.length)) + GAP;
  return rows.flatMap(([name, help]) => {
    const [first = '', ...others] = wrap(help, left);
    return [' '.repeat(INDENT) + name.padEnd(left - INDENT) + first.slice(left), ...others];
  });
}

/** Lines of at most 80 columns, each indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((content) => ' '.repeat(indent) + content);
}
