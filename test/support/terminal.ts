import {randomUUID} from 'node:crypto';
import {execFileSync} from 'node:child_process';
import {PROGRAM} from './paths.js';
import {atEnd, scratchFile, scratch, testEnvironment} from './this-test.js';
import {waitFor} from './wait-for.js';

/** More lines than any test prints. */
const HISTORY = 50_000;
export const PROMPT = 'ready> ';

/** A terminal with an interactive bash in it, in which `limitrun` and the variable FIXTURES are known. */
export interface Terminal {
  /** Types a text, as it is. */
  readonly type: (text: string) => void;
  /** Types a line. */
  readonly line: (text: string) => void;
  /** Presses a key by tmux's name, such as `C-c`. */
  readonly press: (key: string) => void;
  /** Resolves when the programs in it can know. */
  readonly resize: (columns: number, rows: number) => Promise<void>;
  /** The text on the screen, without blank lines at its end. */
  readonly screen: () => string;
  /** Every line since the terminal was opened, with the sequences that colour it. */
  readonly colours: () => string;
  /** Every line since the terminal was opened, also those that have left the screen; wrapped ones in one piece. */
  readonly scrollback: () => string[];
  /** Waits until the screen shows it. */
  readonly shows: (wanted: string | RegExp) => Promise<void>;
  /** Waits until the last line is the empty prompt of the shell. */
  readonly prompt: () => Promise<void>;
  /** Closes the terminal, as a window is closed. */
  readonly close: () => void;
}

/** Opens a terminal for the test; it is closed after the test. */
export async function openTerminal(fixtureDirectory: string, columns = 80, rows = 24): Promise<Terminal> {
  const socket = `limitrun-test-${randomUUID()}`;
  const env = testEnvironment({TERM: 'xterm-256color', FIXTURES: fixtureDirectory, TMUX_TMPDIR: scratch()});
  env['PATH'] = `${scratch('bin')}:${env['PATH'] ?? ''}`;
  scratchFile('bin/limitrun', `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, 0o755);
  const setup = scratchFile('setup', `PS1='${PROMPT}'\nbind 'set enable-bracketed-paste off'\n`);
  const configuration = scratchFile('tmux.conf', `set -g history-limit ${String(HISTORY)}\n`);
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', configuration, ...args], {
      env,
      maxBuffer: 2 ** 26,
      encoding: 'utf8',
      cwd: scratch(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const screen = (): string => tmux('capture-pane', '-p').trimEnd();
  const shows = async (wanted: string | RegExp): Promise<void> => {
    await waitFor(() => (typeof wanted === 'string' ? screen().includes(wanted) : wanted.test(screen())), {
      what: `${String(wanted)} on the screen`,
      seen: () => `\n${screen()}`,
    });
  };
  atEnd(() => {
    try {
      tmux('kill-server');
    } catch {
      // The test has closed the terminal itself.
    }
  });
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), `exec bash --rcfile '${setup}' -i`);
  const device = tmux('display-message', '-p', '#{pane_tty}').trim();
  const terminal: Terminal = {
    type: (text) => void tmux('send-keys', '-l', text),
    line: (text) => {
      tmux('send-keys', '-l', text);
      tmux('send-keys', 'Enter');
    },
    press: (key) => void tmux('send-keys', key),
    resize: async (width, height) => {
      tmux('resize-window', '-x', String(width), '-y', String(height));
      const wanted = `${String(height)} ${String(width)}`;
      await waitFor(
        () => execFileSync('stty', ['-F', device, 'size'], {encoding: 'utf8'}).trim() === wanted,
        {
          what: `a terminal of ${wanted}`,
        },
      );
    },
    screen,
    colours: () => tmux('capture-pane', '-p', '-e', '-S', '-'),
    scrollback: () =>
      tmux('capture-pane', '-p', '-J', '-S', '-')
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd()),
    shows,
    prompt: async () => {
      await waitFor(() => screen().split('\n').at(-1) === PROMPT.trimEnd(), {
        what: 'the prompt of the shell',
        seen: () => `\n${screen()}`,
      });
    },
    close: () => void tmux('kill-server'),
  };
  await terminal.prompt();
  return terminal;
}
