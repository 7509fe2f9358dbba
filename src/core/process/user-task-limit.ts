import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {readProcText} from '../monitor/proc-file.js';
import {namesIn} from '../monitor/procfs-process.js';
import type {ProcessTree} from '../monitor/probe.js';

/** How many tasks (processes and threads) a tree may have besides those that its user has already. */
export interface TaskRoom {
  readonly whileNew: number;
  readonly settled: number;
}

const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];
/** The user may start something while the tasks are being counted, and the shell starts some too. */
const MISCOUNT = 16;

/**
 * The kernel's limit on the tasks of one user (RLIMIT_NPROC, getrlimit(2)), as a backstop against fork bombs where there
 * is no control group: a narrow one for a new command, and a wider one later. It does not hold root.
 */
export class UserTaskLimit {
  readonly #prlimit = PRLIMIT.find((path) => existsSync(path));
  readonly #before = softLimit('self');
  readonly #room: TaskRoom;
  /** What the shell has set; undefined: nothing. */
  #narrow: number | undefined;

  constructor({whileNew, settled}: TaskRoom) {
    // What cannot be widened is wide from the beginning.
    this.#room = {settled, whileNew: this.#prlimit === undefined ? settled : whileNew};
  }

  /**
   * Lines of `/bin/sh` that set the limit, if it holds this user. How many tasks the user has, only the kernel knows:
   * those in other containers count too. So it is found out at how many another one can just be started; by timeout(1),
   * since bash itself would try again for a quarter of a minute.
   */
  get lines(): readonly string[] {
    const most = String(this.#before);
    return [
      '__limitrun_u=u; (ulimit -u) >/dev/null 2>&1 || __limitrun_u=p',
      '__limitrun_fits() { (PATH=/usr/bin:/bin; ulimit -S$__limitrun_u "$1" && exec timeout 9 true) >/dev/null 2>&1; }',
      `__limitrun_fits 1; case $? in 0 | 126 | 127) ;; *) __limitrun_n=${String(ownTasks() + MISCOUNT)}`,
      `until [ $__limitrun_n -ge ${most} ] || __limitrun_fits $__limitrun_n; do __limitrun_n=$((2 * __limitrun_n)); done`,
      `__limitrun_n=$((__limitrun_n + ${String(this.#room.whileNew)}))`,
      `[ $__limitrun_n -ge ${most} ] || ulimit -S$__limitrun_u $__limitrun_n;; esac`,
    ];
  }

  /** The shell has done so, in this process. */
  hasBeenSet(pid: number): void {
    const now = softLimit(pid);
    this.#narrow = now === this.#before ? undefined : now;
  }

  /**
   * Gives the members the wider limit, and those that they have started meanwhile.
   * @param onReaped called when a program that does it has been collected
   */
  async widen(members: () => ReturnType<ProcessTree['members']>, onReaped: () => void): Promise<void> {
    const {settled, whileNew} = this.#room;
    if (this.#narrow === undefined || this.#prlimit === undefined) return;
    const wide = `--nproc=${String(this.#narrow + settled - whileNew)}:`;
    const done = new Set<number>();
    for (;;) {
      const next = (await members()).find(({pid}) => !done.has(pid) && softLimit(pid) === this.#narrow);
      if (next === undefined) return;
      done.add(next.pid);
      await run(this.#prlimit, ['--pid', String(next.pid), wide]);
      onReaped();
    }
  }
}

/** Of tasks; Infinity without one, or when it cannot be told. */
function softLimit(pid: number | 'self'): number {
  const limits = readProcText(`/proc/${String(pid)}/limits`) ?? '';
  return Number(/^Max processes +(\d+)/m.exec(limits)?.[1] ?? Infinity);
}

/** The tasks of this user, as far as they can be seen from here. */
function ownTasks(): number {
  const uid = String(process.getuid?.() ?? -1);
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readProcText(`/proc/${pid}/status`) ?? '')
    .filter((status) => /^Uid:\s+(\d+)/m.exec(status)?.[1] === uid)
    .reduce((sum, status) => sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1), 0);
}

async function run(file: string, words: readonly string[]): Promise<void> {
  await new Promise<void>((resolve) => {
    // What has ended meanwhile has no limits any more.
    execFile(file, words, {env: {}, cwd: '/'}, () => {
      resolve();
    });
  });
}
