import {spawn} from 'node:child_process';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, start, startProgram, startShell} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {figure} from '../support/report.js';
import {isAlive} from '../support/survivors.js';
import {atEnd, expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

/** Flags under which a command that holds more than 60 MiB is ended soon. */
const SMALL = ['--max-rss', '60MB', '--grace-period', '300ms'];

describe('what a violation ends', () => {
  needs('compiler', 'linux');

  test.each([
    ['P-01 children', []],
    ['P-02 children in their own session', ['--setsid']],
    ['P-03 daemons, forked twice', ['--daemon']],
    ['P-04 children that ignore TERM, HUP and INT', ['--ignore']],
    ['P-04 daemons that ignore TERM, HUP and INT', ['--daemon', '--ignore']],
  ])('%s are all gone', async (_who, how) => {
    const {code, report} = await limitrun([...SMALL, '--', fixture('forker'), '4', '--mib', '30', ...how], {
      report: true,
    });
    expect(code).toBe(110);
    expect(report.survivors).toEqual([]);
    await expectNothingAlive();
  });

  test('P-01 grandchildren are gone too', async () => {
    const script = `sh -c '"${fixture('alloc')}" 100 & sleep 300 & wait' & sleep 300 & wait`;
    expect(await limitrun([...SMALL, '--', 'sh', '-c', script])).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test('P-04 a command that ignores TERM, HUP and INT is gone after the grace period', async () => {
    const {code, report} = await limitrun([...SMALL, '--', fixture('alloc'), '100', '--ignore'], {
      report: true,
    });
    expect(code).toBe(110);
    expect(report.forced).toBe(true);
    await expectNothingAlive();
  });

  test('P-06 a stopped command is ended', async () => {
    const script = `"${fixture('alloc')}" 100 & sleep 300 & kill -STOP $!; kill -STOP $$`;
    expect(await limitrun([...SMALL, '--', 'sh', '-c', script])).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test.each(['10000', '3000'])(
    'a daemon that goes on in a child of its own every %s us is gone',
    async (period) => {
      const lock = scratch('lock');
      const flags = ['--enforce', 'poll', '--timeout', '600ms', '--grace-period', '200ms'];
      const {code, report} = await limitrun([...flags, '--', fixture('relay'), lock, period], {report: true});
      expect(code).toBe(124);
      expect(report.survivors).toEqual([]);
      expect((await startProgram(fixture('relay'), [lock]).exited).code).toBe(0);
      await expectNothingAlive();
    },
  );

  test('P-08 a fork bomb under a process limit is gone within seconds', async () => {
    const flags = ['--max-processes', '20', '--policy', 'immediate_kill'];
    const {code, report} = await limitrun([...flags, '--', fixture('forkbomb'), '1500'], {report: true});
    expect(code).toBe(112);
    expect(report.survivors).toEqual([]);
    await expectNothingAlive();
  });

  test('P-08 a fork bomb that ignores SIGTERM is gone after the grace period', async () => {
    const flags = ['--max-processes', '20', '--grace-period', '300ms'];
    expect(await limitrun([...flags, '--', fixture('forkbomb'), '800'])).toMatchObject({code: 112});
    await expectNothingAlive();
  });

  test('P-14 a deep chain of processes is counted and ended', async () => {
    const flags = ['--max-processes', '200', '--grace-period', '300ms'];
    const args = [...flags, '--', fixture('forker'), '250', '--chain', '--ignore'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(112);
    expect(figure(report, 'peak_processes')).toBeGreaterThan(200);
    await expectNothingAlive();
  });

  test('P-16 the group stays limited after the parent of its members has ended', async () => {
    const script = `( "${fixture('alloc')}" 100 --step 10 --every 20 & ) ; sleep 300`;
    expect(await limitrun([...SMALL, '--', 'sh', '-c', script])).toMatchObject({code: 110});
    await expectNothingAlive();
  });

  test('P-17 M-10 a process with a name that imitates /proc/PID/stat is measured and ended', async () => {
    const {code, report} = await limitrun([...SMALL, '--', fixture('rename'), '100'], {report: true});
    expect(code).toBe(110);
    expect(figure(report, 'peak_rss')).toBeGreaterThan(60 * 1024 * 1024);
    await expectNothingAlive();
  });
});

describe('what is left alone', () => {
  needs('compiler', 'linux');

  test('P-09 a process that is not of the command is not signalled, though in the same group', async () => {
    const script = `"${fixture('sigs')}" >stranger & stranger=$!
      "$NODE" "$RUN" --max-rss 60MB --grace-period 300ms -- "${fixture('forker')}" 3 --mib 40 --ignore
      echo $? >code; kill -0 $stranger && echo alive >>code; kill -KILL $stranger`;
    await shell(script);
    expect(textOf(scratch('code'))).toBe('110\nalive\n');
    expect(textOf(scratch('stranger'))).toBe('ready\n');
  });

  test('P-13 what another program starts for the command is not of the tree', async () => {
    const server = startShell('mkfifo asked; echo up; read go <asked; exec sleep 300');
    await server.said('up');
    const ask = 'echo go >asked; exit 3';
    expect(await limitrun(['--grace-period', '0', '--', 'sh', '-c', ask])).toMatchObject({code: 3});
    expect(isAlive(server.pid)).toBe(true);
    server.kill('SIGKILL');
    await server.exited;
  });

  test('P-09 a process with the same parent as limitrun is not counted', async () => {
    const stranger = spawn(fixture('forker'), ['10'], {stdio: 'ignore'});
    atEnd(() => void stranger.kill('SIGTERM'));
    const {code, report} = await limitrun(['--max-processes', '3', '--', 'sleep', '0.5'], {report: true});
    expect(code).toBe(0);
    expect(figure(report, 'peak_processes')).toBe(1);
    const children = await waitFor(
      () => childrenOf(stranger.pid ?? 0).then((pids) => pids.length === 10 && pids),
      {
        what: 'the ten children of the stranger',
      },
    );
    atEnd(() => {
      for (const pid of children) process.kill(pid, 'SIGKILL');
    });
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  });

  test('P-07 zombies of the command are not counted and do no harm', async () => {
    const args = ['--max-processes', '3', '--', fixture('forker'), '30', '--zombies', '--hold', '500'];
    const {code, report} = await limitrun(args, {report: true});
    expect(code).toBe(0);
    expect(figure(report, 'peak_processes')).toBeLessThanOrEqual(3);
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const {readFile} = await import('node:fs/promises');
  const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

describe('processes left in the background', () => {
  test('P-11 are ended by SIGTERM, and a line says so', async () => {
    const script = `(trap "echo told >told; exit" TERM; echo up >up; while :; do sleep 0.02; done) &
      while [ ! -s up ]; do sleep 0.02; done; exit 5`;
    const {code, stderr} = await limitrun(['--grace-period', '10s', '--', 'sh', '-c', script]);
    expect(code).toBe(5);
    expect(textOf(scratch('told'))).toBe('told\n');
    expect(stderr).toMatch(/^limitrun: .*background/im);
    await expectNothingAlive();
  });

  test('P-11 that ignore SIGTERM are killed after the grace period', async () => {
    const script =
      'sh -c "trap \\"\\" TERM HUP INT; echo up >up; while :; do sleep 1; done" & while [ ! -s up ]; do sleep 0.02; done';
    expect(await limitrun(['--grace-period', '300ms', '--', 'sh', '-c', script])).toMatchObject({code: 0});
    expect(textOf(scratch('up'))).toBe('up\n');
    await expectNothingAlive();
  });

  test('P-11 --keep-background leaves them and says that they are no longer limited', async () => {
    const {code, stdout, stderr} = await limitrun([
      '--keep-background',
      '--',
      'sh',
      '-c',
      'sleep 100 >/dev/null 2>&1 & echo $!',
    ]);
    const pid = Number(stdout);
    atEnd(() => {
      if (pid > 1) process.kill(pid, 'SIGKILL');
    });
    expect(code).toBe(0);
    expect(isAlive(pid)).toBe(true);
    expect(stderr).toMatch(/^limitrun: .*no longer/m);
  });

  describe('by a daemon', () => {
    needs('compiler', 'linux');

    test('P-11 are ended although they have left the session', async () => {
      const args = ['--grace-period', '300ms', '--', fixture('forker'), '3', '--daemon', '--exit', '4'];
      expect(await limitrun(args)).toMatchObject({code: 4});
      await expectNothingAlive();
    });

    test('P-11 are still limited while they are being ended', async () => {
      const args = [
        '--grace-period',
        '300ms',
        '--',
        fixture('forker'),
        '3',
        '--setsid',
        '--ignore',
        '--exit',
        '4',
      ];
      expect(await limitrun(args)).toMatchObject({code: 4});
      await expectNothingAlive();
    });
  });

  test('P-11 a command that leaves nobody behind is not accused of it', async () => {
    const {code, stderr} = await limitrun(['--', 'sh', '-c', 'sleep 0.1 & wait; exit 3']);
    expect(code).toBe(3);
    expect(stderr).not.toMatch(/background/i);
  });
});

describe('limitrun killed by SIGKILL', () => {
  needs('linux');

  test('S-08 S-09 the command and its children do not run on without limits', async () => {
    const running = start(['--max-rss', '1GB', '--', 'sh', '-c', 'sleep 300 & echo up; wait']);
    await running.said('up');
    running.kill('SIGKILL');
    await running.exited;
    await expectNothingAlive(3000);
  });
});

describe('limitrun within limitrun', () => {
  needs('compiler', 'linux');

  test('P-01 the inner limit ends the inner command, and its code comes out', async () => {
    const inner = [process.execPath, PROGRAM, '--max-rss', '50MB', '--', fixture('alloc'), '120'];
    expect(await limitrun(['--max-rss', '2GB', '--', ...inner])).toMatchObject({code: 110});
  });

  test('P-01 the outer limit ends the inner run and its daemons', async () => {
    const inner = [
      process.execPath,
      PROGRAM,
      '--max-rss',
      '1GB',
      '--',
      fixture('forker'),
      '3',
      '--daemon',
      '--ignore',
    ];
    const flags = ['--timeout', '1500ms', '--grace-period', '300ms'];
    expect(await limitrun([...flags, '--', ...inner])).toMatchObject({code: 124});
    await expectNothingAlive();
  });
});
