import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {limitrun, start, startProgram, startShell, type Running} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {figure} from '../support/report.js';
import {isAlive} from '../support/survivors.js';
import {alive, expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';
import {inState} from '../unit/process/real-children.js';

/** The pid of the guard of a limitrun that runs now. */
async function guardOf(pid: number): Promise<number> {
  return waitFor(
    () =>
      readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number)
        .find((child) =>
          readFileSync(`/proc/${String(child)}/cmdline`, 'utf8').includes('\0limitrun-guard\0'),
        ),
    {what: 'the guard'},
  );
}

async function killed(running: Running): Promise<void> {
  // The guard is started just after the command.
  await guardOf(running.pid);
  running.kill('SIGKILL');
  await running.exited;
}

describe('limitrun killed by SIGKILL', () => {
  needs('compiler', 'linux');

  test.each(['', '--setsid', '--daemon', '--ignore', '--chain'])(
    'leaves nobody of a tree whose members are %s',
    async (how) => {
      const running = start(['--', fixture('forker'), '4', ...(how === '' ? [] : [how])]);
      await running.said('ready');
      await killed(running);
      await expectNothingAlive(3000);
    },
  );

  test('as soon as the command has said its first word leaves nobody', async () => {
    for (let run = 0; run < 10; run += 1) {
      const running = start(['--quiet', '--no-record', '--', 'sh', '-c', 'echo up; exec sleep 300']);
      running.child.stdout?.once('data', () => {
        running.kill('SIGKILL');
      });
      await running.exited;
    }
    await expectNothingAlive(3000);
  });

  test('leaves nobody that is stopped, or has cleared its environment', async () => {
    const script = 'env -i /bin/sleep 300 & echo one $!; kill -STOP $!; echo ready; wait';
    const running = start(['--', 'sh', '-c', script]);
    await running.said('ready');
    const pid = Number(/one (\d+)/.exec(running.stdout())?.[1]);
    await inState(pid, 'T');
    await killed(running);
    await waitFor(() => !isAlive(pid), {what: 'the end of the stopped process', deadlineMs: 3000});
    await expectNothingAlive(3000);
  });

  test('leaves nobody that goes on in a child of its own all the time', async () => {
    const lock = scratch('lock');
    const running = start(['--enforce', 'poll', '--', fixture('relay'), lock, '3000']);
    await running.said('ready');
    await killed(running);
    const isFree = async (): Promise<boolean> =>
      (await startProgram(fixture('relay'), [lock]).exited).code === 0;
    await waitFor(isFree, {what: 'the end of the relay', deadlineMs: 3000});
    await expectNothingAlive(3000);
  });

  test('leaves nobody in its control group, though nothing tells whose it is', async ({skip}) => {
    const reason = missing('memberGroup');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const script = "env -i setsid sh -c 'sleep 300 & echo one $!' </dev/null; echo ready; sleep 300";
    const running = start(['--max-rss', '1GB', '--', 'sh', '-c', script]);
    await running.said('ready');
    const pid = Number(/one (\d+)/.exec(running.stdout())?.[1]);
    expect(isAlive(pid)).toBe(true);
    await killed(running);
    await waitFor(() => !isAlive(pid), {what: 'the end of the orphan', deadlineMs: 3000});
  });

  test('does nothing to another run', async () => {
    const other = start(['--', 'sh', '-c', 'echo up; read word; echo got $word'], {keepInputOpen: true});
    const running = start(['--', 'sh', '-c', 'echo up; sleep 300']);
    await Promise.all([other.said('up'), running.said('up')]);
    const guard = await guardOf(running.pid);
    await killed(running);
    await waitFor(() => !isAlive(guard), {what: 'the end of the guard'});
    other.child.stdin?.end('word\n');
    expect(await other.exited).toMatchObject({code: 0, stdout: 'up\ngot word\n'});
  });

  test('within another limitrun leaves the outer one to its own command', async () => {
    const script = '$NODE $RUN -- sleep 300 & echo inner $!; wait $!; echo after';
    const running = startShell(`exec $NODE $RUN -- sh -c '${script}'`);
    await running.said('inner');
    const inner = Number(/inner (\d+)/.exec(running.stdout())?.[1]);
    await guardOf(inner);
    process.kill(inner, 'SIGKILL');
    expect(await running.exited).toMatchObject({code: 0});
    expect(running.stdout()).toContain('after');
    await expectNothingAlive();
  });

  test('takes the runs within its command along', async () => {
    const running = startShell(`exec $NODE $RUN -- sh -c '$NODE $RUN -- setsid sleep 300 & echo up; wait'`);
    await running.said('up');
    await waitFor(() => alive().some(({command}) => command === 'sleep 300'), {what: 'the inner command'});
    await killed(running);
    await expectNothingAlive(3000);
  });
});

describe('the guard', () => {
  needs('compiler', 'linux');

  test('is not counted, and gone with limitrun', async () => {
    const report = scratch('report.json');
    const running = start(['--report', report, '--', 'sh', '-c', 'echo up; read word; exec sleep 0.3'], {
      keepInputOpen: true,
    });
    await running.said('up');
    const guard = await guardOf(running.pid);
    running.child.stdin?.end('\n');
    await running.exited;
    expect(isAlive(guard)).toBe(false);
    const parsed = JSON.parse(textOf(report) ?? '') as Parameters<typeof figure>[0];
    expect(figure(parsed, 'peak_processes')).toBe(1);
  });

  test('leaves the standard streams and the descriptors of the command alone', async () => {
    const text = 'word\n'.repeat(20_000);
    expect(await limitrun(['--', 'cat'], {input: text})).toMatchObject({code: 0, stdout: text});
  });

  test('does not die of what the terminal or a service manager sends', async () => {
    const running = start(['--', 'sh', '-c', 'echo up; sleep 300']);
    await running.said('up');
    const guard = await guardOf(running.pid);
    // Its signals are ignored from its first line on.
    await waitFor(() => /^SigIgn:\t0*[1-9a-f]/m.test(readFileSync(`/proc/${String(guard)}/status`, 'utf8')), {
      what: 'the guard to be ready',
    });
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM', 'SIGTSTP'] as const)
      process.kill(guard, signal);
    await killed(running);
    await expectNothingAlive(3000);
  });

  test('kills nothing that was left in the background on purpose', async () => {
    const script = `sleep 300 >/dev/null 2>&1 & echo $! >${scratch('pid')}`;
    expect(await limitrun(['--keep-background', '--', 'sh', '-c', script])).toMatchObject({code: 0});
    const pid = Number(textOf(scratch('pid')));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  test('is not waited for when somebody has stopped it', async () => {
    const running = start(['--no-record', '--', 'sh', '-c', 'echo up; read word; exit 7'], {
      keepInputOpen: true,
    });
    await running.said('up');
    const guard = await guardOf(running.pid);
    process.kill(guard, 'SIGSTOP');
    await inState(guard, 'T');
    running.child.stdin?.end('\n');
    expect(await running.exited).toMatchObject({code: 7});
    process.kill(guard, 'SIGKILL');
  });

  test('may be killed by somebody: the run goes on and ends as it would', async () => {
    const running = start(['--', 'sh', '-c', 'echo up; read word; exit 7'], {keepInputOpen: true});
    await running.said('up');
    process.kill(await guardOf(running.pid), 'SIGKILL');
    running.child.stdin?.end('\n');
    expect(await running.exited).toMatchObject({code: 7});
  });
});
