import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync} from 'node:fs';
import {readStatOf} from '../monitor/procfs-member.js';
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
  #gone: Promise<void> | undefined;

  /**
   * @param runId hexadecimal: it becomes part of a pattern, which must match no stranger
   * @param descriptors above 2 that limitrun was started with and the guard must not hold open
   */
  constructor(
    private readonly runId: string,
    private readonly descriptors: readonly number[] = [],
  ) {
    if (!/^[0-9a-f]{12,}$/.test(runId)) throw new RangeError(`no run id: ${runId}`);
  }

  /** Why this machine has no guard, or undefined. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'there is one on Linux only';
    return existsSync(SHELL) ? undefined : `${SHELL} does not exist`;
  }

  /**
   * Starts the guard; to be done before the child starts, so that there is no moment without one.
   * @param onFailure told why, when it cannot be started
   */
  start(onFailure: (why: string) => void): void {
    this.#process ??= this.#start(onFailure);
  }

  /** The control groups that the child will enter: absolute paths, without line breaks, which the kernel refuses. */
  contain(directories: readonly string[]): void {
    for (const directory of directories) this.#tell(`group ${directory}`);
  }

  /** The child runs now. */
  watch(pid: number): void {
    const startTime = readStatOf(pid)?.startTime;
    if (startTime !== undefined) this.#tell(`child ${String(pid)} ${String(startTime)}`);
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
    this.#process.stdin?.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, MOST_PATIENCE_MS);
    });
    await Promise.race([this.#gone, late]);
    clearTimeout(timer);
  }

  #start(onFailure: (why: string) => void): ChildProcess {
    const guard: ChildProcess = spawn(SHELL, ['-c', GUARD_SCRIPT, 'limitrun-guard', this.runId], {
      stdio: ['pipe', ...Array.from({length: Math.max(2, ...this.descriptors)}, () => 'ignore' as const)],
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
    return guard;
  }

  #tell(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
