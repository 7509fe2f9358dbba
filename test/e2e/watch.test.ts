import {readFileSync} from 'node:fs';
import {describe, expect, inject, test} from 'vitest';
import {limitrun, shell, start, startProgram, type RunResult} from '../support/limitrun.js';
import {needs} from '../support/needs.js';
import {LEAK, PROGRAM} from '../support/paths.js';
import {isAlive} from '../support/survivors.js';
import {openTerminal, type Terminal} from '../support/terminal.js';
import {alive, atEnd, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

/** A process of nobody's, by its pid, ended after the test. */
async function target(file: string, ...args: string[]): Promise<{pid: number; exited: Promise<unknown>}> {
  const running = startProgram(file, args, {deadlineMs: 60_000});
  if (args[0] === LEAK) await running.said('ready');
  return running;
}

function sleeper(): Promise<{pid: number; exited: Promise<unknown>}> {
  return target('sleep', '300');
}

/** A shell with two children, whose own pid is the root. */
function family(): Promise<{pid: number; exited: Promise<unknown>}> {
  const shell = target('sh', '-c', 'sleep 300 & sleep 300 & wait');
  atEnd(() => {
    for (const {pid, command} of alive()) if (command === 'sleep 300') process.kill(pid, 'SIGKILL');
  });
  return shell;
}

describe('watch refuses', () => {
  needs('linux');

  test.each<[string, string[], string]>([
    [
      'no target',
      [],
      'nothing to watch; usage: limitrun watch RUN|PID, or limitrun watch [flags] -- COMMAND [ARG...]',
    ],
    ['X-05 zero', ['0'], '0 is no pid: a pid is a number above 1'],
    ['X-05 a negative number', ['-5'], '-5 is no pid: a pid is a number above 1'],
    ['X-07 init', ['1'], 'pid 1 is the whole machine or container, and limitrun does not watch it'],
    [
      'a command without --',
      ['node', 'a.js'],
      'watch takes one run or pid; to run a command: limitrun watch -- node a.js',
    ],
    [
      'a pid beside a command',
      ['123', '--', 'true'],
      'watch takes either a run or a pid (123) or a command after --, not both; to limit a process that runs already: limitrun watch PID [limit flags]',
    ],
    ['a run that is none', ['nobody'], 'no run "nobody" (limitrun status --all shows them)'],
    [
      'quiet watching',
      ['-q', '--', 'true'],
      '--quiet leaves nothing to watch; without the table: limitrun run --quiet -- COMMAND',
    ],
    [
      'another progress',
      ['--progress', 'none', '--', 'true'],
      'watch always shows the live table; without it: limitrun run --progress none -- COMMAND',
    ],
  ])('%s', async (_name, words, message) => {
    const result = await limitrun(['watch', ...words]);
    expect(result).toMatchObject({code: 125, stdout: '', stderr: `limitrun: ${message}\n`});
  });

  test('X-05 a pid beyond the largest of the machine', async () => {
    const largest = readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim();
    const result = await limitrun(['watch', String(Number(largest) + 1)]);
    expect(result).toMatchObject({
      code: 125,
      stderr: `limitrun: ${String(Number(largest) + 1)} is no pid: the largest one here is ${largest}\n`,
    });
  });

  test('a process that is gone', async () => {
    const gone = await target('true');
    await gone.exited;
    const result = await limitrun(['watch', String(gone.pid)]);
    expect(result).toMatchObject({code: 125, stderr: `limitrun: there is no process ${String(gone.pid)}\n`});
  });

  test('a process that has ended and is not reaped', async () => {
    // The child ends only when its parent has become a program that never waits for it.
    const child = 'while read -r name </proc/$PPID/comm && [ "$name" != sleep ]; do :; done';
    const parent = startProgram('sh', ['-c', `sh -c '${child}' & echo $!; exec sleep 300`]);
    await parent.said('\n');
    const pid = Number(parent.stdout());
    await waitFor(() => !isAlive(pid), {what: 'the zombie'});
    const result = await limitrun(['watch', String(pid)]);
    expect(result).toMatchObject({
      code: 125,
      stderr: `limitrun: process ${String(pid)} has ended already; its parent has not noticed yet\n`,
    });
  });

  test('a thread that is no process', async () => {
    const {pid} = await target(process.execPath, LEAK, '1');
    const {readdirSync} = await import('node:fs');
    const thread = readdirSync(`/proc/${String(pid)}/task`).find((name) => name !== String(pid));
    const result = await limitrun(['watch', String(thread)]);
    expect(result).toMatchObject({
      code: 125,
      stderr: `limitrun: ${String(thread)} is a thread of process ${String(pid)}; try: limitrun watch ${String(pid)}\n`,
    });
  });

  test('X-07 what limitrun itself runs in, where a limit would end it', async () => {
    const refused = await limitrun(['watch', String(process.pid), '--max-rss', '64GB']);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toBe(
      `limitrun: this limitrun runs inside process ${String(process.pid)}, so enforcing a limit would end limitrun too; watch it with --policy log\n`,
    );
  });

  test('X-07 itself', async () => {
    const script = 'exec "$NODE" "$RUN" watch $$ --max-rss 64GB';
    const refused = await shell(script);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toMatch(/^limitrun: process \d+ is this limitrun itself\n$/);
  });

  test.each(['1;touch x', '$(touch x)', '', '1e3', '+5', '0x10', ' 5', '99999999999999999999'])(
    'X-05 "%s", which is neither a pid nor a run, and no shell reads it',
    async (word) => {
      const refused = await limitrun(['watch', word, '--max-rss', '64GB']);
      expect(refused).toMatchObject({code: 125, stdout: ''});
      expect(refused.stderr).toContain(`no run "${word}"`);
      expect(textOf(scratch('x'))).toBeUndefined();
    },
  );

  test('but only watches what it runs in', async () => {
    const watcher = start([
      'watch',
      String(process.pid),
      '--progress-interval',
      '100ms',
      '--max-rss',
      '64GB',
      '--policy',
      'log',
    ]);
    await waitFor(() => /memory [RP]SS/.test(watcher.stderr()), {what: 'a line of usage'});
    watcher.kill('SIGTERM');
    expect((await watcher.exited).code).toBe(143);
  });

  test.each<[string, string[], string]>([
    ['a report', ['--report', 'r.json'], '--report is for commands that limitrun starts itself'],
    ['restarts', ['--max-restarts', '3'], '--max-restarts is for commands that limitrun starts itself'],
    [
      'a restart',
      ['--max-rss', '1GB', '--policy', 'restart'],
      '--policy is restart, but limitrun can start again only what it has started; choose another policy',
    ],
    [
      'external handling',
      ['--violation-handling', 'external'],
      '--violation-handling is external, but in watch there is nobody to hand a violation to; use internal or disabled',
    ],
    ['a mistyped flag', ['--max-rs', '1GB'], 'unknown flag --max-rs; did you mean --max-rss?'],
    ['a limit that is none', ['--max-rss', '0'], '--max-rss: "0" is not more than 0; example: 256MB'],
  ])('%s for a pid', async (_name, flags, message) => {
    const {pid} = await sleeper();
    const result = await limitrun(['watch', String(pid), ...flags]);
    expect(result.code).toBe(125);
    expect(result.stderr.split('\n')).toHaveLength(2);
    if (!flags.includes('0')) expect(result.stderr).toBe(`limitrun: ${message}\n`);
    expect(isAlive(pid)).toBe(true);
  });
});

describe('another user', () => {
  needs('linux', 'otherUser');

  const asNobody = (
    ...args: string[]
  ): {
    exited: Promise<{code: number | null; stderr: string}>;
    stderr: () => string;
    kill: (signal: NodeJS.Signals) => void;
  } =>
    startProgram('setpriv', [
      '--reuid',
      '65534',
      '--clear-groups',
      process.execPath,
      `${process.cwd()}/bin/run.js`,
      ...args,
    ]);

  test('X-06 may not enforce a limit', async () => {
    const {pid} = await sleeper();
    const result = await asNobody('watch', String(pid), '--max-rss', '1GB').exited;
    expect(result.code).toBe(125);
    expect(result.stderr).toBe(
      `limitrun: process ${String(pid)} belongs to another user, so its limits could not be enforced\n`,
    );
  });

  test('X-06 may watch, and is told that figures are missing', async () => {
    const {pid} = await sleeper();
    const watcher = asNobody('watch', String(pid), '--progress-interval', '100ms');
    await waitFor(() => watcher.stderr().includes('memory RSS'), {
      what: 'a line of usage',
      seen: watcher.stderr,
    });
    expect(watcher.stderr()).toContain(
      `limitrun: warning: process ${String(pid)} belongs to another user: open files and disk I/O may not be told\n`,
    );
    watcher.kill('SIGTERM');
    expect((await watcher.exited).code).toBe(143);
  });
});

describe('a process, without a terminal', () => {
  needs('linux');

  test('is ended when it breaks a limit, and the exit code says which', async () => {
    const {pid, exited} = await target(process.execPath, LEAK, '100');
    const result = await limitrun(['watch', String(pid), '--max-rss', '120MB', '--policy', 'immediate_kill']);
    await exited;
    expect(result.code).toBe(110);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('violation: resident memory');
    expect(result.stderr).toContain('SIGKILL to 1 process');
    expect(result.stderr).toContain(
      `ended process ${String(pid)}: resident memory exceeded 120.0 MiB (exit code 110, forced)`,
    );
    expect(result.stderr).toMatch(/^resident memory \(RSS\) +peak /m);
  });

  test('is ended gracefully with its whole tree after a timeout that begins with the watching', async () => {
    const {pid} = await family();
    await waitFor(() => alive().length === 3, {what: 'the family'});
    const result = await limitrun(['watch', String(pid), '--timeout', '300ms']);
    expect(result.code).toBe(124);
    expect(result.stderr).toContain('SIGTERM to 3 processes');
    await waitFor(() => alive().length === 0, {what: 'the end of the family'});
  });

  test('goes on where violation handling is disabled, and the violation is told', async () => {
    const {pid} = await target(process.execPath, LEAK, '100');
    const watcher = start(['watch', String(pid), '--max-rss', '60MB', '--violation-handling', 'disabled']);
    await waitFor(() => watcher.stderr().includes('not enforced'), {what: 'the violation'});
    expect(isAlive(pid)).toBe(true);
    watcher.kill('SIGTERM');
    const result = await watcher.exited;
    expect(result.code).toBe(143);
    expect(result.stderr).toContain(`process ${String(pid)} goes on; its limits are no longer kept`);
  });

  test('a variable counts as it does for run', async () => {
    const {pid} = await target(process.execPath, LEAK, '100');
    const result = await limitrun(['watch', String(pid)], {env: {LIMITRUN_MAX_RSS: '80MB'}});
    expect(result.code).toBe(110);
  });

  /** Watches a shell that waits for its input, and lets it go on once the watching has begun. */
  const watchUntilInput = async (script: string): Promise<RunResult> => {
    const shell = startProgram('sh', ['-c', script], {keepInputOpen: true});
    const watcher = start(['watch', String(shell.pid), '--progress-interval', '100ms']);
    await waitFor(() => /memory [RP]SS/.test(watcher.stderr()), {what: 'a line of usage'});
    shell.child.stdin?.end('go\n');
    return watcher.exited;
  };

  test('that ends by itself is 0, and its exit code is said not to be known', async () => {
    const result = await watchUntilInput('read x; exit 7');
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(
      /^limitrun: process \d+ ended by itself after .* of watching; its exit code is not known, because it is no child of limitrun$/m,
    );
  });

  test('that leaves others behind: they are named', async () => {
    const result = await watchUntilInput('sleep 300 & read x');
    const [left = NaN] = alive().flatMap(({pid, command}) => (command === 'sleep 300' ? pid : []));
    expect(left).toBeGreaterThan(1);
    process.kill(left, 'SIGKILL');
    expect(result.code).toBe(0);
    expect(result.stderr).toContain(`still running of its tree, no longer watched: ${String(left)}\n`);
  });

  test('is told in lines at intervals, on standard error', async () => {
    const {pid} = await sleeper();
    const watcher = start(['watch', String(pid), '--progress-interval', '100ms', '--name', 'web']);
    await waitFor(() => (watcher.stderr().match(/memory RSS/g) ?? []).length >= 2, {what: 'two lines'});
    watcher.kill('SIGINT');
    const result = await watcher.exited;
    expect(result).toMatchObject({code: 130, stdout: ''});
    expect(isAlive(pid)).toBe(true);
  });

  test('is watched without a word under --quiet', async () => {
    const {pid} = await target(process.execPath, LEAK, '100');
    const result = await limitrun(['watch', '--quiet', '--max-rss', '80MB', String(pid)]);
    expect(result).toMatchObject({code: 110, stdout: '', stderr: ''});
  });

  test('strict refuses nothing that can be measured here', async () => {
    const {pid} = await sleeper();
    const result = await limitrun([
      'watch',
      '--strict',
      '--max-rss',
      '1GB',
      '--timeout',
      '100ms',
      String(pid),
    ]);
    expect(result.code).toBe(124);
  });
});

describe('a process, on a screen', () => {
  needs('tmux', 'bash', 'linux');

  const opened = async (columns = 80, rows = 24): Promise<Terminal> =>
    openTerminal(inject('fixtureDirectory'), columns, rows);
  const modes = async (tty: Terminal, file: string): Promise<string> => {
    tty.line(`stty -a > ${scratch(file)}; echo done-${file}`);
    await tty.shows(new RegExp(`^done-${file}$`, 'm'));
    return textOf(scratch(file)) ?? '';
  };
  /** The shell's screen is back: what stood there before `watch` does so again. */
  const MARK = 'this was here before';

  const watching = async (tty: Terminal, pid: number, flags = ''): Promise<string> => {
    tty.line(`clear; echo "this was here"" before"`);
    await tty.shows(MARK);
    const before = await modes(tty, 'before');
    tty.line(`limitrun watch ${String(pid)} ${flags}; echo "code $?"`);
    await tty.shows(/q quit/);
    expect(tty.screen()).not.toContain(MARK);
    return before;
  };

  test.each<[number, number]>([
    [80, 24],
    [200, 50],
    [40, 10],
  ])('of %i by %i: fills it, quits by q, and leaves the terminal as it was', async (columns, rows) => {
    const {pid} = await family();
    const tty = await opened(columns, rows);
    const before = await watching(tty, pid);
    // Where it is narrow the title may have room for one of the two only.
    await tty.shows(new RegExp(`process ${String(pid)}${columns < 80 ? `|pid ${String(pid)}` : ''}\\b`));
    const lines = tty.screen().split('\n');
    expect(lines).toHaveLength(rows);
    expect(lines.at(-1)).toContain('q quit');
    tty.press('q');
    await tty.shows('code 0');
    expect(tty.screen()).toContain(MARK);
    expect(await modes(tty, 'after')).toBe(before);
    expect(isAlive(pid)).toBe(true);
  });

  test.each<[string, (tty: Terminal) => void, string]>([
    [
      'Ctrl-C',
      (tty) => {
        tty.press('C-c');
      },
      'code 130',
    ],
    [
      'Ctrl-\\',
      (tty) => {
        tty.press('C-\\');
      },
      'code 131',
    ],
  ])('%s quits, and the process goes on', async (_name, leave, code) => {
    const {pid} = await sleeper();
    const tty = await opened();
    const before = await watching(tty, pid, '--max-rss 1GB');
    leave(tty);
    await tty.shows(code);
    expect(tty.screen()).toContain(MARK);
    expect(tty.screen()).toContain(`process ${String(pid)} goes on; its limits are no longer kept`);
    expect(await modes(tty, 'after')).toBe(before);
    expect(isAlive(pid)).toBe(true);
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ])('%s to limitrun gives the terminal back', async (signal, code) => {
    const {pid} = await sleeper();
    const tty = await opened();
    const before = await watching(tty, pid);
    const watcher = alive().find(({command}) => command.includes(`${PROGRAM} watch`));
    process.kill(watcher?.pid ?? NaN, signal);
    await tty.shows(`code ${String(code)}`);
    expect(tty.screen()).toContain(MARK);
    expect(await modes(tty, 'after')).toBe(before);
  });

  test('a broken limit ends it, and the outcome stands on the usual screen', async () => {
    const {pid} = await target(process.execPath, LEAK, '60');
    const tty = await opened(100, 60);
    const before = await watching(tty, pid, '--max-rss 200MB --policy immediate_kill');
    await tty.shows('code 110');
    expect(tty.screen()).toContain(MARK);
    expect(tty.screen()).toContain('resident memory exceeded 200.0 MiB (exit code 110, forced)');
    expect(await modes(tty, 'after')).toBe(before);
  });

  test('k asks, n and Esc are no, y stops the whole tree gracefully', async () => {
    const {pid} = await family();
    const tty = await opened();
    await watching(tty, pid);
    const question = `stop process ${String(pid)}? (y/n)`;
    tty.press('k');
    await tty.shows(question);
    tty.press('n');
    await tty.shows(/q quit/);
    tty.press('k');
    await tty.shows(question);
    tty.press('Escape');
    await tty.shows(/q quit/);
    expect(isAlive(pid)).toBe(true);
    tty.type('ky');
    await tty.shows('code 0');
    expect(tty.screen()).toContain(`stopped process ${String(pid)} as you asked`);
    await waitFor(() => !isAlive(pid), {what: 'the end of the process'});
  });

  test('a process that will not be stopped is seen being stopped, and then killed', async () => {
    const {pid} = await target('sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done');
    const tty = await opened();
    await watching(tty, pid, '--grace-period 2s');
    tty.type('ky');
    await tty.shows('stopping');
    await tty.shows('code 0');
    expect(tty.screen()).toContain('(forced)');
    await waitFor(() => !isAlive(pid), {what: 'the end of the process'});
  });

  test('the shell it runs in is not stopped', async () => {
    const tty = await opened();
    tty.line('limitrun watch $$; echo "code $?"');
    await tty.shows(/q quit/);
    tty.type('ky');
    await tty.shows('is not stopped: this limitrun runs inside it');
    tty.press('q');
    await tty.shows('code 0');
  });

  test('sorts by CPU and by memory', async () => {
    const {pid} = await family();
    const tty = await opened();
    await watching(tty, pid);
    tty.press('c');
    await tty.shows('by CPU');
    tty.press('m');
    await tty.shows('by memory');
    tty.press('q');
    await tty.shows('code 0');
  });

  test('Ctrl-Z gives the terminal to the shell, fg brings the screen back', async () => {
    const {pid} = await sleeper();
    const tty = await opened();
    const before = await watching(tty, pid);
    tty.press('C-z');
    await tty.shows('Stopped');
    expect(tty.screen()).toContain(MARK);
    expect(await modes(tty, 'stopped')).toBe(before);
    tty.line('clear; fg');
    await tty.shows(/q quit/);
    tty.press('q');
    await tty.prompt();
    expect(await modes(tty, 'after')).toBe(before);
  });

  test('a resize leaves no stale line', async () => {
    const {pid} = await family();
    const tty = await opened(100, 40);
    await watching(tty, pid);
    for (const [columns, rows] of [
      [40, 10],
      [120, 30],
      [20, 5],
      [80, 24],
    ] as const) {
      await tty.resize(columns, rows);
      await waitFor(
        () => {
          const screen = tty.screen();
          const lines = screen.split('\n');
          return (
            lines.length === rows &&
            screen.match(/q quit|^q/gm)?.length === 1 &&
            lines.every((line) => line.length <= columns)
          );
        },
        {what: `${String(columns)} by ${String(rows)}`, seen: tty.screen},
      );
    }
    tty.press('q');
    await tty.shows('code 0');
  });

  test('keys come from the terminal when standard input is something else', async () => {
    const {pid} = await sleeper();
    const tty = await opened();
    tty.line(`echo words | limitrun watch ${String(pid)}; echo "code $?"`);
    await tty.shows(/q quit/);
    tty.press('q');
    await tty.shows('code 0');
  });

  test('draws nothing where standard output is no terminal, though standard error is one', async () => {
    const {pid} = await sleeper();
    const tty = await opened();
    tty.line(`limitrun watch ${String(pid)} --progress-interval 100ms > ${scratch('out')}; echo "code $?"`);
    await tty.shows('memory RSS');
    tty.press('C-c');
    await tty.shows('code 130');
    expect(textOf(scratch('out'))).toBe('');
  });

  test('a terminal that is closed ends the watching, not the process', async () => {
    const {pid} = await sleeper();
    const tty = await opened();
    await watching(tty, pid);
    tty.close();
    await waitFor(() => !alive().some(({command}) => command.includes(`${PROGRAM} watch`)), {
      what: 'the end of limitrun',
    });
    expect(isAlive(pid)).toBe(true);
  });
});
