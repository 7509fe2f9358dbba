import {spawn, type ChildProcess, type StdioOptions} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {LAUNCHER, PROGRAM} from './paths.js';
import {readReport, type Report} from './report.js';
import {atEnd, scratch, testEnvironment} from './this-test.js';
import {waitFor} from './wait-for.js';

export interface RunOptions {
  /** Added to the small environment of the test; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. Without it standard input is empty. */
  readonly input?: string | Buffer;
  /** Leave standard input open. */
  readonly keepInputOpen?: boolean;
  readonly stdio?: StdioOptions;
  /** Ask for a report, check it against its schema and return it. */
  readonly report?: boolean;
  readonly deadlineMs?: number;
}

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
  readonly ms: number;
}

export interface ReportedResult extends RunResult {
  readonly report: Report;
}

/** A program that has been started and may still run. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until standard output holds the text. */
  readonly said: (text: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly exited: Promise<RunResult>;
}

/** Waits for the exit, and then only shortly for the streams: a process left behind may hold them. */
async function resultOf(
  child: ChildProcess,
  out: Buffer[],
  err: Buffer[],
  begun: number,
): Promise<RunResult> {
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('exit', (...how) => {
      resolve(how);
    });
    child.once('error', reject);
  });
  const ms = performance.now() - begun;
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1000))]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const stdoutBytes = Buffer.concat(out);
  return {
    code,
    signal,
    stdoutBytes,
    stdout: stdoutBytes.toString(),
    stderr: Buffer.concat(err).toString(),
    ms,
  };
}

function withDeadline(
  result: Promise<RunResult>,
  running: Omit<Running, 'exited'>,
  deadlineMs: number,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const seen = `stdout: ${running.stdout().slice(-500)}\nstderr: ${running.stderr().slice(-2000)}`;
      reject(new Error(`still running after ${String(deadlineMs)} ms\n${seen}`));
    }, deadlineMs);
    result.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** Starts any program in the test's environment. */
export function startProgram(file: string, args: readonly string[], options: RunOptions = {}): Running {
  const begun = performance.now();
  const child = spawn(file, args, {
    cwd: options.cwd ?? scratch(),
    env: testEnvironment(options.env),
    stdio: options.stdio ?? 'pipe',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  // The program may end without having read its input.
  child.stdin?.on('error', () => undefined);
  if (options.keepInputOpen !== true) child.stdin?.end(options.input ?? '');
  const stdout = (): string => Buffer.concat(out).toString();
  const stderr = (): string => Buffer.concat(err).toString();
  const running = {
    child,
    pid: child.pid ?? NaN,
    stdout,
    stderr,
    said: async (text: string): Promise<void> => {
      await waitFor(() => stdout().includes(text), {
        what: `"${text}" on standard output`,
        seen: () => `stdout: ${stdout()} stderr: ${stderr()}`,
      });
    },
    kill: (signal: NodeJS.Signals): void => {
      child.kill(signal);
    },
  };
  const exited = withDeadline(resultOf(child, out, err, begun), running, options.deadlineMs ?? 45_000);
  // Whoever awaits it sees the failure; a test that failed before that must not fail twice.
  exited.catch(() => undefined);
  atEnd(() => void child.kill('SIGKILL'));
  return {...running, exited};
}

/** Starts limitrun. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  return startProgram(process.execPath, [PROGRAM, ...args], options);
}

/** Runs limitrun to its end. With `report: true` the checked report is part of the result. */
export function limitrun(
  args: readonly string[],
  options: RunOptions & {readonly report: true},
): Promise<ReportedResult>;
export function limitrun(args: readonly string[], options?: RunOptions): Promise<RunResult>;
export async function limitrun(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.report !== true) return await start(args, options).exited;
  const file = scratch(`report-${randomUUID()}.json`);
  const result = await start(['--report', file, ...args], options).exited;
  return {...result, report: readReport(file, result.stderr)} satisfies ReportedResult as RunResult;
}

/** Runs a shell script in which `$NODE $RUN` is limitrun, and `$LIMITRUN` what npm installs. */
export function shell(script: string, options: RunOptions = {}): Promise<RunResult> {
  return startShell(script, options).exited;
}

export function startShell(script: string, options: RunOptions = {}): Running {
  return startProgram('/bin/sh', ['-c', script], {
    ...options,
    env: {NODE: process.execPath, RUN: PROGRAM, LIMITRUN: LAUNCHER, ...options.env},
  });
}
