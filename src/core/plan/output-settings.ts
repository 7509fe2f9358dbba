import type {Setting} from './setting.js';

/** How usage is shown while the command runs. */
export const PROGRESS_MODES = ['auto', 'live', 'plain', 'none'] as const;

const duration = {kind: 'duration', metavar: 'DURATION'} as const;

/** What is printed and written: rows of the settings table. */
export const OUTPUT_SETTINGS = [
  {
    kind: 'text',
    metavar: 'FILE',
    example: 'report.json',
    flag: 'report',
    help: 'write a JSON report of the run to FILE',
    group: 'Output',
  },
  {
    kind: 'text',
    metavar: 'FILE',
    example: 'events.jsonl',
    flag: 'events',
    help: 'write every event of the run to FILE, as JSON lines',
    group: 'Output',
  },
  {
    kind: 'enum',
    metavar: 'HOW',
    example: 'plain',
    flag: 'progress',
    choices: PROGRESS_MODES,
    shownDefault: 'auto',
    help: 'show usage meanwhile: auto (a table on a terminal), live, plain (lines) or none',
    group: 'Output',
  },
  {
    ...duration,
    flag: 'progress-interval',
    example: '30s',
    min: 100,
    shownDefault: '10s',
    help: 'time between two lines of --progress plain',
    group: 'Output',
  },
  {
    kind: 'text',
    metavar: 'NAME',
    example: 'nightly-build',
    flag: 'name',
    help: 'what the run is called; it works as its id',
    group: 'Output',
  },
  {kind: 'boolean', flag: 'quiet', char: 'q', help: "say nothing but limitrun's own errors", group: 'Output'},
  {kind: 'boolean', flag: 'verbose', char: 'v', help: 'say more about what is done', group: 'Output'},
  {
    kind: 'boolean',
    flag: 'fail-on-violation',
    help: 'never exit with 0 after a broken limit',
    group: 'Output',
  },
  {
    kind: 'count',
    metavar: 'N',
    example: '99',
    flag: 'violation-exit-code',
    max: 255,
    help: 'exit with N instead of 110-114 and 118',
    group: 'Output',
  },

  {kind: 'boolean', flag: 'no-record', help: 'keep no record of the run', group: 'Record'},
  {
    ...duration,
    flag: 'record-age',
    example: '7d',
    shownDefault: '30d',
    help: 'records older than this are removed',
    group: 'Record',
  },
  {
    kind: 'count',
    metavar: 'N',
    example: '50',
    flag: 'record-count',
    shownDefault: '200',
    help: 'of more records than this the oldest are removed',
    group: 'Record',
  },
  {
    kind: 'boolean',
    flag: 'redact-arguments',
    help: 'leave the arguments of commands out of everything written',
    group: 'Record',
  },
] as const satisfies readonly Setting[];
