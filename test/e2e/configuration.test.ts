import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, startProgram, type RunResult} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {brokenLimits} from '../support/report.js';
import {fixture, scratch, scratchFile, textOf} from '../support/this-test.js';

/** The lines of a worker file whose only worker has these lines as its `unit`. */
function worker(...unit: string[]): string {
  return ['workers:', '  - id: "w"', '    unit:', ...unit.map((line) => `      ${line}`), ''].join('\n');
}

/** Refused: 125, on standard error one line that holds the words (and a file's excerpt), and nothing was started. */
function expectRefusal({code, stdout, stderr}: RunResult, words: string | RegExp, maxLines = 1): void {
  expect({code, stdout}).toEqual({code: 125, stdout: ''});
  expect(stderr).toMatch(/^limitrun: /);
  expect(stderr).toMatch(words);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(maxLines);
  expect(textOf(scratch('touched'))).toBeUndefined();
}

/** Ends with 3, unless a timeout of 100 ms comes first. */
const LATE = ['sh', '-c', 'sleep 0.5; exit 3'];

const TOUCH = ['--', 'touch', 'touched'];

describe('bad values of flags', () => {
  const SIZES = [
    'abc',
    '',
    '-5MB',
    '10XB',
    'NaN',
    'Infinity',
    '1e999MB',
    '1,5GB',
    '0x10MB',
    '0',
    '5 MB',
    'MB',
    '1.5',
    '9999999999T',
  ];
  const DURATIONS = [
    'abc',
    '',
    '-1s',
    '1y',
    ' -0.1',
    'NaN',
    '0',
    '0s',
    '10',
    '1h-5m',
    '5s foo',
    '1e3s',
    '30m1h',
  ];
  const PERCENTS = ['abc', '', '-5', '0', 'NaN', '1e2', '50%%', 'Infinity'];
  const COUNTS = ['abc', '', '-5', '1.5', '0', 'NaN', '1e3', '0x10', '99999999999999999999'];
  const ENUMS = ['bogus', '', '__proto__', 'constructor', 'toString', 'LOG', 'log '];

  test.each([
    ...SIZES.map((value) => ['C-01', '--max-rss', value] as const),
    ...['abc', '-1', '0'].map((value) => ['C-01', '--max-write-bps', value] as const),
    ...DURATIONS.map((value) => ['C-02', '--timeout', value] as const),
    ...['0', '0s', 'abc', '-1s'].map((value) => ['C-02', '--interval', value] as const),
    ...['abc', '-1s', ''].map((value) => ['C-02', '--grace-period', value] as const),
    ...PERCENTS.map((value) => ['C-03', '--max-cpu', value] as const),
    ...COUNTS.map((value) => ['C-03', '--max-processes', value] as const),
    ...['-1', '1.5', 'abc'].map((value) => ['C-03', '--max-restarts', value] as const),
    ...['0.5', '-2', 'abc'].map((value) => ['C-03', '--backoff-rate', value] as const),
    ...['0', '256', '-1', '1.5'].map((value) => ['C-03', '--violation-exit-code', value] as const),
    ...['0', '101', 'abc'].map((value) => ['C-03', '--warn-at', value] as const),
    ...ENUMS.map((value) => ['C-04', '--policy', value] as const),
    ...ENUMS.slice(0, 4).map((value) => ['C-04', '--violation-handling', value] as const),
    ...ENUMS.slice(0, 4).map((value) => ['C-04', '--enforce', value] as const),
  ])('%s the flag %s refuses "%s"', async (_id, flag, value) => {
    expectRefusal(await limitrun([`${flag}=${value}`, ...TOUCH]), flag);
  });

  test.each(['abc', '-5MB', '', '0'])('C-01 "%s" is refused also as a word of its own', async (value) => {
    expectRefusal(await limitrun(['--max-rss', value, ...TOUCH]), '--max-rss');
  });

  test('C-01 a refused value is shown with an example of a good one', async () => {
    const {stderr} = await limitrun(['--max-rss', '10XB', ...TOUCH]);
    expect(stderr).toMatch(/10XB.*256MB/);
  });

  test.each([
    ['--max-rss', ['1GB', '2GB']],
    ['--timeout', ['1s', '1s']],
    ['--policy', ['log', 'none']],
  ])('C-05 %s given twice is refused', async (flag, [first = '', second = '']) => {
    expectRefusal(await limitrun([flag, first, flag, second, ...TOUCH]), flag);
  });
});

describe('the environment', () => {
  test.each([
    ['LIMITRUN_MAX_RSS', '10XB'],
    ['LIMITRUN_TIMEOUT', '-1s'],
    ['LIMITRUN_POLICY', 'bogus'],
    ['LIMITRUN_MAX_PROCESSES', '1.5'],
  ])('C-14 a bad value of %s is refused and named', async (name, value) => {
    expectRefusal(await limitrun(TOUCH, {env: {[name]: value}}), name);
  });

  test('C-14 a variable sets a limit', async () => {
    const {code} = await limitrun(['--', 'sleep', '300'], {env: {LIMITRUN_TIMEOUT: '300ms'}});
    expect(code).toBe(124);
  });

  test('C-14 a flag wins over a variable', async () => {
    const {code} = await limitrun(['--timeout', '60s', '--', ...LATE], {
      env: {LIMITRUN_TIMEOUT: '100ms'},
    });
    expect(code).toBe(3);
  });

  test('C-14 a variable wins over a file', async () => {
    const config = scratchFile('w.yaml', worker('limits: {timeout: 100ms}'));
    const {code} = await limitrun(['--config', config, '--', ...LATE], {
      env: {LIMITRUN_TIMEOUT: '60s'},
    });
    expect(code).toBe(3);
  });
});

describe('a worker file', () => {
  test('C-05 sets limits, and a flag wins over it', async () => {
    const config = scratchFile('w.yaml', worker('limits: {timeout: 300ms}'));
    expect(await limitrun(['--config', config, '--', 'sleep', '300'])).toMatchObject({code: 124});
    expect(await limitrun(['--config', config, '--timeout', '60s', '--', 'sleep', '0.5'])).toMatchObject({
      code: 0,
    });
  });

  test('C-05 may hold the command, its environment and its directory', async () => {
    mkdirSync(scratch('there'));
    const config = scratchFile(
      'w.yaml',
      worker(
        'execution:',
        '  command: sh',
        '  args: ["-c", "echo \\"$GREETING\\" no yes 010 $(pwd)"]',
        '  environment: {GREETING: "hello  there"}',
        `  working_directory: ${scratch('there')}`,
      ),
    );
    expect(await limitrun(['--config', config])).toMatchObject({
      code: 0,
      stdout: `hello  there no yes 010 ${scratch('there')}\n`,
    });
  });

  test('C-15 that is changed while the command runs counts from the next start on', async () => {
    const config = scratchFile('w.yaml', worker('limits: {memory: {max_rss: 1GB}}'));
    const change = `sed s/1GB/1MB/ w.yaml >new && mv new w.yaml; sleep 0.5; exit 3`;
    const args = ['--config', config, '--', 'sh', '-c', change];
    expect(await limitrun(args)).toMatchObject({code: 3});
    expect(textOf(config)).toContain('1MB');
    expect(await limitrun(['--config', config, '--', 'sleep', '300'])).toMatchObject({code: 110});
  });

  test('C-05 with several workers needs --worker', async () => {
    const entry = (id: string): string =>
      `  - id: ${id}\n    unit: {execution: {command: echo, args: [${id}]}}\n`;
    const config = scratchFile('w.yaml', `workers:\n${entry('red')}${entry('blue')}`);
    expect(await limitrun(['--config', config, '--worker', 'blue'])).toMatchObject({
      code: 0,
      stdout: 'blue\n',
    });
    expectRefusal(await limitrun(['--config', config]), /--worker.*red.*blue/);
    expectRefusal(await limitrun(['--config', config, '--worker', 'bleu']), /bleu.*blue/);
  });

  test.each([
    ['C-06 that is missing', () => scratch('missing.yaml')],
    ['C-06 that is a directory', () => scratch()],
    ['C-06 that is empty', () => scratchFile('w.yaml', '')],
    ['C-06 that is a device without end', () => '/dev/zero'],
    [
      'C-06 that is a FIFO',
      () => {
        spawnSync('mkfifo', [scratch('fifo')]);
        return scratch('fifo');
      },
    ],
  ])('%s is refused at once', async (_kind, make) => {
    const file = make();
    expectRefusal(await limitrun(['--config', file, ...TOUCH]), file, 4);
  });

  test('C-06 that may not be read is refused', async ({skip}) => {
    const reason = missing('otherUser');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const file = scratchFile('w.yaml', worker('limits: {timeout: 1s}'), 0o600);
    const args = [
      '--reuid',
      '65534',
      '--clear-groups',
      process.execPath,
      PROGRAM,
      '--config',
      file,
      ...TOUCH,
    ];
    expectRefusal(await startProgram('setpriv', args).exited, 'w.yaml');
  });

  test.each([
    ['a byte order mark', `\ufeff${worker('limits: {timeout: 300ms}')}`],
    ['CRLF line ends', worker('limits: {timeout: 300ms}').replaceAll('\n', '\r\n')],
  ])('C-07 with %s is read', async (_kind, content) => {
    const config = scratchFile('w.yaml', content);
    expect(await limitrun(['--config', config, '--', 'sleep', '300'])).toMatchObject({code: 124});
  });

  test.each([
    ['C-07 not UTF-8', Buffer.from(worker('limits: {timeout: "1\u00ff"}'), 'latin1'), /UTF-8/],
    ['C-07 truncated', worker('limits: {memory: {max_rss: 256MB, pol'), /w\.yaml:\d+:\d+/],
    ['C-07 with a tab as indentation', 'workers:\n\t- id: w\n', /w\.yaml:\d+:\d+/],
    [
      'C-08 with an unknown key',
      worker('limits: {memory: {max_rs: 256MB}}'),
      /w\.yaml:4:\d+.*max_rs.*max_rss/,
    ],
    ['C-08 with an unknown top key', 'wokers: []\n', /w\.yaml:1:1.*wokers.*workers/],
    ['C-08 with a list instead of a map', worker('limits: [1, 2]'), /w\.yaml:4:\d+.*limits/],
    [
      'C-08 with a map instead of a value',
      worker('limits: {memory: {max_rss: {a: 1}}}'),
      /w\.yaml:4:\d+.*max_rss/,
    ],
    ['C-08 with text instead of a map', worker('limits: all'), /w\.yaml:4:\d+.*limits/],
    ['C-01 with a bad size', worker('limits: {memory: {max_rss: 10XB}}'), /w\.yaml:4:\d+.*10XB/],
    ['C-01 with an empty size', worker('limits: {memory: {max_rss: }}'), /w\.yaml:4:\d+.*max_rss/],
    ['C-01 with a size below zero', worker('limits: {memory: {max_rss: -1}}'), /w\.yaml:4:\d+.*max_rss/],
    ['C-01 with infinity as a size', worker('limits: {memory: {max_rss: .inf}}'), /w\.yaml:4:\d+.*max_rss/],
    ['C-02 with a bad duration', worker('limits: {timeout: soon}'), /w\.yaml:4:\d+.*soon/],
    ['C-03 with a bad count', worker('limits: {process: {max_processes: 1.5}}'), /w\.yaml:4:\d+.*1\.5/],
    [
      'C-04 with a bad policy',
      worker('limits: {memory: {policy: constructor}}'),
      /w\.yaml:4:\d+.*constructor/,
    ],
    ['C-04 with a bad mode', worker('limits: {monitoring: {violation_handling: extern}}'), /external/],
    ['C-09 with a duplicate key', worker('limits:', '  timeout: 1s', '  timeout: 2s'), /w\.yaml:6:\d+/],
    ['C-09 with an id given twice', 'workers: [{id: a}, {id: a}]\n', /w\.yaml:1:\d+.*twice/],
    ['C-11 with a __proto__ key', worker('limits: {__proto__: {timeout: 1s}}'), /__proto__/],
    ['C-11 with a constructor key', worker('constructor: {prototype: {timeout: 1s}}'), /constructor/],
    [
      'C-12 with a tag for a function',
      worker('limits: {timeout: !!js/function "function(){}"}'),
      /w\.yaml:4:\d+/,
    ],
    ['C-12 with binary data', worker('limits: {timeout: !!binary "MXM="}'), /w\.yaml:4:\d+/],
    [
      'C-12 with no for false as a switch',
      worker('limits: {monitoring: {enabled: no}}'),
      /w\.yaml:4:\d+.*no/,
    ],
    ['C-08 with two documents', `${worker('limits: {timeout: 1s}')}---\nworkers: []\n`, /w\.yaml:\d+:\d+/],
  ])('%s is refused with the place', async (_kind, content, words) => {
    const config = scratchFile('w.yaml', content);
    expectRefusal(await limitrun(['--config', config, ...TOUCH]), words, 4);
  });

  test('C-08 a fault is shown with its line and a caret', async () => {
    const config = scratchFile('w.yaml', worker('limits: {timeout: soon}'));
    const {stderr} = await limitrun(['--config', config, ...TOUCH]);
    expect(stderr).toContain('limits: {timeout: soon}');
    expect(stderr).toMatch(/^.*\^/m);
  });

  /** Ten lists, each nine times the one before. */
  const LETTERS = 'abcdefghij';
  const BOMB = Array.from({length: LETTERS.length}, (_, index) => {
    const name = LETTERS.charAt(index);
    const before = index === 0 ? 'x' : `*${LETTERS.charAt(index - 1)}`;
    return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
  }).join('\n');

  test.each([
    ['an alias bomb', BOMB],
    ['three thousand nested brackets', `workers: ${'['.repeat(3000)}${']'.repeat(3000)}\n`],
    ['three thousand open brackets', '['.repeat(3000)],
    ['three thousand nested maps', '{a: '.repeat(3000)],
    ['thirty megabytes', `workers: # ${'x'.repeat(30 * 1024 * 1024)}\n`],
  ])('C-10 %s is refused soon and without much memory', async (_kind, content) => {
    const config = scratchFile('w.yaml', content);
    const env = {NODE_OPTIONS: '--max-old-space-size=200'};
    const result = await limitrun(['--config', config, ...TOUCH], {env, deadlineMs: 10_000});
    expectRefusal(result, 'w.yaml', 4);
    expect(result.stderr.length).toBeLessThan(3000);
  });

  test('C-13 in the working directory or above it is not used unless named', async () => {
    const content = worker('limits: {timeout: 100ms}', 'execution: {command: touch, args: [touched]}');
    const names = [
      'limitrun.yaml',
      'limitrun.yml',
      '.limitrun.yaml',
      '.limitrunrc',
      'limitrun.json',
      'worker.yaml',
    ];
    for (const name of names) {
      scratchFile(name, content);
      scratchFile(`inner/${name}`, content);
    }
    const {code, stdout} = await limitrun(['--', 'sh', '-c', 'sleep 0.3; echo ran'], {cwd: scratch('inner')});
    expect({code, stdout}).toEqual({code: 0, stdout: 'ran\n'});
    expectRefusal(await limitrun([], {cwd: scratch('inner')}), /command/, 40);
  });

  test('C-08 --worker without --config is refused', async () => {
    expectRefusal(await limitrun(['--worker', 'w', ...TOUCH]), '--worker');
  });

  test('C-05 without a command, and with none on the command line, is refused', async () => {
    const config = scratchFile('w.yaml', worker('limits: {timeout: 1s}'));
    expectRefusal(await limitrun(['--config', config]), /command/, 4);
  });

  test('Y-16 that asks for a restart with internal handling is refused', async () => {
    const unit =
      'limits: {memory: {max_rss: 1GB, policy: restart}, monitoring: {violation_handling: internal}}';
    const config = scratchFile('w.yaml', worker(unit));
    expectRefusal(await limitrun(['--config', config, ...TOUCH]), /restart/, 4);
  });

  test('C-05 with monitoring switched off keeps only the timeout', async () => {
    const unit = 'limits: {process: {max_processes: 1}, timeout: 500ms, monitoring: {enabled: false}}';
    const config = scratchFile('w.yaml', worker(unit));
    const {code, stderr} = await limitrun([
      '--config',
      config,
      '--',
      'sh',
      '-c',
      'sleep 300 & sleep 300; wait',
    ]);
    expect(code).toBe(124);
    expect(stderr).toMatch(/^limitrun: .*monitoring/m);
  });
});

describe('the worker file of the specification', () => {
  needs('compiler', 'linux');

  test('C-05 runs as it stands', async () => {
    const config = scratchFile(
      'worker.yaml',
      `workers:
  - id: "resource-managed-worker"
    unit:
      limits:
        memory: {max_rss: 256MB, policy: "restart"}
        cpu: {max_percent: 75.0, policy: "graceful_shutdown"}
        monitoring: {violation_handling: "external"}
`,
    );
    const args = [
      '--config',
      config,
      '--max-restarts',
      '1',
      '--restart-delay',
      '50ms',
      '--cpu-policy',
      'log',
    ];
    const {code, report} = await limitrun([...args, '--', fixture('alloc'), '400'], {report: true});
    expect(code).toBe(118);
    expect(report.violation_handling).toBe('external');
    expect(report.attempts).toHaveLength(2);
    expect(brokenLimits(report).filter((limit) => limit === 'max_rss')).toHaveLength(2);
  });

  test('C-12 may be JSON', async () => {
    const config = scratchFile(
      'w.yaml',
      `{"workers": [{"id": "w", "unit": {"limits": {"timeout": "300ms"}}}]}`,
    );
    expect(await limitrun(['--config', config, '--', 'sleep', '300'])).toMatchObject({code: 124});
  });
});
