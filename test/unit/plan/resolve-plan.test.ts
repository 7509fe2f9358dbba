import {describe, expect, it} from 'vitest';

import type {LimitSteps} from '../../../src/core/limits/limit-step.js';
import {limitsSet} from '../../../src/core/limits/resource-limits.js';
import type {ResourcePolicy} from '../../../src/core/limits/resource-policy.js';
import {resolvePlan, type PlanSources} from '../../../src/core/plan/resolve-plan.js';
import type {Settings} from '../../../src/core/plan/settings.js';
import type {Worker} from '../../../src/core/plan/worker.js';

const NO_RULES = {memory: {}, cpu: {}, io: {}, process: {}};
const NO_RESTART_RULES = {violations: {}, profileMultiplier: 1, criticalMultiplier: 1};
const RULES = {
  maxRestarts: 3,
  delayMs: 1000,
  backoffRate: 2,
  maxDelayMs: 300_000,
  jitter: 0.1,
  stableMs: 60_000,
};

function worker(settings: Settings, more: Partial<Worker> = {}): Worker {
  return {id: 'web', file: 'w.yaml', settings, rules: NO_RULES, restart: NO_RESTART_RULES, ...more};
}

function plan(sources: Partial<PlanSources>) {
  return resolvePlan({flags: {}, environment: {}, child: ['cmd'], ...sources});
}

/** The policies of the limits that are set, by type. */
function policies(sources: Partial<PlanSources>): Record<string, string> {
  return Object.fromEntries(limitsSet(plan(sources).limits).map((limit) => [limit.kind.type, limit.policy]));
}

describe('a plan', () => {
  it('is made of defaults when only a command is given', () => {
    expect(plan({child: ['node', '-e', '']})).toEqual({
      command: {file: 'node', args: ['-e', ''], environment: {}},
      limits: {},
      handling: 'internal',
      gracePeriodMs: 5000,
      restart: {policy: 'never', afterExit: RULES, afterViolation: RULES, startupGraceMs: 0},
      adjust: {factor: 1.5},
      monitoring: {
        enabled: true,
        intervalMs: 200,
        historyRetentionMs: 300_000,
        enforce: 'auto',
        strict: false,
        alertingEnabled: true,
      },
      output: {
        quiet: false,
        verbose: false,
        failOnViolation: false,
        progress: 'auto',
        progressIntervalMs: 10_000,
      },
      record: {enabled: true, maxAgeMs: 30 * 86_400_000, maxCount: 200},
      redactArguments: false,
      keepBackground: false,
      notices: [],
      warnings: [],
    });
  });

  it('takes every setting', () => {
    const flags: Settings = {
      'max-rss': 1,
      'max-virtual': 2,
      'max-swap': 3,
      'max-cpu': 4,
      'max-cpu-time': 5,
      timeout: 6,
      'max-processes': 7,
      'max-fds': 8,
      'max-read-bps': 9,
      'max-write-bps': 10,
      policy: 'log',
      'warn-at': 50,
      sustain: 11,
      'grace-period': 0,
      'max-restarts': 0,
      'restart-delay': 0,
      'backoff-rate': 1,
      'max-restart-delay': 3,
      'restart-jitter': 0,
      'restart-window': 4,
      'stable-time': 0,
      'restart-policy': 'always',
      adjust: 2,
      'adjust-max': 1000,
      'startup-grace': 12,
      'violation-handling': 'disabled',
      interval: 13,
      enforce: 'poll',
      strict: true,
      'keep-background': true,
      report: 'r.json',
      events: 'e.jsonl',
      progress: 'plain',
      'progress-interval': 14,
      'no-record': true,
      'record-age': 15,
      'record-count': 16,
      'redact-arguments': true,
      name: 'n',
      verbose: true,
      'fail-on-violation': true,
      'violation-exit-code': 99,
    };
    const rules = {policy: 'log', warningThresholdPercent: 50, sustainedViolationTimeMs: 11};
    const restarts = {maxRestarts: 0, delayMs: 0, backoffRate: 1, maxDelayMs: 3, jitter: 0, windowMs: 4};
    expect(plan({flags})).toEqual({
      name: 'n',
      command: {file: 'cmd', args: [], environment: {}},
      limits: {
        memory: {...rules, maxRssBytes: 1, maxVirtualBytes: 2, maxSwapBytes: 3},
        cpu: {...rules, maxPercent: 4, maxTimeMs: 5},
        process: {...rules, maxProcesses: 7, maxFileDescriptors: 8},
        io: {...rules, maxReadBytesPerSecond: 9, maxWriteBytesPerSecond: 10},
        timeoutMs: 6,
      },
      handling: 'disabled',
      gracePeriodMs: 0,
      restart: {policy: 'always', afterExit: restarts, afterViolation: restarts, startupGraceMs: 12},
      adjust: {factor: 2, maxBytes: 1000},
      monitoring: {
        enabled: true,
        intervalMs: 13,
        historyRetentionMs: 300_000,
        enforce: 'poll',
        strict: true,
        alertingEnabled: true,
      },
      output: {
        quiet: false,
        verbose: true,
        failOnViolation: true,
        reportFile: 'r.json',
        eventsFile: 'e.jsonl',
        progress: 'plain',
        progressIntervalMs: 14,
        violationExitCode: 99,
      },
      record: {enabled: false, maxAgeMs: 15, maxCount: 16},
      redactArguments: true,
      keepBackground: true,
      notices: [
        '--adjust has no effect: no limit has policy restart_adjusted',
        '--adjust-max has no effect: no limit has policy restart_adjusted',
      ],
      warnings: [],
    });
  });

  it.each(['live', 'plain'] as const)('refuses progress %s that is to be quiet', (progress) => {
    expect(() => plan({flags: {progress, quiet: true}})).toThrow(
      `--progress ${progress} and --quiet exclude each other`,
    );
  });

  it.each(['auto', 'none', undefined] as const)(
    'shows no progress (%s) when it is to be quiet',
    (progress) => {
      const flags = {quiet: true, ...(progress === undefined ? {} : {progress})};
      expect(plan({flags}).output.progress).toBe('none');
    },
  );

  it('lets a flag beat a variable and a variable beat the file, setting by setting', () => {
    const limits = plan({
      flags: {'max-rss': 1},
      environment: {'max-rss': 2, 'max-virtual': 2},
      worker: worker({'max-rss': 3, 'max-virtual': 3, 'max-swap': 3}),
    }).limits;
    expect(limits.memory).toMatchObject({maxRssBytes: 1, maxVirtualBytes: 2, maxSwapBytes: 3});
  });

  it('lets a variable that says no beat a file that says yes', () => {
    expect(plan({environment: {strict: false}, worker: worker({strict: true})}).monitoring.strict).toBe(
      false,
    );
  });

  it('takes from the file what no flag can say', () => {
    const {monitoring, name} = plan({
      worker: worker({}, {monitoringEnabled: false, alertingEnabled: false, historyRetentionMs: 7}),
    });
    expect(name).toBe('web');
    expect(monitoring).toMatchObject({enabled: false, alertingEnabled: false, historyRetentionMs: 7});
  });
});

describe('the command', () => {
  const execution = {words: ['node', 'a.js'], environment: {A: 'b'}, workingDirectory: '/srv'};

  it('comes from the file when the command line has none', () => {
    expect(plan({child: [], worker: worker({}, {execution})}).command).toEqual({
      file: 'node',
      args: ['a.js'],
      environment: {A: 'b'},
      workingDirectory: '/srv',
    });
  });

  it('of the command line replaces the one of the file but not its environment and directory', () => {
    expect(plan({child: ['env'], worker: worker({}, {execution})}).command).toEqual({
      file: 'env',
      args: [],
      environment: {A: 'b'},
      workingDirectory: '/srv',
    });
  });

  it('may be an empty word, which no program is called', () => {
    expect(plan({child: ['']}).command.file).toBe('');
  });

  it.each([undefined, worker({}), worker({}, {execution: {words: [], environment: {}}})])(
    'must be given somewhere',
    (file) => {
      const sources = {child: [], ...(file === undefined ? {} : {worker: file})};
      expect(() => plan(sources)).toThrow(
        'no command given; usage: limitrun [flags] -- COMMAND [ARG...]  (limitrun --help)',
      );
    },
  );
});

describe('a policy', () => {
  const limits: Settings = {'max-rss': 1, 'max-cpu': 1};

  it('is graceful shutdown when nobody says otherwise', () => {
    expect(policies({flags: limits})).toEqual({
      max_rss: 'graceful_shutdown',
      max_percent: 'graceful_shutdown',
    });
  });

  it('of a group beats the general one of the same source', () => {
    expect(policies({flags: {...limits, policy: 'log', 'memory-policy': 'none'}})).toEqual({
      max_rss: 'none',
      max_percent: 'log',
    });
  });

  it('of a stronger source beats a group policy of a weaker one', () => {
    const file = worker({...limits, 'memory-policy': 'immediate_kill', 'cpu-policy': 'immediate_kill'});
    expect(policies({flags: {policy: 'log'}, worker: file})).toEqual({max_rss: 'log', max_percent: 'log'});
    expect(policies({environment: {'memory-policy': 'none'}, worker: file})).toEqual({
      max_rss: 'none',
      max_percent: 'immediate_kill',
    });
    expect(policies({flags: {policy: 'log'}, environment: {'memory-policy': 'none'}, worker: file})).toEqual({
      max_rss: 'log',
      max_percent: 'log',
    });
  });

  it('for which there is no limit is pointed out', () => {
    expect(plan({flags: {'max-cpu': 1, 'memory-policy': 'log'}}).notices).toEqual([
      '--memory-policy has no effect: no memory limit is set',
    ]);
    expect(plan({environment: {policy: 'log'}}).notices).toEqual([
      'LIMITRUN_POLICY has no effect: no limit is set that it could be for',
    ]);
    expect(plan({worker: worker({'io-policy': 'log'})}).notices).toEqual([
      'io.policy in w.yaml has no effect: no io limit is set',
    ]);
  });
});

describe('warnings and sustain times', () => {
  it('are taken per group from the file unless a flag speaks for all groups', () => {
    const file = worker(
      {'max-rss': 1, 'max-fds': 1},
      {rules: {...NO_RULES, memory: {warningThresholdPercent: 60, sustainedViolationTimeMs: 5}}},
    );
    expect(plan({worker: file}).limits).toMatchObject({
      memory: {warningThresholdPercent: 60, sustainedViolationTimeMs: 5},
      process: {warningThresholdPercent: 80, sustainedViolationTimeMs: 0},
    });
    expect(plan({worker: file, flags: {'warn-at': 90, sustain: 0}}).limits).toMatchObject({
      memory: {warningThresholdPercent: 90, sustainedViolationTimeMs: 0},
      process: {warningThresholdPercent: 90, sustainedViolationTimeMs: 0},
    });
  });
});

describe('violation handling', () => {
  it.each<[string, Partial<PlanSources>, string]>([
    ['--policy', {flags: {'max-rss': 1, policy: 'restart'}}, 'because --policy is restart'],
    [
      'a variable',
      {flags: {'max-fds': 1}, environment: {'process-policy': 'restart'}},
      'because LIMITRUN_PROCESS_POLICY is restart',
    ],
    [
      'a file',
      {worker: worker({'max-cpu': 1, 'cpu-policy': 'restart'})},
      'because cpu.policy in w.yaml is restart',
    ],
  ])('is external, and says so, when %s asks for a restart', (_who, sources, reason) => {
    const {handling, notices} = plan(sources);
    expect(handling).toBe('external');
    expect(notices).toEqual([`violation handling is external, ${reason}`]);
  });

  it('stays internal when the restart is for no limit, or only for the timeout', () => {
    expect(plan({flags: {policy: 'restart'}}).handling).toBe('internal');
    expect(plan({flags: {policy: 'restart', timeout: 5}}).handling).toBe('internal');
  });

  it.each(['external', 'disabled'] as const)('is %s without a word when that was asked for', (mode) => {
    const flags: Settings = {'max-rss': 1, policy: 'restart', 'violation-handling': mode};
    expect(plan({flags})).toMatchObject({handling: mode, notices: []});
    expect(plan({flags: {...flags, policy: 'log'}})).toMatchObject({handling: mode, notices: []});
  });

  it('cannot be internal with a restart', () => {
    const sources = {
      flags: {'max-rss': 1, policy: 'restart'} as const,
      worker: worker({'violation-handling': 'internal'}),
    };
    expect(() => plan(sources)).toThrow(
      'monitoring.violation_handling in w.yaml is internal but --policy is restart: only external handling can ' +
        'restart; leave the handling away, or choose another policy',
    );
  });
});

describe('what contradicts itself', () => {
  it('is a worker without a file', () => {
    expect(() => plan({flags: {worker: 'a'}})).toThrow('--worker needs --config, the file the worker is in');
    expect(() => plan({environment: {worker: 'a'}})).toThrow('LIMITRUN_WORKER needs --config');
  });

  it('is quiet and verbose from the same source', () => {
    expect(() => plan({flags: {quiet: true, verbose: true}})).toThrow(
      '--quiet and --verbose exclude each other',
    );
    expect(() => plan({environment: {quiet: true, verbose: true}})).toThrow(
      'LIMITRUN_QUIET and LIMITRUN_VERBOSE',
    );
  });

  it('is not quiet as a flag and verbose as a variable: the flag decides', () => {
    expect(plan({flags: {quiet: true}, environment: {verbose: true}}).output).toMatchObject({
      quiet: true,
      verbose: false,
    });
  });
});

describe('a file that switches monitoring off', () => {
  const off = (settings: Settings) => worker(settings, {monitoringEnabled: false});

  it('is told that its limits are kept by nobody', () => {
    expect(plan({worker: off({'max-rss': 1, timeout: 5})})).toMatchObject({
      notices: [],
      warnings: ['monitoring.enabled is false in w.yaml: nothing keeps max_rss'],
    });
  });

  it('needs no such words for a timeout, which is a timer', () => {
    expect(plan({worker: off({timeout: 5})})).toMatchObject({notices: [], warnings: []});
  });

  it('is refused when it must be strict', () => {
    expect(() => plan({flags: {strict: true}, worker: off({'max-rss': 1})})).toThrow(
      'and strict refuses that',
    );
  });
});

describe('steps of a limit', () => {
  const steps = (...policies: readonly (ResourcePolicy | undefined)[]): LimitSteps =>
    policies.map((policy, index) => ({value: index + 1, ...(policy && {policy})})) as unknown as LimitSteps;

  it('without a policy take that of their group', () => {
    const sources = {flags: {'max-rss': steps('log', undefined), 'memory-policy': 'immediate_kill'} as const};
    expect(limitsSet(plan(sources).limits).map(({policy}) => policy)).toEqual(['log', 'immediate_kill']);
  });

  it('may not be milder than one before them, and the message says where a policy comes from', () => {
    const flags: Settings = {'max-cpu': steps('graceful_shutdown', undefined), 'cpu-policy': 'log'};
    expect(() => plan({flags})).toThrow(
      '--max-cpu: step 2: log is milder than graceful_shutdown of step 1, and above one that ends the command none may be ' +
        '(a step without a policy takes log, from --cpu-policy); example: 75:log, 150@30s:graceful_shutdown',
    );
    expect(() => plan({flags: {timeout: steps('immediate_kill', undefined)}})).toThrow(
      '(a step without a policy takes graceful_shutdown, the default)',
    );
  });

  it.each([
    ['--max-rss', {'max-rss': steps('log', 'restart')}],
    ['--timeout', {timeout: steps('log', 'restart')}],
  ] as const)('select external handling when one of %s asks for a restart', (name, flags) => {
    expect(plan({flags})).toMatchObject({
      handling: 'external',
      notices: [`violation handling is external, because a step of ${name} is restart`],
    });
    expect(() => plan({flags: {...flags, 'violation-handling': 'internal'}})).toThrow(
      `--violation-handling is internal but a step of ${name} is restart`,
    );
  });

  it('that all have a policy leave nothing for the policies of their group and of all groups', () => {
    const flags: Settings = {'max-rss': steps('log', 'alert'), 'memory-policy': 'none', policy: 'none'};
    expect(plan({flags}).notices).toEqual([
      '--memory-policy has no effect: every step of the memory limits has a policy of its own',
      '--policy has no effect: every step of the limits has a policy of its own',
    ]);
    expect(plan({flags: {...flags, 'max-swap': 5}}).notices).toEqual([]);
  });

  it('are named once when nothing keeps them', () => {
    const sources = {worker: worker({'max-rss': steps('log', 'alert')}, {monitoringEnabled: false})};
    expect(plan(sources).warnings).toEqual(['monitoring.enabled is false in w.yaml: nothing keeps max_rss']);
  });
});
