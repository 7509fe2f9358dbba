import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {limitrun, shell, start, startProgram} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {readReport} from '../support/report.js';
import {alive, expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

function times(text: string, line: string): number {
  return text.split('\n').filter((each) => each === line).length;
}

describe('a signal to limitrun alone', () => {
  needs('compiler');

  test.each(['TERM', 'INT', 'HUP', 'QUIT'] as const)('S-01 SIG%s reaches the command once', async (name) => {
    const running = start(['--', fixture('sigs'), '--exit', '42']);
    await running.said('ready\n');
    running.kill(`SIG${name}`);
    const {code, stdout} = await running.exited;
    expect({code, times: times(stdout, name)}).toEqual({code: 42, times: 1});
  });

  test.each(['USR1', 'USR2', 'WINCH', 'CONT'] as const)(
    'S-02 S-03 SIG%s reaches the command once',
    async (name) => {
      const running = start(['--', fixture('sigs'), '--exit', '42']);
      await running.said('ready\n');
      running.kill(`SIG${name}`);
      const {code, stdout, stderr} = await running.exited;
      expect({code, times: times(stdout, name)}).toEqual({code: 42, times: 1});
      expect(stderr).not.toMatch(/debugger|inspector/i);
    },
  );

  test('S-02 many signals in a row all reach the command, which goes on', async () => {
    const running = start(['--max-rss', '1GB', '--', fixture('sigs')]);
    await running.said('ready\n');
    for (const round of [1, 2, 3, 4, 5]) {
      running.kill('SIGUSR2');
      await waitFor(() => times(running.stdout(), 'USR2') === round, {
        what: `signal ${String(round)}`,
        seen: running.stdout,
      });
    }
    running.kill('SIGTERM');
    await running.said('TERM\n');
    running.kill('SIGTERM');
    await running.exited;
  });

  test('S-04 a command that handles SIGTERM and exits with 42 gives 42', async () => {
    const running = start(['--', 'sh', '-c', 'trap "exit 42" TERM; echo up; while :; do sleep 0.05; done']);
    await running.said('up');
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(42);
  });

  test.each([
    ['TERM', 143],
    ['INT', 130],
    ['HUP', 129],
    ['QUIT', 131],
  ] as const)(
    'S-01 a command that dies of a forwarded SIG%s gives the exit code %i',
    async (name, wanted) => {
      const running = start(['--', 'sh', '-c', 'echo up; exec sleep 300']);
      await running.said('up');
      running.kill(`SIG${name}`);
      expect(await running.exited).toMatchObject({code: wanted, signal: null});
    },
  );

  test('S-13 a real-time signal ends limitrun, and the guard ends the tree', async ({skip}) => {
    const reason = missing('linux');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const running = start(['--', 'sh', '-c', 'sleep 300 & echo up; wait']);
    await running.said('up');
    const SIGRTMIN = 34;
    process.kill(running.pid, SIGRTMIN);
    // Of which signal it died Node cannot tell.
    await running.exited;
    await expectNothingAlive(3000);
  });

  test('S-04 the whole tree is gone when limitrun was told to end', async () => {
    const running = start(['--', fixture('forker'), '4', '--setsid']);
    await running.said('ready\n');
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(143);
    await expectNothingAlive();
  });
});

describe('a command that does not obey', () => {
  needs('compiler');

  test('S-06 the grace period ends it, with its tree', async () => {
    const report = scratch('report.json');
    const running = start([
      '--grace-period',
      '500ms',
      '--report',
      report,
      '--',
      fixture('forker'),
      '3',
      '--ignore',
    ]);
    await running.said('ready\n');
    running.kill('SIGTERM');
    const {code} = await running.exited;
    expect([137, 143]).toContain(code);
    expect(readReport(report)).toMatchObject({reason: {kind: 'signal', signal: 'SIGTERM'}, forced: true});
    await expectNothingAlive();
  });

  test('S-06 a second SIGTERM ends it at once', async () => {
    const running = start(['--grace-period', '1h', '--', fixture('sigs')]);
    await running.said('ready\n');
    running.kill('SIGTERM');
    await running.said('TERM\n');
    running.kill('SIGTERM');
    const {code} = await running.exited;
    expect([137, 143]).toContain(code);
    await expectNothingAlive();
  });

  test('S-06 a second signal of another kind ends it at once', async () => {
    const running = start(['--grace-period', '1h', '--', fixture('sigs')]);
    await running.said('ready\n');
    running.kill('SIGTERM');
    await running.said('TERM\n');
    running.kill('SIGINT');
    await running.exited;
    await expectNothingAlive();
  });

  test('S-06 SIGHUP too ends a command that ignores it after the grace period', async () => {
    const running = start(['--grace-period', '300ms', '--', fixture('sigs'), '--ignore']);
    await running.said('ready\n');
    running.kill('SIGHUP');
    await running.exited;
    await expectNothingAlive();
  });

  test('S-06 a stopped command gets SIGTERM, by being continued', async () => {
    const running = start([
      '--grace-period',
      '1h',
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; kill -STOP $$; while :; do sleep 0.05; done',
    ]);
    await waitFor(async () => await isStopped('kill -STOP'), {what: 'the command to be stopped'});
    running.kill('SIGTERM');
    expect((await running.exited).code).toBe(9);
  });
});

/** Whether the process of this test whose arguments hold the words is in state T. */
async function isStopped(words: string): Promise<boolean> {
  const {readFile} = await import('node:fs/promises');
  const found = alive().find(({command}) => command.startsWith('sh ') && command.includes(words));
  if (found === undefined) return false;
  return (await readFile(`/proc/${String(found.pid)}/stat`, 'utf8')).includes(') T ');
}

describe('the moments around a run', () => {
  test.each([0, 20, 40, 60, 80, 100, 120, 140, 160, 200, 250, 300])(
    'S-05 SIGTERM %i ms after the start leaves no orphan',
    async (delayMs) => {
      const running = start(['--max-rss', '1GB', '--', 'sleep', '300']);
      // The moment is what this test varies; nothing is waited for.
      await sleep(delayMs);
      running.kill('SIGTERM');
      const {code, signal} = await running.exited;
      expect(signal === 'SIGTERM' || code === 143).toBe(true);
      await expectNothingAlive();
    },
  );

  test('S-14 signals that keep coming while a short command ends do no harm', async () => {
    const running = start(['--', 'sh', '-c', 'exit 3']);
    const burst = setInterval(() => {
      running.kill('SIGWINCH');
    }, 1);
    const {code, stderr} = await running.exited.finally(() => {
      clearInterval(burst);
    });
    expect(code).toBe(3);
    expect(stderr).not.toMatch(/ESRCH|^\s+at /m);
  });

  test('S-14 the command is not signalled again after it ended', async () => {
    const {code, stderr} = await limitrun(['--grace-period', '300ms', '--', 'sh', '-c', 'exit 3']);
    expect(code).toBe(3);
    expect(stderr).not.toMatch(/SIGTERM|SIGKILL/);
  });
});

describe('limitrun as process 1', () => {
  needs('pidNamespace');

  const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, PROGRAM];

  test('S-15 the code of the command is passed on', async () => {
    const {code} = await startProgram('unshare', [...UNSHARE, '--max-rss', '1GB', '--', 'sh', '-c', 'exit 7'])
      .exited;
    expect(code).toBe(7);
  });

  test('S-15 SIGTERM is forwarded', async () => {
    const script = 'trap "exit 42" TERM; echo up; while :; do sleep 0.05; done';
    const running = startProgram('unshare', [...UNSHARE, '--', 'sh', '-c', script]);
    await running.said('up');
    const one = alive().find(({command}) => command.includes(PROGRAM) && !command.startsWith('unshare'));
    expect(one).toBeDefined();
    process.kill(one?.pid ?? NaN, 'SIGTERM');
    expect((await running.exited).code).toBe(42);
  });

  test('S-15 P-07 a limit ends the tree, orphans of the command included', async ({skip}) => {
    const reason = missing('compiler');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const args = [...UNSHARE, '--max-rss', '60MB', '--', fixture('forker'), '3', '--daemon', '--mib', '40'];
    const {code} = await startProgram('unshare', args).exited;
    expect(code).toBe(110);
    await expectNothingAlive();
  });
});

describe('limitrun in a pipeline of the shell', () => {
  test('S-01 a background job of the shell is ended by its signal', async () => {
    const script = `"$NODE" "$RUN" -- sh -c 'echo up >up; exec sleep 300' & run=$!
      while [ ! -s up ]; do sleep 0.02; done
      kill -TERM $run; wait $run; echo $?`;
    expect((await shell(script)).stdout).toBe('143\n');
    expect(textOf(scratch('up'))).toBe('up\n');
  });
});
