import {describe, expect, inject, test} from 'vitest';
import {limitrun, start} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {LEAK, PROGRAM} from '../support/paths.js';
import {openTerminal, type Terminal} from '../support/terminal.js';
import {alive, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

/** Waits until a run of this name can be watched, which is soon after its start. */
async function recorded(name: string): Promise<void> {
  const {readdirSync, readFileSync} = await import('node:fs');
  const directory = scratch('state', 'limitrun', 'runs');
  await waitFor(
    () => {
      try {
        return readdirSync(directory).some((file) =>
          readFileSync(`${directory}/${file}`, 'utf8').includes(`"${name}"`),
        );
      } catch {
        return false;
      }
    },
    {what: `the record of ${name}`},
  );
}

describe('a run, without a terminal', () => {
  needs('linux');

  test('takes no limits: it has its own', async () => {
    const run = start(['--name', 'limited', '--', 'sleep', '300']);
    await recorded('limited');
    const refused = await limitrun(['watch', 'limited', '--max-rss', '1GB']);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toBe(
      'limitrun: --max-rss is not for watching a run: the limits of a run are set when it starts\n',
    );
    const unknown = await limitrun(['watch', 'nobody', '--max-rss', '1GB']);
    expect(unknown).toMatchObject({code: 125, stderr: expect.stringContaining('no run "nobody"') as string});
    run.kill('SIGTERM');
    await run.exited;
  });

  test('is told in lines, and ends with the exit code of the run', async () => {
    const run = start(['--name', 'leaky', '--max-rss', '200MB', '--', process.execPath, LEAK, '80']);
    await recorded('leaky');
    const watched = await limitrun(['watch', 'leaky', '--progress-interval', '100ms']);
    expect((await run.exited).code).toBe(110);
    expect(watched).toMatchObject({code: 110, stdout: ''});
    expect(watched.stderr).toContain('memory RSS');
    expect(watched.stderr).toContain('violation: resident memory');
    expect(watched.stderr).toContain('limitrun: ended: resident memory exceeded 200.0 MiB (exit code 110)');
  });

  test('that ends by itself ends the watching with its own code, also by the beginning of its id', async () => {
    const run = start(['--name', 'short', '--', 'sh', '-c', 'read x; exit 7'], {keepInputOpen: true});
    await recorded('short');
    const {readdirSync} = await import('node:fs');
    const [file = ''] = readdirSync(scratch('state', 'limitrun', 'runs'));
    // A word of digits would be a pid.
    const id = file.replace('.jsonl', '');
    const beginning = /^\d*\D/.exec(id)?.[0] ?? id;
    const watcher = start(['watch', beginning, '--progress-interval', '100ms']);
    await waitFor(() => watcher.stderr() !== '', {what: 'a line of usage'});
    run.child.stdin?.end('go\n');
    const watched = await watcher.exited;
    expect((await run.exited).code).toBe(7);
    expect(watched.code).toBe(7);
    expect(watched.stderr).toContain('the command exited with 7');
  });

  test('that has ended is summed up, with its code', async () => {
    await limitrun(['--name', 'over', '--', 'sh', '-c', 'exit 9']);
    const watched = await limitrun(['watch', 'over']);
    expect(watched.code).toBe(9);
    expect(watched.stderr).toContain('limitrun: run over has ended already\n');
    expect(watched.stderr).toContain('the command exited with 9');
  });

  test('whose limitrun is killed is lost: one line and 125', async () => {
    const run = start(['--name', 'gone', '--', 'sleep', '300']);
    await recorded('gone');
    const watcher = start(['watch', 'gone', '--progress-interval', '100ms']);
    await waitFor(() => watcher.stderr() !== '', {what: 'a line of usage'});
    run.kill('SIGKILL');
    const watched = await watcher.exited;
    expect(watched.code).toBe(125);
    expect(watched.stderr.trimEnd().split('\n').at(-1)).toBe(
      'limitrun: run gone is lost: its limitrun was killed or the machine restarted, and nobody knows the outcome',
    );
  });

  test('a mistyped name gets a suggestion', async () => {
    await limitrun(['--name', 'nightly', '--', 'true']);
    const watched = await limitrun(['watch', 'nihgtly']);
    expect(watched.code).toBe(125);
    expect(watched.stderr).toContain('did you mean nightly?');
  });
});

describe('a run, on a screen', () => {
  needs('tmux', 'bash', 'linux');

  const opened = async (columns = 80, rows = 24): Promise<Terminal> =>
    openTerminal(inject('fixtureDirectory'), columns, rows);

  test.each<[number, number]>([
    [80, 24],
    [200, 50],
    [40, 10],
  ])('of %i by %i is watched from another terminal until it ends', async (columns, rows) => {
    const tty = await opened(columns, rows);
    const run = start(['--name', 'leaky', '--max-rss', '200MB', '--', process.execPath, LEAK, '60']);
    await recorded('leaky');
    tty.line('limitrun watch leaky 2>err; echo "code $?"');
    await tty.shows(/^.. leaky .*running/m);
    expect(tty.screen().split('\n')).toHaveLength(rows);
    await tty.shows(/^code 110$/m);
    expect((await run.exited).code).toBe(110);
    expect(textOf(scratch('err'))).toContain('limitrun: ended: resident memory exceeded 200.0 MiB');
  });

  test('q leaves it running', async () => {
    const tty = await opened();
    const run = start(['--name', 'goes-on', '--', 'sh', '-c', 'read x; exit 3'], {keepInputOpen: true});
    await recorded('goes-on');
    tty.line('limitrun watch goes-on; echo "code $?"');
    await tty.shows('q quit');
    tty.press('q');
    await tty.shows(/^code 0$/m);
    run.child.stdin?.end('go\n');
    expect((await run.exited).code).toBe(3);
  });

  test('k asks and stops it gracefully through its own limitrun', async () => {
    const tty = await opened();
    const run = start([
      '--name',
      'slow',
      '--',
      'sh',
      '-c',
      'trap "exit 5" TERM; while :; do sleep 0.1; done',
    ]);
    await recorded('slow');
    tty.line('limitrun watch slow; echo "code $?"');
    await tty.shows('q quit');
    tty.press('k');
    await tty.shows('stop run slow? (y/n)');
    tty.press('y');
    await tty.shows(/^code 5$/m);
    expect((await run.exited).code).toBe(5);
  });

  test('SIGTERM to the watcher leaves the run alone', async () => {
    const tty = await opened();
    const run = start(['--name', 'alone', '--', 'sh', '-c', 'read x; exit 4'], {keepInputOpen: true});
    await recorded('alone');
    tty.line('limitrun watch alone; echo "code $?"');
    await tty.shows('q quit');
    const watcher = alive().find(({command}) => command.includes(`${PROGRAM} watch`));
    process.kill(watcher?.pid ?? NaN, 'SIGTERM');
    await tty.shows(/^code 143$/m);
    run.child.stdin?.end('go\n');
    expect((await run.exited).code).toBe(4);
  });
});

describe('watch -- COMMAND', () => {
  needs('tmux', 'bash', 'linux');

  test('shows the live table at once, keeps every line of the command, and has its exit code', async () => {
    const tty = await openTerminal(inject('fixtureDirectory'));
    tty.line('limitrun watch --max-rss 1GB -- sh -c "seq 1 50; read x; exit 6"; echo "code $?"');
    await tty.shows(/memory RSS .*1\.0 GiB/);
    expect(tty.screen()).toMatch(/^50$/m);
    tty.press('Enter');
    await tty.shows(/^code 6$/m);
  });
});
