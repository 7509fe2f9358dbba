import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, inject, test} from 'vitest';
import {limitrun, type RunResult, shell, startProgram} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {PROGRAM, ROOT} from '../support/paths.js';
import {openTerminal} from '../support/terminal.js';
import {expectNothingAlive, scratch, scratchFile} from '../support/this-test.js';

interface Finding {
  readonly id: string;
  readonly state: string;
  readonly meaning: string;
  readonly remedy?: string;
}

interface Document {
  readonly machine: {readonly uid?: number};
  readonly findings: readonly Finding[];
  readonly limits: readonly {
    readonly limit: string;
    readonly policy: string;
    readonly enforced_by: string;
    readonly cap?: {readonly source: string};
  }[];
}

const schema = JSON.parse(
  readFileSync(path.join(ROOT, 'schemas', 'doctor.v1.schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({allErrors: true, strict: true}).compile(schema);

/** The document that a doctor has printed, which is as its schema describes it. */
function documentOf({code, stdout, stderr}: Pick<RunResult, 'code' | 'stdout' | 'stderr'>): Document {
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as Document;
}

function finding({findings}: Document, id: string): Finding | undefined {
  return findings.find((one) => one.id === id);
}

/** The groups that are seen. */
function groups(directory = '/sys/fs/cgroup', depth = 6): string[] {
  if (depth === 0 || !existsSync(directory)) return [];
  return readdirSync(directory, {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .flatMap(({name}) => [`${directory}/${name}`, ...groups(`${directory}/${name}`, depth - 1)]);
}

describe('limitrun doctor', () => {
  test('tells what the machine offers, in lines of at most 80 columns', async () => {
    const {code, stdout, stderr} = await limitrun(['doctor']);
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    expect(stdout).toMatch(/^limitrun \d+\.\d+\.\d+ on /);
    for (const what of [
      'process accounting',
      'kernel cap on memory',
      'guard',
      'state directory',
      'launcher',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}(yes {5}|partly {2}|no {6})${what} `, 'm'));
    }
    for (const limit of ['max_rss', 'max_processes', 'timeout']) {
      expect(stdout).toMatch(new RegExp(`^${limit} +(kernel|sampled|timer|nobody)`, 'm'));
    }
    expect(stdout).not.toContain('\u001b');
    const paths = (line: string): boolean => line.includes('/');
    expect(stdout.split('\n').filter((line) => line.length > 80 && !paths(line))).toEqual([]);
  });

  test('as JSON is what its schema describes', async () => {
    const document = documentOf(await limitrun(['doctor', '--json']));
    expect(document.machine.uid).toBe(process.getuid?.());
    expect(finding(document, 'launcher')?.state).toBe('no');
    expect(finding(document, 'state_directory')).toMatchObject({
      state: 'yes',
      meaning: `records of runs in ${scratch('state')}/limitrun, which the first run makes`,
    });
  });

  test('knows the launcher', async () => {
    const document = documentOf(await shell('exec "$LIMITRUN" doctor --json'));
    expect(finding(document, 'launcher')?.state).toBe('yes');
  });

  test('leaves no file, no group and no process behind', async () => {
    const {pid, exited} = startProgram(process.execPath, [PROGRAM, 'doctor']);
    expect((await exited).code).toBe(0);
    await expectNothingAlive();
    // A group that limitrun makes carries its pid; others belong to runs of other tests.
    const made = new RegExp(`/limitrun-.*-${String(pid)}-`);
    expect(groups().filter((group) => made.test(group))).toEqual([]);
    expect(readdirSync(scratch())).toEqual([]);
  });

  test('takes no words, and a program of that name is still reached', async () => {
    const refused = await limitrun(['doctor', 'who']);
    expect(refused).toMatchObject({code: 125, stdout: ''});
    expect(refused.stderr).toContain('a program called doctor: limitrun -- doctor');
    scratchFile('bin/doctor', '#!/bin/sh\necho "patient: $1"\n', 0o755);
    const PATH = `${scratch('bin')}:${process.env['PATH'] ?? ''}`;
    const reached = await limitrun(['--quiet', '--', 'doctor', 'who'], {env: {PATH}});
    expect(reached).toMatchObject({code: 0, stdout: 'patient: who\n'});
  });

  test('a home that cannot be written is told, with the way around', async () => {
    const home = scratchFile('home', 'no directory');
    const env = {HOME: home, XDG_STATE_HOME: undefined, XDG_RUNTIME_DIR: undefined};
    const document = documentOf(await limitrun(['doctor', '--json'], {env}));
    expect(finding(document, 'state_directory')).toMatchObject({
      state: 'no',
      meaning: expect.stringContaining('a part of the path is not a directory') as unknown,
      remedy: 'set XDG_STATE_HOME to a directory that is yours',
    });
    expect(finding(document, 'runtime_directory')?.state).toBe('no');
    expect(readFileSync(home, 'utf8')).toBe('no directory');
  });
});

describe('what the doctor expects of a memory limit', () => {
  needs('memoryGroup');

  test('is what a run gets', async () => {
    const document = documentOf(await limitrun(['doctor', '--json']));
    for (const policy of ['immediate_kill', 'graceful_shutdown']) {
      const args = ['--max-rss', '512MB', '--policy', policy, '--', 'true'];
      const {report} = await limitrun(args, {report: true});
      const [kept] = (report as unknown as Document).limits;
      const expected = document.limits.find((one) => one.limit === 'max_rss' && one.policy === policy);
      expect({by: expected?.enforced_by, source: expected?.cap?.source}).toEqual({
        by: kept?.enforced_by,
        source: kept?.cap?.source,
      });
    }
  });
});

describe('the doctor of another user', () => {
  needs('linux', 'otherUser');

  const asNobody = (env: Readonly<Record<string, string | undefined>>): Promise<RunResult> => {
    const become = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const command = [process.execPath, PROGRAM, 'doctor', '--json'];
    return startProgram('setpriv', [...become, ...command], {env}).exited;
  };

  test('sees what that user has', async () => {
    const document = documentOf(await asNobody({}));
    expect(document.machine.uid).toBe(65534);
    expect(finding(document, 'other_users')?.state).not.toBe('yes');
    // Whatever the groups are like: without a cap there is a reason.
    const memory = finding(document, 'memory_cap');
    const kill = document.limits.find(({limit}) => limit === 'max_rss');
    expect(kill?.enforced_by).toBe(memory?.state === 'yes' ? 'kernel' : 'polling');
  });

  test('in a home that is not its own keeps no records, and makes nothing', async () => {
    const env = {HOME: '/root', XDG_STATE_HOME: undefined, XDG_RUNTIME_DIR: '/'};
    const document = documentOf(await asNobody(env));
    expect(finding(document, 'state_directory')).toMatchObject({
      state: 'no',
      meaning: expect.stringContaining('permission denied') as unknown,
    });
    expect(finding(document, 'runtime_directory')?.meaning).toContain('/limitrun: in / nothing can be made');
  });
});

describe('on a terminal', () => {
  needs('tmux');

  test('the doctor knows its size and is as wide as it', async () => {
    const terminal = await openTerminal(inject('fixtureDirectory'), 100, 80);
    terminal.line('limitrun doctor');
    await terminal.shows('Worst overshoot:');
    await terminal.prompt();
    expect(terminal.screen()).toMatch(/^ {2}yes +terminal +live table with bars and curves, 100 x 80$/m);
  });
});
