import {chmodSync, copyFileSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {limitrun, startProgram} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {PROGRAM, ROOT} from '../support/paths.js';
import {brokenLimits, readReport} from '../support/report.js';
import {alive, expectNothingAlive, fixture, scratch, scratchFile, textOf} from '../support/this-test.js';

/** C0 (but the line break), DEL, C1, line separators and the marks that turn the direction of text. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const HOSTILE = [
  ['ESC', '\u001b[2J\u001b[31m'],
  ['BEL and OSC', '\u001b]0;title\u0007'],
  ['a C1 control', '\u009b2J'],
  ['a carriage return', 'good\rbad'],
  ['a line break', 'good\nlimitrun: bad'],
  ['a mark that turns text around', '\u202egpj.exe'],
] as const;

describe('text from outside', () => {
  test.each(HOSTILE)('X-01 %s in the name of a command is not printed as it is', async (_kind, text) => {
    const {code, stdout, stderr} = await limitrun(['--', `./${text}`]);
    expect({code, stdout}).toEqual({code: 127, stdout: ''});
    expect(stderr).not.toMatch(CONTROLS);
    expect(stderr).not.toMatch(/^limitrun: bad/m);
  });

  test.each(HOSTILE)('X-01 %s in the value of a flag is not printed as it is', async (_kind, text) => {
    const {code, stderr} = await limitrun(['--max-rss', text, '--', 'true']);
    expect(code).toBe(125);
    expect(stderr).not.toMatch(CONTROLS);
    expect(stderr).not.toMatch(/^limitrun: bad/m);
  });

  test.each(HOSTILE)('X-01 %s in an unknown flag is not printed as it is', async (_kind, text) => {
    const {code, stderr} = await limitrun([`--no-${text}`, '--', 'true']);
    expect(code).toBe(125);
    expect(stderr).not.toMatch(CONTROLS);
    expect(stderr).not.toMatch(/^limitrun: bad/m);
  });

  test('X-01 control characters in a worker file are not printed as they are', async () => {
    const config = scratchFile(
      'w.yaml',
      'workers:\n  - id: w\n    "\\e[2Jkey": 1 # \u001b[2J \u009b2J \u202e\n',
    );
    const {code, stderr} = await limitrun(['--config', config, '--', 'true']);
    expect(code).toBe(125);
    expect(stderr).not.toMatch(CONTROLS);
  });

  test('X-01 control characters in arguments and in the name of the run are in no table and not raw in the report', async () => {
    const text = HOSTILE.map(([, each]) => each).join('');
    const file = scratch('r.json');
    const {code, stderr} = await limitrun([
      '--name',
      text,
      '--timeout',
      '300ms',
      '--report',
      file,
      '--',
      'sleep',
      '300',
      text,
    ]).catch((error: unknown) => {
      throw error;
    });
    expect([1, 124]).toContain(code);
    expect(stderr.replace(/^sleep: .*$/gm, '')).not.toMatch(CONTROLS);
    expect(textOf(file)).not.toMatch(CONTROLS);
  });

  test('X-14 an enormous argument does not become an enormous message', async () => {
    const {code, stderr} = await limitrun(['--', `./${'x'.repeat(100_000)}`]);
    expect([126, 127]).toContain(code);
    expect(stderr.length).toBeLessThan(5000);
  });

  test('X-14 an enormous bad value does not become an enormous message', async () => {
    const {code, stderr} = await limitrun([`--max-rss=${'9'.repeat(100_000)}x`, '--', 'true']);
    expect(code).toBe(125);
    expect(stderr.length).toBeLessThan(5000);
  });
});

describe('helpers', () => {
  needs('compiler', 'linux');

  test('X-13 programs planted in PATH and in the working directory are not run', async () => {
    for (const name of [
      'ps',
      'kill',
      'pgrep',
      'pkill',
      'sh',
      'bash',
      'getconf',
      'cat',
      'setpriv',
      'id',
      'node',
      'wmic',
    ]) {
      const trap = `#!/bin/sh\necho ${name} >>"${scratch('trapped')}"\n`;
      scratchFile(`planted/${name}`, trap, 0o755);
      scratchFile(name, trap, 0o755);
    }
    const env = {PATH: `${scratch('planted')}:.:/usr/bin:/bin`};
    const args = [
      '--max-rss',
      '50MB',
      '--max-cpu',
      '400',
      '--',
      fixture('forker'),
      '3',
      '--mib',
      '40',
      '--setsid',
    ];
    expect(await limitrun(args, {env})).toMatchObject({code: 110});
    expect(textOf(scratch('trapped'))).toBeUndefined();
  });

  test('X-16 no connection is made and no name is looked up', async () => {
    const preload = scratchFile(
      'watch-network.cjs',
      `const {appendFileSync} = require('node:fs');
       for (const [module, names] of [['net', ['connect', 'createConnection']], ['dns', ['lookup', 'resolve']], ['http', ['request', 'get']], ['https', ['request', 'get']], ['dgram', ['createSocket']]])
         for (const name of names) {
           const api = require('node:' + module);
           const real = api[name];
           api[name] = (...args) => { appendFileSync(process.env.NETWORK_LOG, module + '.' + name + '\\n'); return real(...args); };
         }
       const {Socket} = require('node:net');
       const connect = Socket.prototype.connect;
       Socket.prototype.connect = function (...args) { appendFileSync(process.env.NETWORK_LOG, 'Socket.connect\\n'); return connect.apply(this, args); };
       if (process.env.CHECK) require('node:net').connect(1, '127.0.0.1').on('error', () => {});
       require('node:module').syncBuiltinESMExports();`,
    );
    const env = {NODE_OPTIONS: `--require=${preload}`, NETWORK_LOG: scratch('network')};
    expect(await limitrun(['--max-rss', '1GB', '--', 'sh', '-c', 'sleep 0.3; exit 3'], {env})).toMatchObject({
      code: 3,
    });
    expect(await limitrun(['--help'], {env})).toMatchObject({code: 0});
    expect(textOf(scratch('network'))).toBeUndefined();
    await limitrun(['--', 'true'], {env: {...env, CHECK: '1'}});
    expect(textOf(scratch('network'))).toContain('connect');
  });

  test('X-16 nothing is loaded from the data directory of the user', async () => {
    const hooks = {init: './hook.js', prerun: './hook.js', command_not_found: './hook.js'};
    const plugin = {name: 'evil', version: '1.0.0', main: 'hook.js', oclif: {hooks, commands: './commands'}};
    const hook = `require('node:fs').writeFileSync(${JSON.stringify(scratch('loaded'))}, ''); module.exports = () => {};`;
    scratchFile('data/limitrun/node_modules/evil/package.json', JSON.stringify(plugin));
    scratchFile('data/limitrun/node_modules/evil/hook.js', hook);
    scratchFile(
      'data/limitrun/package.json',
      JSON.stringify({dependencies: {evil: '1.0.0'}, oclif: {plugins: [{type: 'user', name: 'evil'}]}}),
    );
    const {code} = await limitrun(['--', 'sh', '-c', 'exit 3'], {env: {XDG_DATA_HOME: scratch('data')}});
    expect({code, loaded: textOf(scratch('loaded'))}).toEqual({code: 3, loaded: undefined});
  });

  test('X-15 no package that is installed with limitrun runs a script', () => {
    const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<
        string,
        {dev?: boolean; optional?: boolean; hasInstallScript?: boolean; integrity?: string}
      >;
    };
    const installed = Object.entries(lock.packages).filter(([name, {dev}]) => name !== '' && dev !== true);
    expect(installed.length).toBeGreaterThan(5);
    expect(
      installed.filter(([, {hasInstallScript}]) => hasInstallScript === true).map(([name]) => name),
    ).toEqual([]);
    expect(installed.filter(([, {integrity}]) => integrity === undefined).map(([name]) => name)).toEqual([]);
  });
});

describe('ways around a limit', () => {
  needs('compiler', 'linux');

  test('X-08 a process that clears its environment and leaves the session is ended', async () => {
    const script = `env -i setsid "${fixture('alloc')}" 100 & sleep 0.2; exec sleep 300`;
    expect(await limitrun(['--max-rss', '60MB', '--', 'sh', '-c', script])).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test('X-08 a process that was seen is ended although nothing connects it to the command any more', async () => {
    // No environment, a session of its own, and its parent gone: only its pid and start time are known.
    const script = `env -i setsid "${fixture('alloc')}" 5 "$LR_TEST_MARK" >allocated & until [ -s allocated ]; do sleep 0.02; done
      sleep 0.5; exit 3`;
    const {code} = await limitrun(['--max-rss', '1GB', '--grace-period', '300ms', '--', 'sh', '-c', script]);
    expect(code).toBe(3);
    expect(textOf(scratch('allocated'))).toBe('ready\n');
    await expectNothingAlive();
  });

  test('X-09 a command that kills limitrun is ended by the guard', async () => {
    const script = 'sleep 300 & kill -KILL $PPID; sleep 300';
    await limitrun(['--max-rss', '60MB', '--', 'sh', '-c', script]);
    await expectNothingAlive(3000);
  });

  test('X-09 a command that spoils the record of its run stays limited', async () => {
    const script = `until [ -s state/limitrun/runs/*.jsonl ]; do sleep 0.02; done
      for file in state/limitrun/runs/* runtime/limitrun/*; do echo no event >$file; done
      rm -rf runtime/limitrun; exec "${fixture('alloc')}" 100`;
    expect(await limitrun(['--max-rss', '60MB', '--', 'sh', '-c', script])).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test('X-08 a command that stops limitrun does not stay unlimited', async () => {
    const script = `kill -STOP $PPID; "${fixture('alloc')}" 100 --hold 300; kill -CONT $PPID; sleep 300`;
    expect(await limitrun(['--max-rss', '60MB', '--timeout', '5s', '--', 'sh', '-c', script])).toMatchObject({
      code: 124,
    });
    await expectNothingAlive();
  });
});

const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

describe('another user, who can make no control groups', () => {
  needs('compiler', 'linux', 'otherUser', 'prlimit');

  const asNobody = (...words: string[]) =>
    startProgram('setpriv', [...NOBODY, process.execPath, PROGRAM, '--no-record', ...words], {
      deadlineMs: 60_000,
    });

  test.each(['immediate_kill', 'graceful_shutdown'])(
    'P-08 is rid of a fork bomb that never sleeps: %s',
    async (policy) => {
      const flags = ['--max-processes', '20', '--grace-period', '300ms', '--policy', policy];
      expect(await asNobody(...flags, '--', fixture('forkbomb'), '5000', '--fast').exited).toMatchObject({
        code: 112,
      });
      await expectNothingAlive();
    },
  );

  test('V-24 has few tasks more at first, and later as many as a program with many threads needs', async () => {
    const script = `tasks() { sed -n 's/^Max processes *\\([0-9]*\\) .*/\\1/p' /proc/$$/limits; }
      first=$(tasks); while [ "$(tasks)" = "$first" ]; do sleep 0.02; done; echo "$first $(tasks)"`;
    const {stdout} = await asNobody('--max-processes', '20', '--', 'sh', '-c', script).exited;
    const [first = NaN, later = NaN] = stdout.split(' ').map(Number);
    expect(first).toBeGreaterThan(128);
    expect(later).toBeGreaterThan(1024);
    expect(first).toBeLessThan(later);
  });
});

describe('another user', () => {
  needs('compiler', 'linux', 'otherUser');

  test('P-12 X-10 M-13 members that became root are counted by their RSS, named as alive, and the run ends', async () => {
    // A setuid program; where such files are not honoured it fails and the code tells.
    const becomeRoot = scratch('become-root');
    copyFileSync('/usr/bin/setpriv', becomeRoot);
    chmodSync(becomeRoot, 0o4755);
    const command = [becomeRoot, '--reuid', '0', fixture('forker'), '2', '--mib', '40'];
    const flags = ['--no-record', '--enforce', 'poll', '--max-rss', '60MB', '--grace-period', '100ms'];
    const file = scratch('report.json');
    const run = [process.execPath, PROGRAM, ...flags, '--report', file, '--', ...command];
    const {code, stderr} = await startProgram('setpriv', [...NOBODY, ...run]).exited;
    for (const {pid} of alive()) process.kill(pid, 'SIGKILL');
    const report = readReport(file, stderr);
    expect({code, broken: brokenLimits(report)}).toEqual({code: 110, broken: ['max_rss']});
    expect(report.survivors).toHaveLength(3);
    expect(report.figures).not.toHaveProperty('peak_pss');
    expect(stderr).toMatch(/^limitrun: may not signal process \d+: it belongs to another user$/m);
    expect(stderr).toMatch(/^limitrun: warning: could not end processes .*; still alive$/m);
  });

  test('X-11 limitrun itself refuses to run setuid', async () => {
    const args = ['--euid', '65534', process.execPath, PROGRAM, '--', 'echo', 'started'];
    expect(await startProgram('setpriv', args).exited).toMatchObject({
      code: 125,
      stdout: '',
      stderr: 'limitrun: limitrun refuses to run setuid or setgid\n',
    });
  });

  test('F-12 status shows nothing of the runs of somebody else', async () => {
    await limitrun(['--name', 'hidden', '--', 'sh', '-c', 'exit 3', 's-e-c-r-e-t']);
    expect((await limitrun(['status', '--all'])).stdout).toContain('hidden');
    const args = [...NOBODY, process.execPath, PROGRAM, 'status', '--all'];
    const {stdout, stderr} = await startProgram('setpriv', args).exited;
    expect(stdout + stderr).not.toMatch(/hidden|s-e-c-r-e-t/);
    expect(stderr).toContain('permission denied');
  });
});
