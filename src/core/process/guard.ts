import {spawn, type ChildProcess} from 'node:child_process';
import {closeSync, existsSync, writeSync} from 'node:fs';
import {waitFor} from '../later.js';
import {readStatOf} from '../monitor/procfs-process.js';
import type {Inheritance} from './inheritance.js';
import {GUARD_SCRIPT} from './guard-script.js';

const SHELL = '/bin/sh';
/** The guard ends within a few milliseconds of its goodbye; a machine that is busy for longer is not waited for. */
const MOST_PATIENCE_MS = 500;

/**
 * Sees to it that the command does not run on without limits when limitrun is killed by a signal that it cannot catch
 * (SIGKILL). A shell waits on a pipe from limitrun; when the pipe ends without a goodbye it kills the tree. It is in a
 * session of its own (setsid(2)), so nothing that the terminal sends reaches it, with an empty environment, in `/`,
 * and with none of the command's streams.
 */
export class Guard {
  #process: ChildProcess | undefined;
  /** Where what it is told is written to, as long as it is told anything. */
  #writeEnd: number | undefined;
  #gone: Promise<void> | undefined;

  /**
   * @param runId hexadecimal: it becomes part of a pattern, which must match no stranger
   * @param inherited the launcher's pipe, which the guard is to listen at
   */
  constructor(
    private readonly runId: string,
    private readonly inherited: Pick<Inheritance, 'pipe'> = {},
  ) {
    if (!/^[0-9a-f]{12,}$/.test(runId)) throw new RangeError(`no run id: ${runId}`);
  }

  /**
   * Starts the guard; to be done before the child starts: somebody who waits for the command's first line may kill
   * limitrun a millisecond after its start.
   * @param onMissing told why, when there can be no guard
   */
  start(onMissing: (why: string) => void): void {
    const why = missingGuard();
    if (why === undefined) this.#process ??= this.#start(onMissing);
    else onMissing(why);
  }

  /** The control groups that the child will enter: absolute paths, without line breaks, which the kernel refuses. */
  contain(directories: readonly string[]): void {
    for (const directory of directories) this.#tell(`group ${directory}`);
  }

  /** The child runs now. */
  watch(pid: number): void {
    const startTime = readStatOf(pid)?.startTime;
    const session = readStatOf(process.pid)?.session;
    if (startTime === undefined) return;
    this.#tell(['child', pid, startTime, ...(session === undefined ? [] : [session])].join(' '));
  }

  /**
   * What limitrun has done to a terminal now, and how that is undone should limitrun be killed.
   * @param terminal path of its device
   * @param text what undoes it there, without spaces at its ends and line breaks; undefined: there is nothing to undo
   */
  mend(terminal: string, text: string | undefined): void {
    this.#tell(text === undefined ? 'mend' : `mend ${terminal} ${text}`);
  }

  /** The run is over in good order: the guard goes, and nothing is killed. */
  async dismiss(): Promise<void> {
    if (this.#process === undefined) return;
    this.#tell('goodbye');
    this.#hangUp();
    // Kept alive until it has gone.
    this.#process.ref();
    await waitFor(this.#gone, MOST_PATIENCE_MS);
  }

  #start(onFailure: (why: string) => void): ChildProcess {
    const {pipe} = this.inherited;
    const guard: ChildProcess = spawn(SHELL, ['-c', GUARD_SCRIPT, 'limitrun-guard', this.runId], {
      // Node has marked other descriptors that limitrun was started with close-on-exec, but for those far above a gap.
      stdio: [pipe?.readEnd ?? 'pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: {LC_ALL: 'C'},
    });
    this.#gone = new Promise((resolve) => {
      guard.once('exit', () => {
        resolve();
      });
      guard.once('error', ({message}) => {
        onFailure(message);
        resolve();
      });
    });
    // Somebody has killed it: the run goes on without.
    guard.stdin?.on('error', () => undefined);
    guard.unref();
    if (pipe !== undefined) {
      // Only the guard listens: what is written when it is gone is an error and does not fill the pipe.
      closeSync(pipe.readEnd);
      this.#writeEnd = pipe.writeEnd;
    }
    return guard;
  }

  #tell(line: string): void {
    if (this.#writeEnd === undefined) {
      this.#process?.stdin?.write(`${line}\n`);
      return;
    }
    try {
      writeSync(this.#writeEnd, `${line}\n`);
    } catch {
      // Somebody has killed it: the run goes on without.
      this.#hangUp();
    }
  }

  #hangUp(): void {
    this.#process?.stdin?.end();
    if (this.#writeEnd !== undefined) closeSync(this.#writeEnd);
    this.#writeEnd = undefined;
  }
}

/** Why this machine has no guard, or undefined. */
export function missingGuard(): string | undefined {
  if (process.platform !== 'linux') return 'there is one on Linux only';
  return existsSync(SHELL) ? undefined : `${SHELL} does not exist`;
}
