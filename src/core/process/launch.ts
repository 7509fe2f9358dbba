import {statSync} from 'node:fs';
import {execa, type Options} from 'execa';
import {toBeNamed} from './inherited-descriptors.js';
import {findCommand} from './find-command.js';
import {isInterpreterMissing} from './interpreter.js';
import type {ChildEnd} from './run-state.js';
import {needsShell, shellStart, type ShellNeeds} from './shell-start.js';
import {spawnFailure, type SpawnFailure, type WantedCommand} from './spawn-failure.js';

const SHELL = '/bin/sh';

export interface LaunchCommand {
  /** Looked up in the child's PATH when it holds no slash. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly workingDirectory?: string;
  /** The whole environment of the child. Default: limitrun's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Descriptors above 2 that the child gets under the same number. Default: none. */
  readonly descriptors?: readonly number[];
  /** What Node has changed and a shell has to restore. Default: nothing. */
  readonly needs?: ShellNeeds;
}

export interface RunningChild {
  readonly ok: true;
  readonly pid: number;
  /** Resolves when the process itself has ended, whoever still holds its streams. */
  readonly exited: Promise<ChildEnd>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

export type Launched = RunningChild | {readonly ok: false; readonly failure: Promise<SpawnFailure>};

/**
 * Starts the child in the caller's process group with the caller's own streams; it runs when this returns. execa's
 * clean-up, time-out and kill reach only the direct child, so they are off: the tree is ended by TreeTerminator.
 */
export function launch(command: LaunchCommand): Launched {
  const {file, args = [], workingDirectory, needs} = command;
  const wanted = wantedBy(command);
  const noDirectory = workingDirectoryFault(workingDirectory);
  if (noDirectory !== undefined) return failed({code: 'ECWD', message: noDirectory});
  // Node refuses an empty name before the system can.
  if (file === '') return failed(spawnFailure('ENOENT', wanted));
  if (needs === undefined || !needsShell(needs)) return start(file, args, command);
  // The shell's own message would not be limitrun's, so what can be known is looked up before.
  const found = needs.words.has(0)
    ? undefined
    : findCommand(file, {
        path: wanted.environment['PATH'],
        directory: workingDirectory,
        isMissing: (script) => isInterpreterMissing(script, workingDirectory),
      });
  if (found?.ok === false) return failed(spawnFailure(found.code, wanted));
  const shell = shellStart([file, ...args], needs);
  return shell.ok ? start(SHELL, shell.args, command) : failed({code: 'EBYTES', message: shell.why});
}

const NO_NEEDS = {words: new Map<number, Buffer>(), variables: new Map<string, Buffer>(), ignored: []};

/** The command as its shell first runs these lines, by which it enters its control groups or what stands in for them. */
export function entering(command: LaunchCommand, enter: readonly string[] | undefined): LaunchCommand {
  if (enter === undefined) return command;
  const {needs = NO_NEEDS, environment = process.env} = command;
  return {...command, needs: {...needs, environment, enter}};
}

/** What a failure is told by: the command itself, also where a shell starts it. */
function wantedBy({file, environment = process.env, workingDirectory}: LaunchCommand): WantedCommand {
  return {file, environment, workingDirectory};
}

function start(file: string, args: readonly string[], command: LaunchCommand): Launched {
  const wanted = wantedBy(command);
  let subprocess;
  try {
    subprocess = execa(file, args, execaOptions(command));
  } catch (error) {
    // For want of descriptors Node gives up before there are streams, over whose absence execa stumbles.
    return failed(spawnFailure(error instanceof TypeError ? 'EMFILE' : 'EUNKNOWN', wanted));
  }
  const child = subprocess;
  if (child.pid === undefined) {
    return {ok: false, failure: child.then(({code = 'EUNKNOWN'}) => spawnFailure(code, wanted))};
  }
  const exited = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      resolve(signal === null ? {exitCode: exitCode ?? 0} : {signal});
    });
  });
  return {ok: true, pid: child.pid, exited, kill: (signal) => void child.kill(signal)};
}

function execaOptions({environment = process.env, descriptors = [], workingDirectory}: LaunchCommand) {
  return {
    stdio: stdioWith(descriptors),
    env: environment,
    extendEnv: false,
    ...(workingDirectory === undefined ? {} : {cwd: workingDirectory}),
    reject: false,
    cleanup: false,
    detached: false,
    forceKillAfterDelay: false,
    buffer: false,
    preferLocal: false,
  } as const satisfies Options;
}

function failed(failure: SpawnFailure): Launched {
  return {ok: false, failure: Promise.resolve(failure)};
}

/**
 * Streams 0 to 2 as they are, and each further descriptor under its own number. execa hands numbers on to Node, its
 * types only know them for the first three.
 */
function stdioWith(descriptors: readonly number[]): NonNullable<Options['stdio']> {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (const descriptor of toBeNamed(descriptors)) {
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio[descriptor] = descriptor;
  }
  return stdio as unknown as NonNullable<Options['stdio']>;
}

/** A missing working directory would look like a missing command (ENOENT). */
function workingDirectoryFault(directory: string | undefined): string | undefined {
  try {
    const path = directory ?? process.cwd();
    return statSync(path).isDirectory() ? undefined : `the working directory ${path} is not a directory`;
  } catch {
    return directory === undefined
      ? 'the working directory does not exist any more'
      : `the working directory ${directory} does not exist or may not be entered`;
  }
}
