import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, inject, test} from 'vitest';
import {missing, needs} from '../support/needs.js';
import {PROGRAM} from '../support/paths.js';
import {openTerminal, PROMPT, type Terminal} from '../support/terminal.js';
import {alive, expectNothingAlive, scratch, scratchFile} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

/** A program with a live table that ends without a goodbye. */
const DRIVER = fileURLToPath(new URL('../support/live-table-driver.js', import.meta.url));
/** The first row of the table. */
const TITLE = '── limitrun · ';
/** A row of the table, where it must not be. The summary has words between the name and the figure. */
const TABLE_ROW = /── limitrun · |last minute|^(memory RSS|CPU|processes|open files|disk \w+|time) +[\d-]/;
/** Rows of the lowest terminal that has room. */
const LOWEST = 4;
/** The first words of the summary. */
const SUMMARY = /limitrun: (the command|ended)/;

/** The words of a shell that run a command with a live table. */
function live(mode: 'live' | 'auto', command: string): string {
  return `limitrun --progress ${mode} -- ${command}`;
}

/** A script of the shell as one word of a command line. */
function script(text: string): string {
  return `sh '${scratchFile('script', `${text}\n`)}'`;
}

async function terminal(columns = 80, rows = 24): Promise<Terminal> {
  return await openTerminal(inject('fixtureDirectory'), columns, rows);
}

function tableRows(lines: readonly string[]): string[] {
  return lines.filter((line) => TABLE_ROW.test(line));
}

/** Waits for exactly one table, in the lowest rows. */
async function tableUp(tty: Terminal, rows = 24): Promise<void> {
  await waitFor(
    () => {
      const lines = tty.screen().split('\n');
      const top = lines.findIndex((line) => line.includes(TITLE));
      return (
        top >= rows / 2 && lines.length > top + 1 && lines.filter((line) => line.includes(TITLE)).length === 1
      );
    },
    {what: 'the table in the lowest rows', seen: () => `\n${tty.screen()}`},
  );
}

async function tableGone(tty: Terminal): Promise<void> {
  await waitFor(() => tableRows(tty.screen().split('\n')).length === 0, {
    what: 'no table',
    seen: () => `\n${tty.screen()}`,
  });
}

async function ended(tty: Terminal): Promise<void> {
  await waitFor(() => tty.scrollback().some((line) => SUMMARY.test(line)), {
    what: 'the end of the run',
    seen: () => `\n${tty.screen()}`,
  });
  await tty.prompt();
}

/** What stands between the command line and limitrun's summary. */
function printed(tty: Terminal): string[] {
  const lines = tty.scrollback();
  const from = lines.findLastIndex((line) => line.startsWith(`${PROMPT}limitrun --progress`));
  const to = lines.findIndex((line, index) => index > from && SUMMARY.test(line));
  return lines.slice(from + 1, to);
}

/** Fails unless the whole screen scrolls: so many lines fill it up to the prompt. */
async function expectWholeScreenScrolls(tty: Terminal, rows = 24): Promise<void> {
  tty.line('seq -f scrolled-%g 1 60');
  await tty.shows('scrolled-60');
  await tty.prompt();
  const wanted = Array.from({length: rows - 1}, (_, index) => `scrolled-${String(60 - rows + 2 + index)}`);
  expect(tty.screen().split('\n')).toEqual([...wanted, PROMPT.trimEnd()]);
}

function numbered(count: number, prefix = 'line '): string[] {
  return Array.from({length: count}, (_, index) => `${prefix}${String(index + 1)}`);
}

describe.each([
  [80, 24],
  [200, 50],
  [40, 10],
])('every line of the command is kept at %i columns and %i rows', (columns, rows) => {
  needs('tmux', 'bash');

  test.each([
    ['slowly', 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "line $i"; sleep 0.03; done', 60],
    [
      'at full speed',
      'sleep 1; for part in 0 1 2 3; do seq -f "line %.0f" $((part * 10000 + 1)) $(((part + 1) * 10000)); done',
      40_000,
    ],
    [
      'piece by piece',
      'i=0; while [ $i -lt 60 ]; do i=$((i+1)); printf li; sleep 0.01; printf "ne "; sleep 0.01; echo $i; done',
      60,
    ],
    [
      'in colours',
      `sleep 1; i=0; while [ $i -lt 10000 ]; do i=$((i+1)); printf "\\033[3$((i % 8));4$((i % 7))mline $i\\033[0m\\n"; done`,
      10_000,
    ],
    [
      'with a look at the margins in between',
      'i=0; while [ $i -lt 8 ]; do i=$((i+1)); echo "line $i"; printf "\\0337\\033[r\\0338"; sleep 0.4; done',
      8,
    ],
  ])('printed %s', async (_, text, count) => {
    const tty = await terminal(columns, rows);
    tty.line(live('live', script(`${text}; sleep 0.4`)));
    await tableUp(tty, rows);
    await ended(tty);
    expect(printed(tty)).toEqual(numbered(count));
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty, rows);
  });

  test('without a line break at the end, which the next line follows as without a table', async () => {
    const tty = await terminal(columns, rows);
    tty.line(live('live', script('seq -f "line %g" 1 100; printf unfinished; sleep 0.5')));
    await tableUp(tty, rows);
    expect(tty.screen()).toContain('unfinished');
    await ended(tty);
    expect(printed(tty)).toEqual(numbered(100));
    expect(
      tty.scrollback().filter((line) => line.startsWith('unfinishedlimitrun: the command')),
    ).toHaveLength(1);
  });

  test('a progress bar that is drawn over and over on one line', async () => {
    const tty = await terminal(columns, rows);
    const bar =
      'while [ $i -lt 40 ]; do i=$((i+1)); printf "\\rat $i of 40"; sleep 0.03; done; echo; echo over';
    tty.line(live('live', script(`seq -f "line %g" 1 50; i=0; ${bar}; sleep 0.4`)));
    await tableUp(tty, rows);
    await ended(tty);
    expect(printed(tty)).toEqual([...numbered(50), 'at 40 of 40', 'over']);
  });
});

describe('a new size of the terminal', () => {
  needs('tmux', 'bash');

  const SIZES = [
    [80, 12],
    [80, 40],
    [40, 24],
    [100, 24],
    [80, 3],
    [60, 50],
    [80, 24],
  ] as const;

  async function resizeOften(tty: Terminal): Promise<void> {
    for (const [columns, rows] of SIZES) {
      await tty.resize(columns, rows);
      if (rows >= LOWEST) await tableUp(tty, rows);
      else await tableGone(tty);
    }
  }

  test('many of them leave no row of a table among the lines of the command', async () => {
    const tty = await terminal();
    const some = (from: number, to: number) =>
      `for i in $(seq ${String(from)} ${String(to)}); do echo "line $i"; done`;
    const wait = `while ! test -e '${scratch('go')}'; do sleep 0.05; done`;
    // Without history from before: tmux fills a higher screen with it.
    tty.line(live('live', script(`${some(1, 30)}; ${wait}; ${some(31, 90)}`)));
    await tableUp(tty);
    await resizeOften(tty);
    scratchFile('go', '');
    await ended(tty);
    expect(printed(tty)).toEqual(numbered(90));
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });

  test('many of them while it prints lose none of its lines', async () => {
    const tty = await terminal();
    tty.line(
      live(
        'live',
        script(`i=0; while ! test -e '${scratch('go')}'; do i=$((i+1)); echo "line $i"; sleep 0.05; done`),
      ),
    );
    await tableUp(tty);
    await resizeOften(tty);
    scratchFile('go', '');
    await ended(tty);
    // What it prints between a change of size and the signal that tells of it may have the rest of a row behind it.
    const numbers = tty.scrollback().flatMap((line) => /^line (\d+)/.exec(line)?.[1] ?? []);
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1)));
    await expectWholeScreenScrolls(tty);
  });

  test('on a terminal that is too low the table appears when there is room', async () => {
    const tty = await terminal(80, 3);
    tty.line(live('live', script(`echo up; while ! test -e '${scratch('go')}'; do sleep 0.05; done`)));
    await tty.shows(/^up$/m);
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    await tty.resize(80, 24);
    await tableUp(tty);
    scratchFile('go', '');
    await ended(tty);
  });
});

describe('a command that moves about on the screen', () => {
  needs('tmux', 'bash');

  test.each([
    ['clears it', '\\033[H\\033[2J'],
    ['resets the terminal', '\\033c'],
    ['sets margins of its own', '\\033[3;10r\\033[H\\033[J'],
    ['counts rows from its margins', '\\033[2J\\033[2;9r\\033[?6h'],
    ['writes in insert mode', '\\033[4h\\033[H\\033[J'],
    ['draws with lines', '\\033[H\\033[J\\016\\033(0'],
  ])('the table comes back for one that %s', async (_, sequence) => {
    const tty = await terminal();
    tty.line(
      live(
        'live',
        script(`sleep 0.5; printf '${sequence}'; while ! test -e '${scratch('go')}'; do sleep 0.05; done`),
      ),
    );
    await tableUp(tty);
    await waitFor(() => !tty.screen().includes('--progress'), {
      what: 'the command to clear',
      seen: tty.screen,
    });
    await tableUp(tty);
    scratchFile('go', '');
    await ended(tty);
    tty.line('reset; clear');
    await tty.prompt();
    await expectWholeScreenScrolls(tty);
  });

  test('one that lets the whole screen scroll again loses no line, whatever stands beside it', async () => {
    const tty = await terminal();
    const free = 'printf "\\0337\\033[r\\0338"';
    tty.line(
      live(
        'live',
        script(`i=0; while [ $i -lt 90 ]; do i=$((i+1)); ${free}; sleep 0.02; echo "line $i"; done`),
      ),
    );
    await tableUp(tty);
    await ended(tty);
    const lines = printed(tty).map((line) => /^line \d+/.exec(line)?.[0]);
    expect(lines).toEqual(numbered(90));
    await expectWholeScreenScrolls(tty);
  });

  test('what is written into the table is moved out of it', async () => {
    const tty = await terminal();
    const write = 'printf "\\033[24;1H\\033[Kdeep $i"; sleep 0.6; printf "\\n"';
    tty.line(live('live', script(`sleep 0.5; for i in 1 2 3; do ${write}; done; sleep 0.4`)));
    await ended(tty);
    const lines = tty.scrollback();
    for (const wanted of ['deep 1', 'deep 2', 'deep 3']) expect(lines).toContain(wanted);
    await expectWholeScreenScrolls(tty);
  });
});

describe('a job of the shell', () => {
  needs('tmux', 'bash');

  test('Ctrl-Z takes the table down and stops the job; fg draws it again', async () => {
    const tty = await terminal();
    tty.line(live('live', 'cat'));
    await tableUp(tty);
    tty.line('before');
    await tty.shows(/before\nbefore/);
    for (const word of ['after', 'again']) {
      tty.press('C-z');
      await tty.shows('Stopped');
      expect(tableRows(tty.screen().split('\n'))).toEqual([]);
      tty.line('clear; seq 1 30; jobs');
      await tty.shows(/30\n.*Stopped/);
      expect(tty.screen().split('\n')).toContain('30');
      tty.line('clear; fg');
      await tableUp(tty);
      tty.line(word);
      await tty.shows(new RegExp(`${word}\\n${word}`));
    }
    tty.press('C-d');
    await ended(tty);
    expect(alive().filter(({command}) => command === 'cat')).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });

  test('in the background there is no table', async () => {
    const tty = await terminal();
    tty.line(`${live('live', script(`sleep 1; touch '${scratch('slept')}'; sleep 0.3`))} &`);
    await waitFor(() => existsSync(scratch('slept')), {what: 'the command', seen: tty.screen});
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    tty.line('wait');
    await tty.shows(SUMMARY);
    expect(tableRows(tty.scrollback())).toEqual([]);
  });

  test('bg takes the table away from the shell, fg brings it back', async () => {
    const tty = await terminal();
    tty.line(live('live', script(`while ! test -e '${scratch('go')}'; do sleep 0.05; done`)));
    await tableUp(tty);
    tty.press('C-z');
    await tty.shows('Stopped');
    tty.line('clear; bg; sleep 0.7; echo slept');
    await tty.shows(/^slept$/m);
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    tty.line('fg');
    await tableUp(tty);
    scratchFile('go', '');
    await ended(tty);
  });
});

describe('auto leaves the terminal to a program that reads key by key', () => {
  needs('tmux', 'bash');

  test('the table appears after a second of a command that prints lines', async () => {
    const tty = await terminal();
    tty.line(live('auto', script('seq -f "line %g" 1 50; sleep 2.5')));
    await tty.shows('line 50');
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    await tableUp(tty);
    await ended(tty);
    expect(printed(tty)).toEqual(numbered(50));
  });

  test.each([
    ['from the start', ''],
    ['after the table was up', 'sleep 2; '],
  ])('less %s', async (_, before) => {
    const absent = missing('less');
    if (absent !== undefined) return;
    scratchFile('long', numbered(200, 'text ').join('\n'));
    const tty = await terminal();
    tty.line(live('auto', script(`${before}exec less '${scratch('long')}'`)));
    if (before !== '') await tableUp(tty);
    await waitFor(() => tty.screen().split('\n').slice(0, 23).join() === numbered(23, 'text ').join(), {
      what: 'the first screen of the file',
      seen: () => `\n${tty.screen()}`,
    });
    tty.press('G');
    await tty.shows(/^text 200$/m);
    await waitForSeconds(1.3);
    expect(tty.screen().split('\n').slice(0, 23)).toEqual(numbered(200, 'text ').slice(-23));
    tty.press('q');
    await ended(tty);
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });

  test.each([
    ['from the start', ''],
    ['after the table was up', 'sleep 2; '],
  ])('vim %s', async (_, before) => {
    const absent = missing('vim');
    if (absent !== undefined) return;
    scratchFile('long', `${numbered(200, 'text ').join('\n')}\n`);
    const tty = await terminal();
    tty.line(live('auto', script(`${before}exec vim -u NONE -N '${scratch('long')}'`)));
    if (before !== '') await tableUp(tty);
    await waitFor(() => tty.screen().split('\n').slice(0, 23).join() === numbered(23, 'text ').join(), {
      what: 'the first screen of the file',
      seen: () => `\n${tty.screen()}`,
    });
    tty.press('C-f');
    await tty.shows(/^text 30$/m);
    await waitForSeconds(1.3);
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    tty.line(':q');
    await ended(tty);
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });
});

describe('auto and a program that edits its line', () => {
  needs('tmux', 'bash');

  test.each([
    ['from the start', ''],
    ['after the table was up', 'sleep 2; '],
  ])('the REPL of Node %s', async (_, before) => {
    const tty = await terminal();
    tty.line(live('auto', script(`${before}exec "${process.execPath}"`)));
    if (before !== '') await tableUp(tty);
    await waitFor(() => tty.screen().split('\n').includes('>'), {what: 'its prompt', seen: tty.screen});
    tty.line('for (let i = 1; i <= 40; i += 1) console.log(`line ${i}`)');
    await tty.shows(/^line 40$/m);
    await waitForSeconds(1.3);
    tty.line('6 * 7');
    await tty.shows(/^42$/m);
    expect(tty.scrollback().filter((line) => /^line \d+/.test(line))).toEqual(numbered(40));
    tty.line('.exit');
    await ended(tty);
    await expectWholeScreenScrolls(tty);
  });

  test('an interactive bash with jobs of its own never meets the table', async () => {
    const tty = await terminal();
    scratchFile('inner', "PS1='inner> '\nbind 'set enable-bracketed-paste off'\n");
    tty.line(live('auto', `bash --rcfile '${scratch('inner')}' -i`));
    await tty.shows(/^inner>$/m);
    tty.line('sleep 1.5; seq -f "line %g" 1 40; sleep 0.7');
    await tty.shows(/^line 40\ninner>$/m);
    expect(printed(tty).filter((line) => line.startsWith('line'))).toEqual(numbered(40));
    tty.line('exit');
    await ended(tty);
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });

  test.each([
    ['from the start', ''],
    ['after the table was up', 'sleep 2; '],
  ])('top %s', async (_, before) => {
    const tty = await terminal();
    tty.line(live('auto', script(`${before}exec top -d 1`)));
    if (before !== '') await tableUp(tty);
    await tty.shows(/^ *PID USER/m);
    await waitForSeconds(1.5);
    expect(tableRows(tty.screen().split('\n'))).toEqual([]);
    expect(tty.screen()).toMatch(/^top - .*\n(.*\n)+ *PID USER/);
    tty.type('q');
    await ended(tty);
    await expectWholeScreenScrolls(tty);
  });
});

describe('a terminal that is closed', () => {
  needs('tmux', 'bash');

  test('leaves nothing behind', async () => {
    const tty = await terminal();
    tty.line(live('live', script('exec sleep 300')));
    await tableUp(tty);
    tty.close();
    await expectNothingAlive(8000);
  });
});

describe('a terminal that is stopped', () => {
  needs('tmux', 'bash');

  test('Ctrl-S holds up neither the limits nor the end of the command', async () => {
    const tty = await terminal();
    tty.line(`limitrun --progress live --timeout 2s -- ${script('seq -f "line %g" 1 30; exec sleep 300')}`);
    await tableUp(tty);
    tty.press('C-s');
    await waitFor(() => !alive().some(({command}) => command === 'sleep 300'), {what: 'the timeout'});
    tty.press('C-q');
    await ended(tty);
    expect(tty.scrollback().filter((line) => line.startsWith('line '))).toEqual(numbered(30));
    await expectWholeScreenScrolls(tty);
  });
});

describe('the terminal is sane after', () => {
  needs('tmux', 'bash');

  test.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('%s', async (signal) => {
    const tty = await terminal();
    tty.line(live('live', script('seq -f "line %g" 1 100; exec sleep 300')));
    await tableUp(tty);
    process.kill(programPid(), signal);
    await tableGone(tty);
    await waitFor(() => !alive().some(({command}) => command === 'sleep 300'), {
      what: 'the end of the command',
    });
    await tty.prompt();
    expect(tableRows(tty.scrollback())).toEqual([]);
    await expectWholeScreenScrolls(tty);
  });

  test.each(['CRASH_AFTER', 'EXIT_AFTER'])('an end at once by %s', async (variable) => {
    const tty = await terminal();
    tty.line(
      `${variable}=1500 "${process.execPath}" "${DRIVER}" ${script('seq -f "line %g" 1 100; exec sleep 2')}`,
    );
    await tableUp(tty);
    await waitFor(() => !alive().some(({command}) => command.includes(DRIVER)), {what: 'the end'});
    expect(tableRows(tty.scrollback())).toEqual([]);
    await waitFor(() => alive().every(({command}) => command !== 'sleep 2'), {
      what: 'the end of the command',
    });
    await expectWholeScreenScrolls(tty);
  });
});

/** The pid of the program that runs on the terminal. */
function programPid(): number {
  const found = alive().find(({command}) => command.includes(PROGRAM));
  if (found === undefined) throw new Error('no program runs');
  return found.pid;
}

/** For what must not happen in this time. */
function waitForSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
