import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {ROOT} from '../support/paths.js';
import {atEnd, scratch, scratchFile, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

const schema = JSON.parse(readFileSync(path.join(ROOT, 'schemas/event.v1.schema.json'), 'utf8')) as object;
const isEvent = new Ajv2020({strict: false}).compile(schema);

const RUNS = 'state/limitrun/runs';
const records = (): string[] =>
  existsSync(scratch(RUNS)) ? readdirSync(scratch(RUNS)).filter((name) => name.endsWith('.jsonl')) : [];

/** The kinds of a file of events, each line of which must fit the schema. */
function kindsIn(file: string): string[] {
  const lines = (textOf(file) ?? '').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => {
    const event = JSON.parse(line) as {kind: string};
    expect(isEvent(event) ? [] : [line, isEvent.errors]).toEqual([]);
    return event.kind;
  });
}

function everyFile(directory: string): string[] {
  return readdirSync(directory, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('the record of a run', () => {
  test('F-10 tells it from its start to its end, for the user alone whatever the umask, and leaves no live file', async () => {
    mkdirSync(scratch('runtime'), {mode: 0o700});
    const result = await shell('umask 0777; exec $NODE $RUN --name n -- sh -c "sleep 0.3; exit 3"');
    expect(result.code).toBe(3);
    const [record = ''] = records();
    const kinds = kindsIn(scratch(RUNS, record));
    expect(kinds[0]).toBe('run_started');
    expect(kinds).toContain('attempt_started');
    expect(kinds.slice(-3)).toEqual(['attempt_ended', 'checkpoint', 'run_ended']);
    expect(statSync(scratch(RUNS, record)).mode & 0o7777).toBe(0o600);
    for (const directory of ['state/limitrun', RUNS, 'runtime/limitrun']) {
      expect(statSync(scratch(directory)).mode & 0o7777, directory).toBe(0o700);
    }
    expect(readdirSync(scratch('runtime/limitrun'))).toEqual([]);
  });

  test('F-10 of a run that is over at once is kept, and it is never shown as one that goes on', async () => {
    expect((await limitrun(['--', 'sh', '-c', 'exit 3'])).code).toBe(3);
    const [record = ''] = records();
    expect(kindsIn(scratch(RUNS, record)).slice(-3)).toEqual(['attempt_ended', 'checkpoint', 'run_ended']);
    expect(existsSync(scratch('state/limitrun/live'))).toBe(false);
  });

  test('is not kept with --no-record', async () => {
    const result = await limitrun(['--no-record', '--', 'true']);
    expect(result.code).toBe(0);
    expect(existsSync(scratch('state'))).toBe(false);
  });

  test('holds no value of the environment', async () => {
    await limitrun(['--', 'sh', '-c', 'sleep 0.3'], {env: {SECRET: 'v-e-r-y-secret'}});
    for (const name of records()) expect(textOf(scratch(RUNS, name))).not.toContain('v-e-r-y-secret');
    expect(records()).toHaveLength(1);
  });

  test('F-13 of more than --record-count the oldest go', async () => {
    for (let run = 0; run < 4; run += 1) await limitrun(['--record-count', '2', '--', 'true']);
    await waitFor(() => records().length <= 2, {what: 'two records'});
    expect(records()).toHaveLength(2);
  });

  test.each([
    ['a file in the way', () => scratchFile('state', '')],
    [
      'a planted link',
      () => {
        mkdirSync(scratch('elsewhere'));
        mkdirSync(scratch('state'));
        symlinkSync(scratch('elsewhere'), scratch('state/limitrun'));
      },
    ],
  ])('that cannot be kept is one line, and the run goes on: %s', async (_, prepare) => {
    prepare();
    const result = await limitrun(['--', 'sh', '-c', 'echo out; exit 4']);
    expect(result).toMatchObject({code: 4, stdout: 'out\n'});
    const lines = result.stderr.split('\n').filter((line) => line.includes('record'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^limitrun: warning: no record of this run is kept: /);
    if (existsSync(scratch('elsewhere'))) expect(readdirSync(scratch('elsewhere'))).toEqual([]);
  });
});

describe('without arguments', () => {
  test('F-12 --redact-arguments leaves them out of everything that is written', async () => {
    const hook = scratchFile('hook', `#!/bin/sh\ncat >'${scratch('hook.json')}'\n`, 0o755);
    const result = await limitrun([
      '--redact-arguments',
      ...['--events', scratch('events.jsonl'), '--report', scratch('report.json'), '--on-violation', hook],
      ...['--max-processes', '1', '--policy', 'log', '--'],
      ...['sh', '-c', 'sleep 1 & wait; : pass-w0rd'],
    ]);
    expect(result.code).toBe(0);
    expect(result.stderr).not.toContain('pass-w0rd');
    const written = everyFile(scratch()).filter((file) => path.basename(file) !== 'hook');
    expect(written.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['events.jsonl', 'report.json', 'hook.json']),
    );
    for (const file of written) expect(textOf(file), file).not.toContain('pass-w0rd');
    expect(textOf(scratch('events.jsonl'))).toContain('"command":["sh","[redacted]","[redacted]"]');
    expect(textOf(scratch('hook.json'))).toContain('"name":"sh"');
  });
});

describe('--events', () => {
  test('writes every event, all samples included, as lines that fit the schema', async () => {
    const {report} = await limitrun(
      [
        '--events',
        scratch('e.jsonl'),
        '--max-processes',
        '1',
        '--policy',
        'log',
        '--',
        'sh',
        '-c',
        'sleep 1; true',
      ],
      {report: true},
    );
    const kinds = kindsIn(scratch('e.jsonl'));
    expect(kinds[0]).toBe('run_started');
    expect(kinds.at(-1)).toBe('run_ended');
    expect(kinds.filter((kind) => kind === 'usage_sampled')).toHaveLength(report.samples);
    expect(kinds).toContain('violation_begun');
    expect(statSync(scratch('e.jsonl')).mode & 0o777).toBe(0o600);
  });

  test('writes into a descriptor', async () => {
    const result = await shell(`$NODE $RUN --events /dev/fd/3 -- true 3>'${scratch('e.jsonl')}'`);
    expect(result.code).toBe(0);
    expect(kindsIn(scratch('e.jsonl')).at(-1)).toBe('run_ended');
  });

  test.each([
    ['-', /^limitrun: --events: standard output is the command's; .*\/dev\/fd\/3.*\n$/],
    ['/', /^limitrun: --events: .*directory.*\n$/],
    ['no/such/directory/e.jsonl', /^limitrun: --events: .*\n$/],
  ])('%s is refused before anything starts', async (file, message) => {
    const result = await limitrun(['--events', file, '--', 'touch', scratch('started')]);
    expect(result.code).toBe(125);
    expect(result.stderr).toMatch(message);
    expect(existsSync(scratch('started'))).toBe(false);
  });

  test('that cannot be written in full are a fault after a command that succeeded', async () => {
    const result = await limitrun(['--events', '/dev/full', '--', 'true']);
    expect(result.code).toBe(125);
    expect(result.stderr).toMatch(/^limitrun: .*\/dev\/full.*no space left/m);
  });

  test('a reader that has seen enough is no fault', async () => {
    execFileSync('mkfifo', [scratch('fifo')]);
    const result = await shell(
      `head -1 '${scratch('fifo')}' & $NODE $RUN --events '${scratch('fifo')}' -- sleep 1`,
    );
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('"kind":"run_started"');
  });
});

describe('--progress', () => {
  test('plain prints a line of usage at intervals', async () => {
    // It does not end at a moment when a line is due: that one would tell of no process.
    const run = start(['--progress', 'plain', '--progress-interval', '200ms', '--', 'sleep', '1.1']);
    const {stderr} = await run.exited;
    const lines = stderr.split('\n').filter((line) => /^limitrun: [0-9.]+ m?s: /.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.at(-1)).toContain('1 process');
  });

  test.each(['auto', 'none'])('%s prints nothing meanwhile where there is no terminal', async (how) => {
    const {stderr} = await limitrun(['--progress', how, '--', 'sleep', '1.5']);
    expect(stderr).toMatch(/^limitrun: the command exited with 0/);
  });

  test('live without any terminal is lines', async () => {
    const script = 'exec setsid -w $NODE $RUN --progress live --progress-interval 200ms -- sleep 1';
    const {stderr, code} = await shell(script);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^limitrun: [0-9.]+ m?s: /m);
    expect(stderr).not.toContain('\u001b[1;');
  });
});

describe('a full disk', () => {
  needs('root');

  /** Where the records go, with little room. */
  function smallDisk(size: string): void {
    mkdirSync(scratch('state'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', scratch('state')]);
    atEnd(() => {
      chmodSync(scratch('state'), 0o700);
      execFileSync('umount', [scratch('state')]);
    });
  }

  function fill(): void {
    expect(() => scratchFile('state/ballast', Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
  }

  const complaints = (stderr: string): string[] =>
    stderr.split('\n').filter((line) => line.includes('no space left'));

  test('is one line, and the run goes on', async () => {
    smallDisk('16k');
    fill();
    const result = await limitrun(['--', 'sh', '-c', 'sleep 1; exit 5']);
    expect(result.code).toBe(5);
    expect(complaints(result.stderr)).toEqual([
      expect.stringMatching(/^limitrun: warning: no record of this run is kept: cannot write to /),
    ]);
    expect(records()).toEqual([]);
    expect((await limitrun(['status', '--all'])).stderr).toBe('');
  });

  test('that becomes full during a run does not make it look lost', async () => {
    smallDisk('64k');
    const env = {XDG_RUNTIME_DIR: undefined};
    const script = `echo up; while ! [ -e '${scratch('go')}' ]; do sleep 0.1; done; exit 4`;
    const run = start(['--', 'sh', '-c', script], {env});
    await run.said('up');
    const live = scratch('state/limitrun/live');
    await waitFor(() => existsSync(live) && readdirSync(live).some((name) => name.endsWith('.live')), {
      what: 'the live file',
    });
    fill();
    const [log = ''] = records();
    // What is written last fills the block of the log, and ends in the middle of a line.
    await waitFor(
      () => complaints(run.stderr()).length > 0 && statSync(scratch(RUNS, log)).size % 4096 === 0,
      {what: 'log and live file to find the disk full'},
    );
    scratchFile('go', '');
    const {code, stderr} = await run.exited;
    expect(code).toBe(4);
    expect(complaints(stderr)).toEqual([
      expect.stringMatching(/record .*not be whole from now on|not whole from now on/),
    ]);
    expect(readdirSync(live)).toEqual([]);
    const {stdout, stderr: warnings} = await limitrun(['status', '--all'], {env});
    expect(warnings).toBe('');
    expect(stdout).toMatch(/ exited 4 +4 /);
    expect(kindsIn(scratch(RUNS, log)).slice(-4)).toEqual([
      'checkpoint',
      'attempt_ended',
      'checkpoint',
      'run_ended',
    ]);
  });
});
