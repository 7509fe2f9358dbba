import {existsSync, mkdirSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {shell, startProgram} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {LAUNCHER} from '../support/paths.js';
import {alive, expectNothingAlive, fixture, scratch, scratchFile} from '../support/this-test.js';

/** What a file of /proc says about the command itself. */
const IGNORED = `sh -c 'grep SigIgn /proc/self/status'`;

describe('the installed program leaves as it was', () => {
  needs('linux');

  test('L-05 a command, its code and its output', async () => {
    expect(await shell('exec "$LIMITRUN" --quiet -- sh -c "echo out; echo err >&2; exit 9"')).toMatchObject({
      code: 9,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('L-05 a command when it is reached through links', async () => {
    symlinkSync(LAUNCHER, scratch('first'));
    symlinkSync('first', scratch('second'));
    expect(await shell('exec ./second -- echo linked')).toMatchObject({code: 0, stdout: 'linked\n'});
  });

  test.each([
    ['npm for a project', 'node_modules/.bin/limitrun', 'node_modules', '../limitrun/bin/limitrun'],
    ['npm for everybody', 'bin/limitrun', 'lib/node_modules', '../lib/node_modules/limitrun/bin/limitrun'],
    ['somebody else', 'links/limitrun', 'elsewhere', '../elsewhere/limitrun/bin/limitrun'],
  ])(
    'L-05 a command when it is linked as by %s, whose packages are found',
    async (_who, link, place, target) => {
      for (const directory of [path.dirname(link), place]) mkdirSync(scratch(directory), {recursive: true});
      symlinkSync(path.resolve(LAUNCHER, '../..'), scratch(`${place}/limitrun`));
      symlinkSync(target, scratch(link));
      // Read by a package that is no part of the program's own scripts.
      scratchFile('limits.yaml', 'workers: [{id: w, unit: {limits: {timeout: 1h}}}]\n');
      const script = `exec ./${link} --quiet --config limits.yaml -- echo linked`;
      const {code, stdout, stderr} = await shell(script);
      expect({code, stdout, stderr}).toEqual({code: 0, stdout: 'linked\n', stderr: ''});
    },
  );

  test('L-05 a command when `..` in its path follows a link', async () => {
    for (const directory of ['here', 'there/deep']) mkdirSync(scratch(directory), {recursive: true});
    symlinkSync('../there/deep', scratch('here/link'));
    symlinkSync(path.resolve(LAUNCHER, '../..'), scratch('there/limitrun'));
    const {code, stdout} = await shell('exec here/link/../limitrun/bin/limitrun --quiet -- echo there');
    expect({code, stdout}).toEqual({code: 0, stdout: 'there\n'});
  });

  test.each([
    ['a value without its unit', ['--max-rss', '10XB', '--', 'true'], 125],
    ['a command that is not found', ['--', './nothing'], 127],
  ])('E-05 %s is an error as ever', async (_kind, args, wanted) => {
    const {code, stdout, stderr} = await startProgram(LAUNCHER, args).exited;
    expect({code, stdout}).toEqual({code: wanted, stdout: ''});
    expect(stderr).toMatch(/^limitrun: /);
  });

  test('L-17 variables that a shell could not name, or would change', async () => {
    const odd = {
      'npm.config': 'a b',
      '1a': 'digit',
      'FOO-BAR': 'two\nlines',
      'BASH_FUNC_f%%': '() {  echo called\n}',
      IFS: 'x',
      lr__self: 'of the caller',
    };
    const env = {...odd, PWD: '/stale', SHLVL: '7'};
    const running = startProgram(LAUNCHER, ['--quiet', '--', '/usr/bin/env', '-0'], {env});
    const entries = (await running.exited).stdout.split('\0');
    for (const [name, value] of Object.entries(env)) expect(entries).toContain(`${name}=${value}`);
  });

  test('L-17 of more such variables than it can hand on it says so', async () => {
    const odd = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({length: count}, (_, index) => [`a.b${String(index)}`, 'x'.repeat(50)]));
    const few = await startProgram(LAUNCHER, ['--quiet', '--', '/usr/bin/env'], {env: odd(600)}).exited;
    expect(few.stdout.match(/^a\.b/gm)).toHaveLength(600);
    const {code, stderr} = await startProgram(LAUNCHER, ['--', 'true'], {env: odd(1000)}).exited;
    expect(code).toBe(125);
    expect(stderr).toMatch(/^limitrun: [^\n]*larger than 50 KB[^\n]*\n$/);
  });

  test('L-17 a large environment with what Node would take for itself', async () => {
    const large = Object.fromEntries(
      Array.from({length: 60}, (_, index) => [`LARGE_${String(index)}`, 'x'.repeat(1000)]),
    );
    const env = {
      ...large,
      OPENSSL_CONF: '/x y',
      LIMITRUN_KEPT_OPENSSL_CONF: 'kept',
      NODE_OPTIONS: '--no-warnings',
    };
    const {stdout} = await startProgram(LAUNCHER, ['--quiet', '--', '/usr/bin/env', '-0'], {env}).exited;
    const entries = stdout.split('\0');
    for (const [name, value] of Object.entries(env)) expect(entries).toContain(`${name}=${value}`);
    const without = await startProgram(LAUNCHER, ['--quiet', '--', '/usr/bin/env', '-0'], {env: large})
      .exited;
    expect(without.stdout).not.toContain('OPENSSL_CONF');
  });

  test('X-13 no program that was planted in PATH', async () => {
    for (const name of ['grep', 'od', 'readlink']) {
      scratchFile(`planted/${name}`, `#!/bin/sh\necho ${name} >>"${scratch('trapped')}"\n`, 0o755);
    }
    symlinkSync(LAUNCHER, scratch('linked'));
    const {code, stdout} = await shell(`PATH="$PWD/planted:$PATH" exec ./linked --quiet -- echo ran`);
    expect({code, stdout, trapped: existsSync(scratch('trapped'))}).toEqual({
      code: 0,
      stdout: 'ran\n',
      trapped: false,
    });
  });

  test('L-06 words with anything in them', async () => {
    const words = ['', ' ', 'a b', '"', "'", '\\', '$HOME', '`id`', '*', 'a\nb', '-n', '--', '🙂'];
    const {stdout} = await startProgram(LAUNCHER, ['--', '/usr/bin/env', 'printf', '%s\\0', ...words]).exited;
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });

  test('L-11 words that are not UTF-8', async () => {
    const {stdoutBytes} = await shell('exec "$LIMITRUN" -- printf %s "$(printf "a\\377b")"');
    expect(stdoutBytes.toString('hex')).toBe('61ff62');
  });

  test('L-17 L-18 the environment, whatever its bytes', async () => {
    const env = {
      EMPTY: '',
      LINES: 'a\nb\n',
      SPACED: ' a  b ',
      NODE_OPTIONS: '--no-warnings',
      OPENSSL_CONF: '/nonexistent/openssl.cnf',
    };
    const odd = 'ODD="$(printf "a\\377b")"; export ODD; exec';
    const bare = await shell(`${odd} env -0`, {env});
    const limited = await shell(`${odd} "$LIMITRUN" -- env -0`, {env});
    const sorted = (bytes: Buffer): string[] =>
      bytes
        .toString('latin1')
        .split('\0')
        .filter((line) => !line.startsWith('LIMITRUN_RUN_ID='))
        .sort();
    expect(sorted(limited.stdoutBytes)).toEqual(sorted(bare.stdoutBytes));
  });

  test.each(['', "trap '' HUP;"])('L-05 where a relative command is: %s', async (shellBetween) => {
    mkdirSync(scratch('there'));
    scratchFile('there/here', '#!/bin/sh\necho "$PWD"\n', 0o755);
    const execution = {command: './here', working_directory: scratch('there')};
    scratchFile('workers.json', JSON.stringify({workers: [{id: 'w', unit: {execution}}]}));
    expect(
      await shell(`${shellBetween} exec "$LIMITRUN" -q --config "${scratch('workers.json')}"`),
    ).toMatchObject({code: 0, stdout: `${scratch('there')}\n`});
  });

  test('L-17 the order of the variables, and none that was not there', async () => {
    const {stdout} = await shell('exec env -i Z=1 PATH="$PATH" A=2 M=3 "$LIMITRUN" --quiet -- env');
    const names = stdout.split('\n').map((line) => line.split('=', 1)[0]);
    expect(names).toEqual(['LIMITRUN_RUN_ID', 'Z', 'PATH', 'A', 'M', '']);
  });

  test('L-20 the soft limit of open files', async () => {
    const {stdout} = await shell('ulimit -Sn 777; exec "$LIMITRUN" -- sh -c "ulimit -Sn; ulimit -Hn"');
    const hard = await shell('ulimit -Hn');
    expect(stdout).toBe(`777\n${hard.stdout}`);
  });

  test('L-21 open descriptors', async () => {
    scratchFile('three', 'third\n');
    scratchFile('nine', 'ninth\n');
    const script = 'exec 3<three 9<nine; exec "$LIMITRUN" -- sh -c "cat <&3; cat <&9"';
    expect(await shell(script)).toMatchObject({code: 0, stdout: 'third\nninth\n'});
  });

  test.each([
    ['HUP', 1],
    ['INT', 2],
    ['QUIT', 4],
    ['PIPE', 0x1000],
  ])('L-22 an ignored SIG%s', async (name, bit) => {
    const {stdout} = await shell(`trap "" ${name}; exec "$LIMITRUN" -- ${IGNORED}`);
    expect(Number.parseInt(stdout.split(/\s+/)[1] ?? '', 16)).toBe(bit);
  });

  test('L-23 signals that are not ignored', async () => {
    expect((await shell(`exec "$LIMITRUN" -- ${IGNORED}`)).stdout).toBe('SigIgn:\t0000000000000000\n');
  });

  test('L-25 the options of a Node that is the command, without taking them for limitrun', async () => {
    const env = {NODE_OPTIONS: '--require=/nonexistent/module.cjs'};
    const {code, stdout} = await shell('exec "$LIMITRUN" -- sh -c "echo $NODE_OPTIONS; exit 3"', {env});
    expect({code, stdout}).toEqual({code: 3, stdout: '--require=/nonexistent/module.cjs\n'});
  });
});

describe('the installed program', () => {
  needs('linux', 'compiler');

  test.each(['TERM', 'INT', 'HUP', 'USR1'] as const)('S-01 passes SIG%s on once', async (name) => {
    const running = startProgram(LAUNCHER, ['--', fixture('sigs'), '--exit', '42']);
    await running.said('ready\n');
    running.kill(`SIG${name}`);
    const {code, stdout} = await running.exited;
    expect({code, times: stdout.split('\n').filter((line) => line === name).length}).toEqual({
      code: 42,
      times: 1,
    });
  });

  test.each([0, 5, 10, 20, 40, 80, 120, 160, 200])(
    'S-05 leaves no orphan for SIGTERM after %i ms',
    async (delayMs) => {
      const running = startProgram(LAUNCHER, ['--max-rss', '1GB', '--', 'sleep', '300']);
      // The moment is what this test varies; nothing is waited for.
      await sleep(delayMs);
      running.kill('SIGTERM');
      const {code, signal} = await running.exited;
      expect(signal === 'SIGTERM' || code === 143).toBe(true);
      await expectNothingAlive();
    },
  );

  test('Y-09 waits by chance before it starts the command again', async () => {
    const flags = '--restart-policy on-failure --restart-delay 100ms --restart-jitter 0.5 --max-restarts 3';
    const script = `"$LIMITRUN" ${flags} -- false`;
    const runs = await Promise.all([shell(script), shell(script)]);
    const [one, other] = runs.map(({stderr}) => stderr.match(/starting attempt \d in .*/g));
    expect(one).toHaveLength(3);
    expect(one).not.toEqual(other);
  });

  test('E-04 keeps limits', async () => {
    expect(
      await startProgram(LAUNCHER, ['--max-rss', '50MB', '--', fixture('alloc'), '120']).exited,
    ).toMatchObject({
      code: 110,
    });
    await expectNothingAlive();
  });
});

describe('the installed program as process 1', () => {
  needs('pidNamespace', 'compiler');

  const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child', LAUNCHER];

  test('S-15 passes the code on', async () => {
    expect(await startProgram('unshare', [...UNSHARE, '--', 'sh', '-c', 'exit 7']).exited).toMatchObject({
      code: 7,
    });
  });

  test('S-15 gives the command its standard input', async () => {
    const running = startProgram('unshare', [...UNSHARE, '--', 'cat'], {input: 'words'});
    expect(await running.exited).toMatchObject({code: 0, stdout: 'words'});
  });

  test('S-15 passes SIGTERM on', async () => {
    const script = 'trap "exit 42" TERM; echo up; while :; do sleep 0.05; done';
    const running = startProgram('unshare', [...UNSHARE, '--', 'sh', '-c', script]);
    await running.said('up');
    const one = alive().find(
      ({command}) => command.includes('bin/limitrun') && !command.startsWith('unshare'),
    );
    process.kill(one?.pid ?? NaN, 'SIGTERM');
    expect(await running.exited).toMatchObject({code: 42});
  });

  test('P-07 waits for orphans, so that none stays a zombie', async () => {
    const script = `"${fixture('forker')}" 5 --exit 0 >/dev/null
      for each in /proc/[0-9]*; do grep -q forker $each/comm && kill -KILL \${each#/proc/}; done
      for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        grep -qs forker /proc/[0-9]*/comm || { echo "all gone"; exit 0; }
        sleep 0.1
      done; grep -H . /proc/[0-9]*/comm`;
    const {stdout} = await startProgram('unshare', [...UNSHARE, '--', 'sh', '-c', script]).exited;
    expect(stdout).toBe('all gone\n');
  });
});
