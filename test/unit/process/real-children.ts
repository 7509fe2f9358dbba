import {spawn, type ChildProcess, type StdioOptions} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {onTestFinished} from 'vitest';
import {aliveWithMarker, isAlive, MARK_VARIABLE} from '../../support/survivors.js';
import {waitFor} from '../../support/wait-for.js';

/** A child of the test's own, all of whose descendants end with the test. */
export interface RealChild {
  readonly pid: number;
  readonly process: ChildProcess;
  /** `NAME=value`, as every descendant has it in its environment. */
  readonly marker: string;
  readonly ended: Promise<{readonly exitCode: number | null; readonly signal: NodeJS.Signals | null}>;
  /** Waits for a line that begins with the word and returns what follows it. */
  said: (word: string) => Promise<string>;
  /** As {@link said}, a pid. */
  saidPid: (word: string) => Promise<number>;
}

/** Kills, each by its pid, whatever carries the mark when the test is over. */
export function markForThisTest(): string {
  const mark = randomUUID();
  onTestFinished(async () => {
    await waitFor(
      () => {
        const left = aliveWithMarker(mark);
        for (const {pid} of left) killQuietly(pid);
        return left.length === 0;
      },
      {what: 'the end of what the test has started'},
    );
  });
  return mark;
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

export function startChild(file: string, args: readonly string[], stdio?: StdioOptions): RealChild {
  const mark = markForThisTest();
  const child = spawn(file, args, {
    stdio: stdio ?? ['pipe', 'pipe', 'inherit'],
    env: {...process.env, [MARK_VARIABLE]: mark},
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const {pid} = child;
  if (pid === undefined) throw new Error(`${file} could not be started`);
  const said = async (word: string): Promise<string> => {
    const line = await waitFor(
      () =>
        text
          .split('\n')
          .slice(0, -1)
          .find((one) => one.split(' ')[0] === word),
      {what: `the line "${word}"`, seen: () => text},
    );
    return line.slice(word.length + 1);
  };
  return {
    pid,
    process: child,
    marker: `${MARK_VARIABLE}=${mark}`,
    ended: new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        resolve({exitCode, signal});
      });
    }),
    said,
    saidPid: async (word) => Number(await said(word)),
  };
}

/** A shell that runs a script. */
export function startShell(script: string): RealChild {
  return startChild('/bin/sh', ['-c', script]);
}

/** A Node program that runs a script. */
export function startNode(script: string): RealChild {
  return startChild(process.execPath, ['-e', script]);
}

/** Waits until a process is no longer alive (a zombie is not). */
export async function gone(pid: number): Promise<void> {
  await waitFor(() => !isAlive(pid), {what: `the end of process ${String(pid)}`});
}

/** The state letter of a process; empty when it is gone. */
export function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}

export async function inState(pid: number, state: string): Promise<void> {
  await waitFor(() => stateOf(pid) === state, {
    what: `the state ${state} of process ${String(pid)}`,
    seen: () => stateOf(pid),
  });
}

/** When a process was started, in clock ticks since boot. */
export function startTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3]);
}
