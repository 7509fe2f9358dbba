import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {ROOT} from '../support/paths.js';
import {readReport} from '../support/report.js';
import {alive, expectNothingAlive, fixture, scratch, scratchFile, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';
import {stateOf} from '../unit/process/real-children.js';

const SMALL = ['--max-rss', '50MB'];

const schema = JSON.parse(
  readFileSync(path.join(ROOT, 'schemas', 'violation.v1.schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({strict: false, allErrors: true, validateFormats: false}).compile(schema);

interface Told {
  readonly run_id: string;
  readonly pid: number;
  readonly limit: string;
  readonly policy: string;
  readonly tree?: readonly {
    readonly pid: number;
    readonly parent_pid: number;
    readonly name: string;
    readonly args?: readonly string[];
    readonly rss_bytes?: number;
  }[];
}

/** A hook in shell, in the test's folder. */
function hook(script: string): string {
  return scratchFile('hook.sh', `#!/bin/sh\n${script}\n`, 0o755);
}

/** What the hooks were told, one line each, every one checked against its schema. */
function told(): Told[] {
  const lines = (textOf(scratch('told')) ?? '').split('\n').slice(0, -1);
  return lines.map((line) => {
    const document: unknown = JSON.parse(line);
    expect({valid: validate(document), errors: validate.errors}).toEqual({valid: true, errors: null});
    return document as Told;
  });
}

function lines(file: string): string[] {
  return (textOf(scratch(file)) ?? '').split('\n').slice(0, -1);
}

/** Waits for a file to appear with something in it. */
async function written(file: string): Promise<string> {
  return waitFor(() => (textOf(scratch(file)) === '' ? undefined : textOf(scratch(file))), {
    what: `the file ${file}`,
  });
}

/** Notes the state of every member of the tree it is told, and waits until a file `go` is there. */
const RECORD_STATES = `cat >told
for pid in $(grep -o '"pid":[0-9]*' told | cut -d: -f2 | sort -u); do
  cut -d')' -f2 </proc/$pid/stat | cut -d' ' -f2; done >states
cat /proc/$(grep -o '"pid":[0-9]*' told | head -1 | cut -d: -f2)/statm >first
sleep 0.3
cat /proc/$(grep -o '"pid":[0-9]*' told | head -1 | cut -d: -f2)/statm >second
echo >recorded`;
const UNTIL_GO = 'while [ ! -e go ]; do sleep 0.02; done';

describe('a hook', () => {
  needs('compiler', 'linux');

  test('Y-18 is told the violation and the whole tree as JSON on its standard input', async () => {
    const args = ['--name', 'big', '--on-violation', hook('cat >>told; env >environment')];
    const command = ['--', 'sh', '-c', `"${fixture('alloc')}" 120 & wait`, 'title with spaces'];
    const {code, report} = await limitrun([...args, ...SMALL, ...command], {report: true});
    expect(code).toBe(110);
    const [violation, second] = told();
    expect(second).toBeUndefined();
    expect(violation).toMatchObject({limit: 'max_rss', policy: 'graceful_shutdown', name: 'big'});
    expect(violation?.run_id).toBe(report.run_id);
    expect(violation?.pid).toBe(report.attempts[0]?.pid);
    const [largest, shell] = violation?.tree ?? [];
    expect(largest).toMatchObject({
      name: 'alloc',
      args: [fixture('alloc'), '120'],
      parent_pid: violation?.pid,
    });
    expect(largest?.rss_bytes ?? 0).toBeGreaterThan(40 * 2 ** 20);
    expect(shell?.args?.at(-1)).toBe('title with spaces');
    const environment = lines('environment');
    expect(environment).toContain(`LIMITRUN_HOOK_RUN_ID=${report.run_id}`);
    expect(environment).toContain('LIMITRUN_VIOLATION=max_rss');
    expect(environment.filter((line) => line.startsWith('LIMITRUN_RUN_ID='))).toEqual([]);
    expect(JSON.stringify(report.violations)).toContain('"args":["');
  });

  test('Y-15 runs once for an episode, however long it lasts', async () => {
    const flags = [...SMALL, '--policy', 'log', '--interval', '20ms', '--on-violation', hook('cat >>told')];
    const {code, report} = await limitrun([...flags, '--', fixture('alloc'), '120', '--hold', '800'], {
      report: true,
    });
    expect(code).toBe(0);
    expect(told()).toHaveLength(1);
    expect(report.violations.at(-1)?.actions).toEqual(['hook hook.sh done']);
  });

  test.each([
    ['alert', 1],
    ['log', 1],
    ['none', 0],
  ])('Y-15 under the policy %s runs %i times, and the command goes on', async (policy, times) => {
    const flags = [...SMALL, '--policy', policy, '--on-violation', hook('cat >>told')];
    const {code} = await limitrun([...flags, '--', fixture('alloc'), '120', '--hold', '500']);
    expect({code, times: told().length}).toEqual({code: 0, times});
  });

  test('Y-15 alert without a hook prints', async () => {
    const flags = [...SMALL, '--policy', 'alert'];
    const {stderr} = await limitrun([...flags, '--', fixture('alloc'), '120', '--hold', '300']);
    expect(stderr).toContain('ALERT: resident memory');
  });

  test('Y-16 runs when violation handling is disabled too, and then nothing is frozen', async () => {
    const flags = [...SMALL, '--violation-handling', 'disabled', '--freeze'];
    const args = [
      ...flags,
      '--on-violation',
      hook(RECORD_STATES),
      '--',
      fixture('alloc'),
      '120',
      '--hold',
      '900',
    ];
    const {code, stderr} = await limitrun(args);
    expect(code).toBe(0);
    expect(lines('states')).not.toContain('T');
    expect(stderr).toContain('--freeze does nothing');
  });

  test('Y-18 is told about the timeout, with the tree', async () => {
    const args = ['--timeout', '200ms', '--on-violation', hook('cat >>told'), '--', 'sleep', '300'];
    expect(await limitrun(args)).toMatchObject({code: 124});
    expect(told()).toMatchObject([{limit: 'timeout', tree: [{args: ['sleep', '300']}]}]);
  });

  test.each(['internal', 'external'])('Y-17 that fails changes nothing (%s)', async (mode) => {
    const flags = [...SMALL, '--violation-handling', mode, '--on-violation', hook('exit 3')];
    const {code, stderr} = await limitrun([...flags, '--', fixture('alloc'), '120']);
    expect(code).toBe(110);
    expect(stderr.split('\n').filter((line) => line.includes('hook.sh'))).toEqual([
      'limitrun: warning: hook hook.sh failed: exited with 3',
    ]);
    await expectNothingAlive();
  });

  test.each([[[]], [['--freeze']]])('Y-17 that is not there changes nothing %j', async (more) => {
    const flags = [...SMALL, ...more, '--on-violation', './no-such-hook'];
    const {code, stderr} = await limitrun([...flags, '--', fixture('alloc'), '120']);
    expect(code).toBe(110);
    expect(stderr).toContain('hook no-such-hook failed: command not found: ./no-such-hook\n');
  });

  test.each([[[]], [['--freeze']]])(
    'Y-17 that hangs is killed with all it has started, and changes nothing %j',
    async (more) => {
      const script = 'echo $$ >hook-pid; setsid sleep 300 & sleep 300 & trap "" TERM; wait; wait; sleep 300';
      const flags = [...SMALL, ...more, '--hook-timeout', '300ms', '--on-violation', hook(script)];
      const {code, stderr} = await limitrun([...flags, '--', fixture('alloc'), '120']);
      expect(code).toBe(110);
      expect(stderr).toContain('hook hook.sh failed: not done after 300 ms, killed');
      await expectNothingAlive();
    },
  );

  test('Y-18 gets its arguments as they are: no shell reads them', async () => {
    const program = hook('for word; do echo "$word" >>words; done; cat >/dev/null');
    const text = `${program} ;touch x '$(touch x)' "a \\"b\\" *" c\\ d | >x`;
    const {code} = await limitrun([...SMALL, '--on-violation', text, '--', fixture('alloc'), '120']);
    expect(code).toBe(110);
    expect(lines('words')).toEqual([';touch', 'x', '$(touch x)', 'a "b" *', 'c d', '|', '>x']);
    expect(textOf(scratch('x'))).toBeUndefined();
  });

  test('Y-18 may be a list of words in a worker file', async () => {
    const program = hook('echo "$1" >word; cat >/dev/null');
    const file = scratchFile(
      'worker.yaml',
      `workers:
  - id: w
    unit:
      limits:
        memory: {max_rss: 50MB}
        monitoring: {on_violation: ["${program}", "two words"], hook_timeout: 5s}
`,
    );
    expect(await limitrun(['--config', file, '--', fixture('alloc'), '120'])).toMatchObject({code: 110});
    expect(lines('word')).toEqual(['two words']);
  });

  test('says what it says on standard error, never on standard output', async () => {
    const flags = [...SMALL, '--on-violation', hook('echo from the hook; cat >/dev/null')];
    const {stdout, stderr} = await limitrun([...flags, '--', fixture('sigs'), '--mib', '120', '--exit', '0']);
    expect(stdout).not.toContain('from the hook');
    expect(stderr).toContain('from the hook');
  });

  test('is no part of the tree: it is not counted, and not killed with it', async () => {
    const script =
      'cat >/dev/null; i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done; times >times; echo finished >finished';
    const flags = [...SMALL, '--policy', 'log', '--max-processes', '1', '--on-violation', hook(script)];
    const {code, report} = await limitrun([...flags, '--', fixture('alloc'), '70', '--hold', '4000'], {
      report: true,
    });
    expect({code, finished: lines('finished')}).toEqual({code: 0, finished: ['finished']});
    expect(report.violations.map(({limit}) => limit)).not.toContain('max_processes');
    // Of the hook's shell itself: user and system time.
    const [user = NaN, system = NaN] = [...(textOf(scratch('times')) ?? '').matchAll(/m([\d.]+)s/g)].map(
      ([, seconds]) => Number(seconds),
    );
    expect(report.cpu_time_seconds ?? 9).toBeLessThan(user + system);
  });

  test('--freeze without a hook is a usage error', async () => {
    const {code, stderr} = await limitrun(['--freeze', '--', 'touch', scratch('touched')]);
    expect({code, stderr}).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('--freeze needs --on-violation') as string,
    });
    expect(textOf(scratch('touched'))).toBeUndefined();
  });
});

describe.each(['internal', 'external'])('--freeze under %s handling', (mode) => {
  needs('compiler', 'linux');

  const handling = ['--violation-handling', mode, '--freeze'];

  test('the tree stands still while the hook runs, then it is ended gracefully', async () => {
    const script = `trap 'echo cleaned >cleaned; kill $!; exit 0' TERM; "${fixture('alloc')}" 400 --step 1 --every 3 & wait`;
    const args = [...handling, ...SMALL, '--on-violation', hook(RECORD_STATES), '--', 'sh', '-c', script];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(110);
    expect(lines('states')).toEqual(['T', 'T']);
    expect(textOf(scratch('second'))).toBe(textOf(scratch('first')));
    expect(textOf(scratch('cleaned'))).toBe('cleaned\n');
    expect(report.forced).toBe(false);
    expect(report.violations.filter(({severity}) => severity === 'critical')).toHaveLength(1);
    await expectNothingAlive();
  });

  test('immediate_kill waits for the hook too', async () => {
    const args = [...handling, ...SMALL, '--policy', 'immediate_kill', '--on-violation', hook(RECORD_STATES)];
    const {code, report} = await limitrun([...args, '--', fixture('alloc'), '120'], {report: true});
    expect({code, states: lines('states')}).toEqual({code: 110, states: ['T']});
    expect(report.forced).toBe(true);
  });

  test('under log the command goes on afterwards', async () => {
    const args = [...handling, ...SMALL, '--policy', 'log', '--on-violation', hook(RECORD_STATES)];
    const {code, report} = await limitrun([...args, '--', fixture('alloc'), '120', '--hold', '300'], {
      report: true,
    });
    expect({code, states: lines('states')}).toEqual({code: 0, states: ['T']});
    expect(report.violations.filter(({severity}) => severity === 'critical')).toHaveLength(1);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s to limitrun while the tree is frozen wakes it up, and nothing is left behind',
    async (signal) => {
      const file = scratch('report.json');
      const args = [
        ...handling,
        ...SMALL,
        '--report',
        file,
        '--on-violation',
        hook(`${RECORD_STATES}; ${UNTIL_GO}`),
      ];
      const running = start([...args, '--', fixture('sigs'), '--mib', '120', '--exit', '7']);
      await written('recorded');
      expect(lines('states')).toEqual(['T']);
      running.kill(signal);
      await running.said(`${signal.slice('SIG'.length)}\n`);
      scratchFile('go', 'x');
      await running.exited;
      expect(readReport(file).reason).toEqual({kind: 'signal', signal});
      await expectNothingAlive();
    },
  );

  test('a second signal does not wait for the hook', async () => {
    const args = [...handling, ...SMALL, '--grace-period', '1h', '--hook-timeout', '1h'];
    const running = start([
      ...args,
      '--on-violation',
      hook(`${RECORD_STATES}; ${UNTIL_GO}`),
      '--',
      fixture('alloc'),
      '120',
      '--ignore',
    ]);
    await written('recorded');
    running.kill('SIGTERM');
    await waitFor(() => alive().every(({pid}) => pid === running.pid || stateOf(pid) !== 'T'), {
      what: 'the tree to go on',
    });
    running.kill('SIGINT');
    expect((await running.exited).stderr).toContain('hook hook.sh failed: killed, limitrun is to end');
    await expectNothingAlive();
  });

  test('an error in limitrun while the tree is frozen leaves neither the tree nor the hook', async () => {
    const crash = scratchFile(
      'crash.cjs',
      `if (/(run\\.js|start\\.cjs)$/.test(process.argv[1])) {
        const look = setInterval(() => {
          if (!require('node:fs').existsSync('recorded')) return;
          clearInterval(look);
          throw new Error('broken on purpose');
        }, 20);
        look.unref();
      }`,
    );
    const args = [
      ...handling,
      ...SMALL,
      '--hook-timeout',
      '1h',
      '--on-violation',
      hook(`${RECORD_STATES}; ${UNTIL_GO}`),
    ];
    const env = {NODE_OPTIONS: `--require=${crash}`};
    const {code, stderr} = await limitrun([...args, '--', fixture('alloc'), '120', '--ignore'], {env});
    expect({code, states: lines('states')}).toEqual({code: 125, states: ['T']});
    expect(stderr).toContain('broken on purpose');
    await expectNothingAlive();
  });

  test('the timeout does not wait for the hook', async () => {
    const args = [...handling, ...SMALL, '--timeout', '1s', '--on-violation', hook('cat >>told; sleep 1.5')];
    const running = start([...args, '--', fixture('sigs'), '--mib', '120', '--exit', '0']);
    await running.said('TERM\n');
    expect((await running.exited).code).toBe(124);
    expect(told().map(({limit}) => limit)).toEqual(['max_rss', 'timeout']);
  });
});
