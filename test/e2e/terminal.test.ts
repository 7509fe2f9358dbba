import {readFileSync} from 'node:fs';
import {describe, expect, inject, test} from 'vitest';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {isAlive} from '../support/survivors.js';
import {openTerminal, type Terminal} from '../support/terminal.js';
import {alive, expectNothingAlive, scratch, scratchFile, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

function count(text: string, line: string): number {
  return text.split('\n').filter((each) => each.trim() === line).length;
}

async function terminal(): Promise<Terminal> {
  return await openTerminal(inject('fixtureDirectory'));
}

describe('keys that send signals', () => {
  needs('tmux', 'bash', 'compiler');

  test('O-19 Ctrl-C once is one SIGINT', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- $FIXTURES/sigs --exit 5 --linger 500; echo "code $?"');
    await tty.shows(/^ready$/m);
    tty.press('C-c');
    await tty.shows('code 5');
    expect(tty.screen()).toContain('total 1');
    expect(tty.screen().match(/INT/g)).toHaveLength(1);
  });

  test('O-19 Ctrl-C once is one SIGINT for a command that also gets limits', async () => {
    const tty = await terminal();
    tty.line(
      'limitrun --quiet --max-rss 1GB --timeout 1h -- $FIXTURES/sigs --exit 5 --linger 500; echo "code $?"',
    );
    await tty.shows(/^ready$/m);
    tty.press('C-c');
    await tty.shows('code 5');
    expect(tty.screen()).toContain('total 1');
  });

  test('O-19 Ctrl-\\ once is one SIGQUIT', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- $FIXTURES/sigs --exit 6 --linger 500; echo "code $?"');
    await tty.shows(/^ready$/m);
    tty.press('C-\\');
    await tty.shows('code 6');
    expect(tty.screen()).toContain('total 1');
  });

  test('O-19 Ctrl-C on a command that dies of it is 130 for the shell', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- sh -c "echo up; exec sleep 300"');
    await tty.shows(/^up$/m);
    tty.press('C-c');
    await tty.prompt();
    tty.line('echo "code $?"');
    await tty.shows('code 130');
  });

  test('O-19 Ctrl-C stops a loop of the shell, as without limitrun', async () => {
    const tty = await terminal();
    tty.line('for i in 1 2 3; do limitrun --quiet -- sh -c "echo up $i; exec sleep 300"; done');
    await tty.shows(/^up 1$/m);
    tty.press('C-c');
    await tty.prompt();
    tty.line('echo over');
    await tty.shows(/^over$/m);
    expect(tty.screen()).not.toMatch(/^up 2$/m);
  });

  test('O-19 Ctrl-C on a command that ignores it leaves it running, and limitrun with it', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- sh -c "trap : INT; echo up; read x; echo got $x; exit 4"; echo "code $?"');
    await tty.shows(/^up$/m);
    tty.press('C-c');
    tty.line('words');
    await tty.shows('code 4');
  });

  test('O-20 Ctrl-Z stops the job, fg continues it, and the prompt comes back', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet --timeout 1h -- cat; echo "code $?"');
    await waitFor(() => alive().some(({command}) => command === 'cat'), {what: 'the command'});
    tty.line('before');
    await tty.shows(/before\nbefore/);
    tty.press('C-z');
    await tty.shows('Stopped');
    tty.line('clear; jobs');
    await tty.shows(/Stopped.*limitrun/);
    const cat = alive().find(({command}) => command === 'cat')?.pid ?? NaN;
    tty.line('fg');
    // What is typed while the shell still has the terminal in raw mode is not echoed.
    await waitFor(() => !readFileSync(`/proc/${String(cat)}/stat`, 'utf8').includes(' T '), {
      what: 'the command to go on',
    });
    tty.line('after');
    await tty.shows(/after\nafter/);
    tty.press('C-d');
    await tty.prompt();
    expect(alive().filter(({command}) => command === 'cat')).toEqual([]);
  });

  test('O-21 Ctrl-D is the end of input for the command', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- cat; echo "code $?"');
    // What is typed while the shell still has the terminal in raw mode is not echoed.
    await waitFor(() => alive().some(({command}) => command === 'cat'), {what: 'the command'});
    tty.line('a line');
    await tty.shows(/a line\n(.*\n)*a line/);
    tty.press('C-d');
    await tty.shows('code 0');
  });

  test('O-22 a background job that reads is stopped as usual, and limitrun does not spin', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet --max-rss 1GB -- cat &');
    await waitFor(() => alive().some(({command}) => command === 'cat'), {what: 'the command'});
    const cat = alive().find(({command}) => command === 'cat')?.pid ?? NaN;
    await waitFor(() => readFileSync(`/proc/${String(cat)}/stat`, 'utf8').includes(' T '), {
      what: 'the command to be stopped',
    });
    tty.line('');
    tty.line('echo "the shell has its keys"');
    await tty.shows(/^the shell has its keys$/m);
    tty.line('kill %1; wait; echo "over"');
    await tty.shows(/^over$/m);
    await waitFor(() => !alive().some(({command}) => command === 'cat'), {what: 'the end of the command'});
  });

  test('S-11 closing the terminal ends the command by SIGHUP, and everything is gone', async () => {
    const tty = await terminal();
    tty.line(`limitrun --quiet --grace-period 1s -- sh -c 'exec "$FIXTURES/sigs" >seen'`);
    await waitFor(() => textOf(scratch('seen'))?.includes('ready'), {what: 'the command'});
    tty.close();
    await waitFor(() => textOf(scratch('seen'))?.includes('HUP'), {what: 'SIGHUP'});
    await expectNothingAlive(5000);
  });
});

describe('the terminal as the command sees it', () => {
  needs('tmux', 'bash', 'compiler');

  test('O-16 all three streams are terminals, of the right size', async () => {
    const tty = await terminal();
    tty.line(
      'limitrun --quiet -- $FIXTURES/show | cat; clear; limitrun --quiet -- $FIXTURES/show >/dev/null; limitrun --quiet -- $FIXTURES/show 2>&1 | tail -n 5; limitrun --quiet -- sh -c "test -t 0 && test -t 1 && test -t 2 && stty size"',
    );
    await tty.shows(/^24 80$/m);
  });

  test('O-17 a new size reaches the command', async () => {
    const tty = await terminal();
    tty.line('limitrun --quiet -- $FIXTURES/sigs');
    await tty.shows(/^ready$/m);
    await tty.resize(100, 30);
    await tty.shows('WINCH');
    await tty.shows('size 30 100');
    tty.press('C-\\');
    await tty.shows('QUIT');
    tty.press('C-\\');
    await waitFor(() => count(tty.screen().replaceAll('^\\', ''), 'QUIT') >= 2, {what: 'a second QUIT'});
    for (const {pid, command} of alive()) if (command.endsWith('/sigs')) process.kill(pid, 'SIGKILL');
    await tty.prompt();
  });

  test('O-16 /dev/tty can be written and read', async () => {
    const tty = await terminal();
    tty.line(
      `limitrun --quiet -- sh -c 'echo question >/dev/tty; read x </dev/tty; echo "got <$x>" >/dev/tty' </dev/null >/dev/null 2>&1`,
    );
    await tty.shows(/^question$/m);
    tty.line('an answer');
    await tty.shows('got <an answer>');
  });

  test('O-18 a password prompt does not show what is typed', async () => {
    const tty = await terminal();
    tty.line(`limitrun --quiet -- bash -c 'read -s -p "pass: " x; echo; echo "length \${#x}"'`);
    await tty.shows(/^pass:/m);
    tty.line('hidden7');
    await tty.shows('length 7');
    expect(tty.screen()).not.toContain('hidden7');
  });

  test.each([
    ['', true],
    ['NO_COLOR=1 ', false],
  ])('with "%s" a violation is red on a terminal: %s', async (variable, isRed) => {
    const tty = await terminal();
    tty.line(`${variable}limitrun --timeout 200ms -- sleep 300; echo "code $?"`);
    await tty.shows('code 124');
    expect(tty.scrollback().join('\n')).toContain('limitrun: violation: ');
    expect(tty.colours().includes('\u001b[31mviolation:')).toBe(isRed);
  });

  test('O-16 limitrun without a violation leaves no colours behind in a command without colours', async () => {
    const tty = await terminal();
    tty.line('NO_COLOR=1 limitrun --timeout 200ms -- sleep 300 2>log; grep -c "$(printf "\\033")" log');
    await tty.shows(/^0$/m);
    expect(textOf(scratch('log'))).toContain('limitrun: ');
  });
});

describe('full-screen and interactive programs', () => {
  needs('tmux', 'bash');

  test('O-18 vim opens, edits and quits', async ({skip}) => {
    const reason = missing('vim');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const tty = await terminal();
    tty.line('limitrun --quiet --max-rss 1GB -- vim -u NONE -N edited; echo "code $?"');
    await tty.shows(/^~$/m);
    tty.type('ihello from vim');
    await tty.shows('hello from vim');
    tty.press('Escape');
    tty.line(':wq');
    await tty.shows('code 0');
    expect(textOf(scratch('edited'))).toBe('hello from vim\n');
  });

  test('O-18 less shows a file and quits', async ({skip}) => {
    const reason = missing('less');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    scratchFile('long', Array.from({length: 200}, (_, index) => `line ${String(index)}\n`).join(''));
    const tty = await terminal();
    tty.line('limitrun --quiet --max-rss 1GB -- less long; echo "code $?"');
    await tty.shows(/^line 10$/m);
    tty.press('G');
    await tty.shows(/^line 199$/m);
    tty.press('q');
    await tty.shows('code 0');
  });

  test('O-18 the Node REPL evaluates and exits', async () => {
    const tty = await terminal();
    tty.line(`limitrun --quiet --max-rss 1GB -- "${process.execPath}"; echo "code $?"`);
    await tty.shows(/^> ?$/m);
    tty.line('6 * 7');
    await tty.shows(/^42$/m);
    tty.line('.exit');
    await tty.shows('code 0');
  });

  test('O-16 the modes that the command sets on the terminal stay', async () => {
    const tty = await terminal();
    tty.line('stty ixon; limitrun --quiet -- stty -ixon; stty -a | grep -o -- "-ixon"');
    await tty.shows(/^-ixon$/m);
  });

  test('O-22 a limitrun that ends in the background leaves the terminal to whoever is in front', async () => {
    const tty = await terminal();
    tty.line(`limitrun --quiet -- sh -c 'while ! test -e go; do sleep 0.05; done' & job=$!`);
    await tty.prompt();
    tty.line(
      'sh -c "touch go; while test -e /proc/$job; do sleep 0.05; done; stty -a" | grep -oE -- "-?icanon"',
    );
    await tty.shows(/^-?icanon$/m);
    expect(tty.screen()).toMatch(/^icanon$/m);
  });

  test('O-18 an interactive bash has its own jobs', async () => {
    const tty = await terminal();
    scratchFile('inner', "PS1='inner> '\nbind 'set enable-bracketed-paste off'\n");
    tty.line('limitrun --quiet --max-rss 1GB -- bash --rcfile inner -i; echo "code $?"');
    await tty.shows(/^inner> ?$/m);
    tty.line('sleep 300 &');
    tty.line('jobs');
    await tty.shows(/Running.*sleep 300/);
    tty.line('fg');
    // bash tells the job before it gives it the terminal.
    await waitFor(() => ownsTheTerminal(alive().find(({command}) => command === 'sleep 300')?.pid), {
      what: 'the job in front',
      seen: tty.screen,
    });
    tty.press('C-z');
    await tty.shows(/Stopped.*sleep 300/);
    tty.line('fg');
    const job = alive().find(({command}) => command === 'sleep 300')?.pid ?? NaN;
    // bash hands the terminal over before it continues the job.
    await waitFor(() => readFileSync(`/proc/${String(job)}/stat`, 'utf8').includes(' S '), {
      what: 'the job to go on',
    });
    tty.press('C-c');
    await waitFor(() => !isAlive(job), {what: 'the end of the job'});
    await waitFor(() => tty.screen().split('\n').at(-1)?.trim() === 'inner>', {
      what: 'the prompt',
      seen: tty.screen,
    });
    tty.line('exit 9');
    await waitFor(() => tty.screen().includes('code 9'), {what: 'the end', seen: tty.screen});
  });

  test('O-23 a terminal left in raw mode by a killed command can be used again, or there is a hint', async () => {
    const tty = await terminal();
    tty.line(
      `limitrun --timeout 700ms --grace-period 100ms -- sh -c 'stty raw -echo; echo up; trap "" TERM; while :; do sleep 1; done'`,
    );
    await waitFor(
      () => alive().some(({command}) => command.startsWith('stty raw')) || tty.screen().includes('up'),
      {
        what: 'the command',
      },
    );
    await waitFor(() => !alive().some(({command}) => command.includes(PROGRAM)), {
      what: 'the end of the run',
    });
    // bash restores the modes itself for the next prompt: what counts is that a line works again.
    tty.line('');
    tty.line('stty -a | grep -o " .icanon"; echo "typed"');
    await tty.shows(/^typed$/m);
  });
});

/** Whether the process is in the foreground group of its terminal (proc(5), fields pgrp and tpgid). */
function ownsTheTerminal(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}
