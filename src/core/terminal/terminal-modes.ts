import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync} from 'node:fs';
import type {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import type {TerminalSize} from './scroll-region.js';

const SHELL = '/bin/sh';
/** By absolute path: one planted in PATH or in the working directory is never run. */
const STTY = ['/bin/stty', '/usr/bin/stty'];
/** For each line it reads it prints the modes of the terminal, which is its descriptor 3, and a line that ends them. */
const SCRIPT = `trap '' INT QUIT HUP TERM TSTP TTIN TTOU PIPE USR1 USR2 ALRM
while read -r _; do "$1" -a <&3 2>/dev/null; echo =; done`;
const END_OF_ANSWER = '=\n';

/** A terminal as it is now. */
export interface TerminalLook {
  /** A program reads it key by key (an editor, a pager, a line editor) rather than in lines. */
  readonly raw: boolean;
  readonly size: TerminalSize | undefined;
}

/**
 * Asks which modes a terminal is in. Node cannot read them, and forking Node for each look would hold up the sampling:
 * a shell of its own session waits for questions and runs stty(1). It ends when its standard input does, so also when
 * limitrun is killed.
 *
 * It is started at the first question. Its CPU time, with that of every stty, becomes limitrun's when it has ended, and
 * would be taken for the command's: so it is closed only when the command has been measured for the last time.
 */
export class TerminalModes {
  #shell: ChildProcess | undefined;
  #answered: ((modes: string | undefined) => void)[] = [];
  #over = false;

  /**
   * @param terminal its descriptor
   * @param descriptors above 2 that limitrun was started with and the shell must not hold open
   */
  constructor(
    private readonly terminal: number,
    private readonly descriptors: readonly number[] = [],
  ) {}

  /** @returns undefined when it cannot be known here */
  async look(): Promise<TerminalLook | undefined> {
    return parseModes((await this.#ask()) ?? '');
  }

  /** Ends the shell. */
  close(): void {
    this.#over = true;
    this.#shell?.stdin?.end();
    this.#giveUp();
  }

  #ask(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#over) {
        resolve(undefined);
        return;
      }
      this.#answered.push(resolve);
      this.#shell ??= this.#start();
      this.#shell?.stdin?.write('\n');
    });
  }

  #start(): ChildProcess | undefined {
    const stty = STTY.find((path) => existsSync(path));
    if (stty === undefined || !existsSync(SHELL)) {
      this.#giveUp();
      return undefined;
    }
    const above = Array.from({length: Math.max(3, ...this.descriptors) - 3}, () => 'ignore' as const);
    const shell: ChildProcess = spawn(SHELL, ['-c', SCRIPT, 'limitrun-modes', stty], {
      stdio: ['pipe', 'pipe', 'ignore', this.terminal, ...above],
      detached: true,
      cwd: '/',
      env: {},
    });
    shell.once('error', () => {
      this.#giveUp();
    });
    shell.once('close', () => {
      this.#giveUp();
    });
    shell.stdin?.on('error', () => undefined);
    if (shell.stdout !== null) this.#read(shell.stdout);
    // It must not hold up the end of limitrun.
    for (const one of [shell, shell.stdin as Socket, shell.stdout as Socket]) one.unref();
    return shell;
  }

  #read(output: Readable): void {
    let text = '';
    output.setEncoding('utf8').on('data', (chunk: string) => {
      const answers = `${text}${chunk}`.split(END_OF_ANSWER);
      text = answers.pop() ?? '';
      for (const modes of answers) this.#answered.shift()?.(modes);
    });
  }

  /** Nobody answers any more. */
  #giveUp(): void {
    this.#over = true;
    for (const resolve of this.#answered) resolve(undefined);
    this.#answered = [];
  }
}

/**
 * Reads what `stty -a` prints, in the words of GNU and busybox (`rows 24; columns 80;`) or of BSD (`24 rows; 80 columns;`).
 * @returns undefined when it does not tell the mode
 */
export function parseModes(text: string): TerminalLook | undefined {
  const mode = /(?:^|\s)(-?)icanon(?:\s|;|$)/.exec(text);
  if (mode === null) return undefined;
  const rows = /\brows (\d+)|(\d+) rows\b/.exec(text);
  const columns = /\bcolumns (\d+)|(\d+) columns\b/.exec(text);
  const size = rows &&
    columns && {columns: Number(columns[1] ?? columns[2]), rows: Number(rows[1] ?? rows[2])};
  return {raw: mode[1] === '-', size: size ?? undefined};
}
