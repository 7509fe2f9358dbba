import fc from 'fast-check';
import {describe, expect, it} from 'vitest';

import {SETTINGS} from '../../../src/core/plan/settings.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';
import {workerFromText} from '../../../src/core/plan/worker-file.js';

const MIB = 1024 * 1024;

const SEED = `workers:
  - id: "resource-managed-worker"
    unit:
      limits:
        memory: {max_rss: 256MB, policy: "restart"}
        cpu: {max_percent: 75.0, policy: "graceful_shutdown"}
        monitoring: {violation_handling: "external"}
`;

const FULL = `workers:
  - id: web
    profile_type: leaky
    unit:
      limits:
        memory:
          {max_rss: 256MB, max_virtual: 8GiB, max_swap: 1G, policy: restart, warning_threshold: 70, sustained_violation_time: 2s}
        cpu: {max_percent: 75%, max_time: 10m, policy: log, sustained_violation_time: 0}
        io: {max_read_bps: 10MB, max_write_bps: 1048576, policy: none}
        process: {max_processes: 5, max_file_descriptors: 100, policy: immediate_kill}
        timeout: 1h
        graceful_timeout: 0
        adjust: 2x
        adjust_max: 2G
        monitoring:
          enabled: true
          interval: 50ms
          history_retention: 2m
          alerting_enabled: false
          violation_handling: external
          enforce: poll
          strict: true
          on_violation: ./hook 'two words'
          hook_timeout: 3s
          freeze: true
      execution:
        command: [node, -e]
        args: [8080, 1.10, yes, true, 0x1F, ""]
        environment: {PORT: 8080, V: 1.10, E: "", B: False}
        working_directory: /tmp
      context_aware_restart:
        default:
          {max_retries: 0, retry_delay: 0, backoff_rate: 1.5, startup_grace_period: 10s, max_retry_delay: 1m,
           jitter: 0.5, restart_window: 1h, stable_time: 0}
        restart_policy: always
        resource_violations: {max_retries: 7, jitter: 0}
        severity_multipliers: {warning: 9, critical: 1.5}
        profile_multipliers: {leaky: 0.5}
        sustained_violation_time: 4s
        spike_tolerance_time: 1s
`;

/** A file with one worker whose unit is given in flow style. */
function unit(text: string): string {
  return `workers:\n  - id: a\n    unit: ${text}\n`;
}

function limits(text: string): string {
  return unit(`{limits: ${text}}`);
}

function faultOf(text: string, id?: string): UsageError {
  try {
    workerFromText(text, 'w.yaml', id);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 200)}`);
}

describe('a worker file', () => {
  it('as it stands in the description is accepted', () => {
    expect(workerFromText(SEED, 'w.yaml', undefined)).toEqual({
      id: 'resource-managed-worker',
      file: 'w.yaml',
      settings: {
        'max-rss': 256 * MIB,
        'memory-policy': 'restart',
        'max-cpu': 75,
        'cpu-policy': 'graceful_shutdown',
        'violation-handling': 'external',
      },
      rules: {memory: {}, cpu: {}, io: {}, process: {}},
      restart: {violations: {}, profileMultiplier: 1, criticalMultiplier: 1},
    });
  });

  it('can say everything', () => {
    const worker = workerFromText(FULL, 'w.yaml', 'web');
    expect(worker).toMatchObject({
      id: 'web',
      rules: {
        memory: {warningThresholdPercent: 70, sustainedViolationTimeMs: 2000},
        cpu: {sustainedViolationTimeMs: 0},
        io: {},
        process: {},
      },
      restart: {
        violations: {'max-restarts': 7, 'restart-jitter': 0},
        profileMultiplier: 0.5,
        criticalMultiplier: 1.5,
        sustainedViolationTimeMs: 4000,
        spikeToleranceMs: 1000,
      },
      monitoringEnabled: true,
      alertingEnabled: false,
      historyRetentionMs: 120_000,
      execution: {
        words: ['node', '-e', '8080', '1.10', 'yes', 'true', '0x1F', ''],
        environment: {PORT: '8080', V: '1.10', E: '', B: 'False'},
        workingDirectory: '/tmp',
      },
    });
    const said = SETTINGS.filter((row) => 'yaml' in row && !row.yaml.includes('*')).map((row) => row.flag);
    expect(Object.keys(worker.settings).sort()).toEqual([...said].sort());
    expect(worker.settings).toMatchObject({
      'max-write-bps': MIB,
      'grace-period': 0,
      timeout: 3_600_000,
      'max-restarts': 0,
      'restart-delay': 0,
      'backoff-rate': 1.5,
      strict: true,
      'on-violation': ['./hook', 'two words'],
      'hook-timeout': 3000,
      interval: 50,
    });
  });

  it.each([
    ['a program', '{execution: {command: ls}}', ['ls']],
    ['a program that is no shell line', '{execution: {command: ls -l}}', ['ls -l']],
    ['a program with arguments', '{execution: {command: ls, args: [-l]}}', ['ls', '-l']],
    ['a list of words', '{execution: {command: [ls, -l]}}', ['ls', '-l']],
    ['a path', '{execution: {executable_path: /bin/ls, args: ["-l", "a b"]}}', ['/bin/ls', '-l', 'a b']],
    ['only the surroundings', '{execution: {environment: {A: b}}}', []],
    ['nothing at all', '{execution: {}}', []],
  ])('names as its command %s', (_name, text, words) => {
    expect(workerFromText(unit(text), 'w.yaml', undefined).execution?.words).toEqual(words);
  });

  it.each([
    ['batch', '{}', 3],
    ['web', '{}', 1],
    ['database', '{}', 5],
    ['worker', '{}', 2],
    ['scheduler', '{}', 2.5],
    ['default', '{}', 1],
    ['crawler', '{}', 1],
    ['crawler', '{profile_multipliers: {crawler: 4}}', 4],
    ['crawler', '{profile_multipliers: {default: 0.5}}', 0.5],
    ['batch', '{worker_profile_multipliers: {batch: 2}}', 2],
    ['constructor', '{}', 1],
  ])('of profile %s with %s multiplies its restarts by %d', (profile, restart, multiplier) => {
    const text = `workers: [{id: a, profile_type: ${profile}, unit: {context_aware_restart: ${restart}}}]`;
    expect(workerFromText(text, 'w.yaml', undefined).restart.profileMultiplier).toBe(multiplier);
  });

  it('may say the start-up grace in either place, but not in both', () => {
    const grace = (text: string) =>
      workerFromText(unit(`{context_aware_restart: ${text}}`), 'w.yaml', undefined).settings['startup-grace'];
    expect(grace('{startup_grace_period: 2s}')).toBe(2000);
    expect(grace('{default: {startup_grace_period: 3s}}')).toBe(3000);
    expect(() => grace('{startup_grace_period: 2s, default: {startup_grace_period: 3s}}')).toThrow(
      'startup_grace_period twice',
    );
  });

  it.each([
    ['{restart_policy: sometimes}', 'is none of never, on-failure, always, unless-stopped'],
    ['{default: {jitter: 2}}', 'is more than 1'],
    ['{resource_violations: {startup_grace_period: 1s}}', 'unknown key "startup_grace_period"'],
    ['{resource_violations: {retry_dely: 1s}}', 'unknown key "retry_dely"; did you mean retry_delay?'],
    ['{severity_multipliers: {fatal: 2}}', 'unknown key "fatal"'],
    ['{profile_multipliers: {web: -1}}', '"-1" is not a number'],
    ['{profile_multipliers: {web: 1}, worker_profile_multipliers: {web: 1}}', 'exclude each other'],
  ])('with the restart rules %s is refused: %s', (text, why) => {
    expect(() => workerFromText(unit(`{context_aware_restart: ${text}}`), 'w.yaml', undefined)).toThrow(why);
  });

  it('may have only an id', () => {
    expect(workerFromText('workers: [{id: a}]', 'w.yaml', undefined)).toMatchObject({id: 'a', settings: {}});
    expect(workerFromText('workers: [{id: 5, unit: {context_aware_restart: {}}}]', 'w.yaml', '5').id).toBe(
      '5',
    );
  });

  it('may have CRLF line ends, comments, anchors and a YAML directive', () => {
    expect(workerFromText(SEED.replaceAll('\n', '\r\n'), 'w', undefined).settings['max-cpu']).toBe(75);
    const text =
      '%YAML 1.1\n---\n# hi\nworkers: [{id: a, unit: {limits: {io: &x {policy: log}, process: *x}}}]\n';
    expect(workerFromText(text, 'w', undefined).settings).toEqual({
      'io-policy': 'log',
      'process-policy': 'log',
    });
  });

  it('is read by the core schema: 010 is ten, and no date is made of anything', () => {
    expect(workerFromText(limits('{memory: {max_rss: 010}}'), 'w', undefined).settings['max-rss']).toBe(10);
    expect(workerFromText('workers: [{id: 2020-01-01}]', 'w', undefined).id).toBe('2020-01-01');
  });
});

describe('the worker', () => {
  const two = 'workers:\n  - id: web\n  - id: db\n';

  it('is picked by its id', () => {
    expect(workerFromText(two, 'w.yaml', 'db').id).toBe('db');
  });

  it('must be named where there are several', () => {
    expect(faultOf(two).message).toBe('w.yaml has several workers; choose one with --worker: web, db');
  });

  it('must exist, and a near miss is recognised', () => {
    expect(faultOf(two, 'wbe').message).toBe('no worker "wbe" in w.yaml; did you mean web? (it has web, db)');
    expect(faultOf(two, 'cache').message).toBe('no worker "cache" in w.yaml (it has web, db)');
  });

  it('is not looked for in a list of hundreds', () => {
    const many = `workers: [${Array.from({length: 300}, (_, index) => `{id: w${String(index)}}`).join(', ')}]`;
    expect(faultOf(many).message.length).toBeLessThan(150);
  });
});

describe('a fault', () => {
  it('shows the place, the line and a caret', () => {
    const fault = faultOf('workers:\n  - id: a\n    unit:\n      limits:\n        memory: {max_rs: 256MB}\n');
    expect(fault.message).toBe('w.yaml:5:18: unknown key "max_rs"; did you mean max_rss?');
    expect(fault.excerpt).toBe('        memory: {max_rs: 256MB}\n                 ^');
  });

  it.each([
    [
      'a bad size',
      limits('{memory: {max_rss: 5XB}}'),
      '3:39: workers[0].unit.limits.memory.max_rss: "5XB" is not a size',
    ],
    ['a size below zero', limits('{memory: {max_rss: -5}}'), '"-5" is not a size'],
    ['a hexadecimal size', limits('{memory: {max_rss: 0x10}}'), '"0x10" is not a size'],
    ['not a number', limits('{cpu: {max_percent: .nan}}'), '".nan" is not a percentage'],
    ['a duration without a unit', limits('{timeout: 5}'), '"5" is a duration without a unit'],
    ['no interval', limits('{monitoring: {interval: 0}}'), '"0" is not a duration above zero'],
    ['a threshold above 100', limits('{io: {warning_threshold: 101}}'), 'is more than 100.0%'],
    [
      'a hook with a quote that is never closed',
      limits('{monitoring: {on_violation: "./hook \'a"}}'),
      'monitoring.on_violation: "./hook \'a" has a \' that is never closed',
    ],
    ['a hook without words', limits('{monitoring: {on_violation: []}}'), 'names no program'],
    [
      'a hook that is a map',
      limits('{monitoring: {on_violation: {}}}'),
      'on_violation: must be a command or a list of words',
    ],
    ['a bad policy', limits('{memory: {policy: __proto__}}'), '"__proto__" is none of none, log'],
    [
      'no way to enforce',
      limits('{monitoring: {enforce: cgroup}}'),
      '"cgroup" is none of auto, kernel, poll',
    ],
    ['no where false is meant', limits('{monitoring: {strict: no}}'), '"no" is neither true nor false'],
    [
      'a list where a yes or no is meant',
      limits('{monitoring: {strict: []}}'),
      'strict: must be true or false',
    ],
    ['no value', limits('{memory: {max_rss: }}'), 'max_rss: has no value'],
    ['a map for a size', limits('{memory: {max_rss: {}}}'), 'max_rss: must be a SIZE, such as 256MB'],
    ['an empty group', limits('{memory: }'), '3:29: workers[0].unit.limits.memory: must be a map'],
    ['a list for a map', limits('[]'), 'workers[0].unit.limits: must be a map'],
    ['the timeout in the wrong place', unit('{timeout: 5s}'), 'unknown key "timeout"'],
    [
      'a misspelt key deep down',
      unit('{execution: {enviroment: {}}}'),
      '"enviroment"; did you mean environment?',
    ],
    ['a misspelt restart key', unit('{context_aware_restart: {default: {max_retry: 1}}}'), '"max_retry"'],
    ['a key like a method', unit('{toString: 1}'), 'unknown key "toString"'],
    ['a key of a prototype', unit('{__proto__: {x: 1}}'), '"__proto__" cannot be a key'],
    ['a constructor', unit('{execution: {environment: {constructor: x}}}'), '"constructor" cannot be a key'],
    ['a prototype', unit('{limits: {prototype: {}}}'), '"prototype" cannot be a key'],
    ['a key twice', 'workers:\n  - id: a\n    id: b\n', 'w.yaml:3:5: the key "id" is given twice'],
    ['a key twice in other quotes', 'workers: [{id: a, "id": b}]', '1:19: the key "id" is given twice'],
    ['an id twice', 'workers:\n  - id: a\n  - id: a\n', 'w.yaml:3:9: the id "a" is given twice'],
    ['an empty id', 'workers: [{id: ""}]', 'workers[0].id: is empty'],
    ['no id', 'workers:\n  - profile_type: x\n', 'w.yaml:2:5: workers[0] has no "id"'],
    ['no workers', 'workers: []', 'workers: names no worker'],
    ['workers in a map', 'workers: {id: a}', 'workers: must be a list of workers'],
    ['a key that is no word', 'workers:\n  - [id]: a\n', 'a key must be a word'],
    ['no key', 'workers:\n  - : a\n', 'a key must be a word'],
    ['something else', 'a: 1', 'w.yaml:1:1: unknown key "a"'],
    ['an empty map', '{}', 'w.yaml:1:1: the file has no "workers"'],
    [
      'a misspelt first key',
      'wokers:\n  - id: a\n',
      'w.yaml:1:1: unknown key "wokers"; did you mean workers?',
    ],
    [
      'a misspelt first key below a comment',
      '# ours\n\nwokers:\n  - id: a\n',
      'w.yaml:3:1: unknown key "wokers"; did you mean workers?',
    ],
    ['a misspelt id', 'workers:\n  - idd: a\n', 'w.yaml:2:5: unknown key "idd"; did you mean id?'],
    ['a list', '- a', 'w.yaml:1:1: the file must be a map'],
    ['a word', 'hello', 'w.yaml:1:1: the file must be a map'],
    ['nothing', '', 'w.yaml:1:1: the file is empty'],
    ['only a comment', '# hi\n', 'the file is empty'],
    ['two documents', 'workers: [{id: a}]\n---\nx: 1\n', 'w.yaml:2:1: a second document'],
    ['a quote left open', 'workers:\n  - id: "a\n', 'w.yaml:2:11: missing closing "quote'],
    ['a tab for indentation', 'workers:\n\t- id: a\n', 'w.yaml:2:'],
    ['a function', 'workers: !!js/function "x"', 'w.yaml:1:10: unresolved tag'],
    ['binary data', 'workers: [{id: !!binary aGk=}]', 'unresolved tag'],
    ['a set', 'workers: [{id: !!set {a}}]', 'unresolved tag'],
    ['a tag of its own', 'workers: [{id: !me a}]', 'unresolved tag: !me'],
    ['an alias to nothing', 'workers: [{id: *x}]', '1:16: no anchor "&x" before this alias'],
    ['an alias to itself', 'workers: &x [*x]', 'nested too deeply'],
    ['two programs', unit('{execution: {command: a, executable_path: b}}'), 'exclude each other'],
    ['arguments to nothing', unit('{execution: {args: [a]}}'), 'has args but no executable_path or command'],
    ['an empty command', unit('{execution: {command: []}}'), 'command: must be a program or a list of words'],
    ['an empty program', unit('{execution: {command: ""}}'), 'command: '],
    ['arguments in one word', unit('{execution: {command: a, args: -l}}'), 'args: must be a list of words'],
    ['an argument without a value', unit('{execution: {command: a, args: [~]}}'), 'args[0]: must be text'],
    ['an environment in a list', unit('{execution: {environment: [A=b]}}'), 'environment: must be a map'],
    ['a variable without a value', unit('{execution: {environment: {A: }}}'), 'environment.A: must be text'],
    ['a variable with an equals sign', unit('{execution: {environment: {A=b: c}}}'), 'holds a "="'],
    ['a NUL in an argument', unit('{execution: {command: a, args: ["\\0"]}}'), 'holds a NUL character'],
  ])('is found in %s', (_name, text, message) => {
    expect(faultOf(text).message).toContain(message);
  });

  it('that comes first in the file is the one that is told', () => {
    const text = limits('{cpu: {max_percent: x}, memory: {max_rss: y}}');
    expect(faultOf(text).message).toContain('max_percent');
  });

  it('in another worker than the one that is wanted is told too', () => {
    expect(faultOf('workers: [{id: a}, {id: b, unit: {limits: {timeout: x}}}]', 'a').message).toContain(
      '[1]',
    );
  });

  it('leaves the prototype of objects clean', () => {
    faultOf(unit('{"__proto__": {polluted: 1}}'));
    expect('polluted' in {}).toBe(false);
  });
});

describe('a file that is meant to hurt', () => {
  const nested = (opener: string, times: number) => opener.repeat(times);
  const bomb = `a: &a0 [x]\n${Array.from({length: 20}, (_, n) => `b${String(n)}: &a${String(n + 1)} [${Array.from({length: 9}, () => `*a${String(n)}`).join(',')}]\n`).join('')}`;
  const wide = `a: &a [${'x,'.repeat(2000)}]\nb: [${'*a,'.repeat(60)}]\n`;
  const MEGABYTE = 1024 * 1024;

  it.each([
    ['3,000 brackets', nested('[', 3000) + nested(']', 3000), 'nested too deeply'],
    ['3,000 open brackets', nested('[', 3000), 'nested too deeply'],
    ['3,000 dashes', nested('- ', 3000), 'nested too deeply'],
    ['3,000 braces', nested('{', 3000), 'nested too deeply'],
    ['3,000 question marks', nested('? ', 3000), 'nested too deeply'],
    ['a mebibyte of brackets', nested('[', MEGABYTE), 'too many values'],
    [
      'a mebibyte of keys',
      Array.from({length: 110_000}, (_, n) => `k${String(n)}: 1\n`).join(''),
      'too many values',
    ],
    ['aliases of aliases', bomb, 'more than 100 aliases'],
    ['few aliases of much', wide, 'aliases stand for too many values'],
    ['a mebibyte of one word', 'x'.repeat(MEGABYTE), 'the file must be a map'],
    ['a mebibyte of lines', 'x\n'.repeat(MEGABYTE / 2), 'the file must be a map'],
  ])('by %s ends as a fault, soon', (_name, text, message) => {
    const begin = performance.now();
    expect(faultOf(text).message).toContain(message);
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  it('ends as a fault or as a worker, whatever its text', () => {
    const pieces = fc.constantFrom(
      'workers:',
      '\n',
      '  ',
      '- ',
      'id',
      ': ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '"',
      '!!',
      '|',
      '>',
      '#',
      '---',
      '%',
      '?',
      ',',
      'limits',
      '256MB',
      '\t',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({unit: 'binary'}),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            workerFromText(text, 'w.yaml', undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
      {numRuns: 500},
    );
  });
});

describe('a limit with steps', () => {
  const file = (value: string): string =>
    `workers:\n  - id: web\n    unit:\n      limits:\n        memory: {max_rss: ${value}}\n`;
  const read = (value: string): unknown =>
    workerFromText(file(value), 'w.yaml', undefined).settings['max-rss'];
  const STEPS = [
    {value: 200 * MIB, policy: 'log'},
    {value: 250 * MIB, sustainedViolationTimeMs: 30_000, policy: 'graceful_shutdown'},
  ];

  it.each([
    ['what the flag takes', '"200MB:log, 250MB@30s:graceful_shutdown"', STEPS],
    [
      'a list of maps',
      '[{value: 200MB, policy: log}, {value: 250MB, sustained_violation_time: 30s, policy: graceful_shutdown}]',
      STEPS,
    ],
    ['a list of one plain value', '[{value: 5MB}]', 5 * MIB],
  ])('is %s', (_form, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['[]', '5:27: workers[0].unit.limits.memory.max_rss: no step is given; example: '],
    ['[5MB]', '5:28: workers[0].unit.limits.memory.max_rss[0]: must be a map'],
    ['[{policy: log}]', '5:28: workers[0].unit.limits.memory.max_rss[0] has no "value"'],
    ['[{value: }]', '5:36: workers[0].unit.limits.memory.max_rss[0].value: has no value'],
    ['[{value: [5]}]', '5:36: workers[0].unit.limits.memory.max_rss[0].value: must be text'],
    ['[{value: 5MB, polcy: log}]', '5:41: unknown key "polcy"; did you mean policy?'],
    [
      '[{value: 5MB}, {value: 6MB, policy: lgo}]',
      '5:42: workers[0].unit.limits.memory.max_rss[1]: step 2 "6MB:lgo": "lgo" is none of',
    ],
    [
      '[{value: 5MB}, {value: 5MB}]',
      '5:42: workers[0].unit.limits.memory.max_rss[1]: step 2 "5MB": each step must be higher',
    ],
    ['{value: 5MB}', '5:27: workers[0].unit.limits.memory.max_rss: must be a SIZE, such as 256MB'],
    ['"5MB:log,"', '5:27: workers[0].unit.limits.memory.max_rss: step 2 is empty'],
  ])('%s is a fault with its place', (text, message) => {
    expect(() => read(text)).toThrow(`w.yaml:${message}`);
  });
});
