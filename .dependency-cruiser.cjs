/* The borders between the parts (ARCHITECTURE.md): who may know whom. Types count as knowing. */
const core = (folders) => `^src/core/(${folders})/`;

const forbidden = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: {path: from},
  to: {path: to},
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: {circular: true, dependencyTypesNot: ['type-only']},
    },
    {name: 'no-unresolvable', severity: 'error', from: {}, to: {couldNotResolve: true}},
    {
      name: 'no-dev-dependencies',
      comment: 'What runs on a user’s machine must be installed there.',
      severity: 'error',
      from: {path: '^(src|bin)/'},
      to: {dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown']},
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {orphan: true, path: '^src/', pathNot: '^src/(index|core/plan/run-plan)\\.ts$'},
      to: {},
    },
    forbidden(
      'core-knows-no-commands',
      'The core does not know the command line.',
      '^src/core/',
      '^src/commands/',
    ),
    forbidden(
      'monitor-knows-no-limits',
      'The monitor reads; it knows neither limits nor policies nor what is done with its figures.',
      core('monitor'),
      core('limits|plan|process|record|report'),
    ),
    forbidden(
      'limits-render-nothing',
      'The manager does not know the command line and prints nothing; units and suggestions are only for its messages.',
      core('limits'),
      '^src/core/(report/|record/(?!run-event)|plan/(?!units|suggest))',
    ),
    forbidden(
      'process-measures-nothing',
      'ProcessControl does not know how usage is measured: of the monitor it uses membership, through the probe.',
      core('process'),
      '^src/core/(report/|plan/|record/(?!run-event)|monitor/(resource-monitor|usage-meter|usage-history|rate-window|tree-counter))',
    ),
    forbidden(
      'containment-knows-no-limits',
      'Control groups know members and caps, not what they are for.',
      core('containment'),
      core('limits|plan|process|record|report|store|terminal'),
    ),
    forbidden(
      'limits-and-processes-know-no-groups',
      'What is capped and who enters is handed in by the wiring.',
      core('limits|process|monitor|plan|record|report|store|terminal'),
      core('containment'),
    ),
    forbidden(
      'plan-does-nothing',
      'The plan says what was asked; it does not do it.',
      core('plan'),
      '^src/core/(process|monitor/(?!resource-usage))',
    ),
    forbidden(
      'record-is-a-fold',
      'The record is folded from events.',
      core('record'),
      core('process|monitor/(?!resource-usage)'),
    ),
    forbidden(
      'report-is-pure',
      'Reports are text made from the record, written by others.',
      core('report'),
      '^(node:|fs$|src/core/(process/|monitor/(?!resource-usage)))',
    ),
    forbidden(
      'doctor-only-looks',
      'The doctor reads facts and judges them: it makes no group, starts nothing and prints nothing.',
      core('doctor'),
      '^src/core/(report|plan|watch|record/(?!run-event)|store/(?!state-places)|process/(?!guard\\.)|terminal/(?!terminal-environment)|containment/(open-site|ask-for-scope|group-site|control-groups|kill-by-freezer|memory-watch))',
    ),
    forbidden(
      'nobody-asks-the-doctor',
      'What a run has is decided by what it does, not by what the doctor would expect; reports tell what it found.',
      core('limits|monitor|process|containment|plan|record|store|terminal|watch'),
      '^src/core/doctor/',
    ),
    forbidden(
      'terminal-only-shows',
      'The live table writes to the terminal what it is handed; it measures and decides nothing.',
      core('terminal'),
      '^src/core/(monitor/|plan/|limits/|store/|process/(?!caller-signals))',
    ),
    forbidden(
      'store-keeps-records',
      'The store writes and reads what the record is made of; of the monitor it uses the identity of a process.',
      core('store'),
      '^src/core/(process/|limits/|report/(?!printable)|plan/(?!run-plan|usage-error|suggest)|monitor/(?!procfs-process))',
    ),
    forbidden(
      'record-knows-no-store',
      'Records are made and told without knowing where they are kept.',
      core('record|limits|monitor|process|report|plan'),
      '^src/core/store/(?!run-store)',
    ),
    forbidden(
      'wiring-is-on-top',
      'Only commands and the library wire the parts.',
      '^src/core/.+/',
      '^src/core/run\\.ts$',
    ),
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['import', 'types', 'default']},
  },
};
