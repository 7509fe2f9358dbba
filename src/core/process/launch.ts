import {statSync} from 'node:fs';
import {execa, type Options} from 'execa';
import type {ChildEnd} from './run-state.js';
import {spawnFailure} from './spawn-failure.js';

export interface LaunchCommand {
  /** Looked up in the child's PATH when it holds no slash. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly workingDirectory?: string;
  /** The whole environment of the child. Default: limitrun's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Descriptors above 2 that the child gets under the same number. Default: none. */
  readonly descriptors?: readonly number[];
}

export type Launched =
  | {
      readonly ok: true;
      readonly pid: number;
      /** Resolves when the process itself has ended, whoever still holds its streams. */
      readonly exited: Promise<ChildEnd>;
      readonly kill: (signal: NodeJS.Signals) => void;
    }
  | {readonly ok: false; readonly code: string; readonly message: string};

/**
 * Starts the child in the caller's process group with the caller's own streams. execa's clean-up, time-out and kill
 * reach only the direct child, so they are off: the tree is ended by {@link TreeTerminator}.
 */
export async function launch(command: LaunchCommand): Promise<Launched> {
  const noDirectory = workingDirectoryFault(command.workingDirectory);
  if (noDirectory !== undefined) return {ok: false, code: 'ECWD', message: noDirectory};
  const {file, args = [], environment = process.env, descriptors = []} = command;
  const subprocess = execa(file, args, {
    stdio: stdioWith(descriptors) ?? 'inherit',
    env: environment,
    extendEnv: false,
    ...(command.workingDirectory === undefined ? {} : {cwd: command.workingDirectory}),
    reject: false,
    cleanup: false,
    detached: false,
    forceKillAfterDelay: false,
    buffer: false,
    preferLocal: false,
  });
  const {pid} = subprocess;
  if (pid === undefined) {
    const result = await subprocess;
    return {ok: false, ...spawnFailure(result.code ?? 'EUNKNOWN', {file, environment})};
  }
  const exited = new Promise<ChildEnd>((resolve) => {
    subprocess.once('exit', (exitCode, signal) => {
      resolve(signal === null ? {exitCode: exitCode ?? 0} : {signal});
    });
  });
  return {ok: true, pid, exited, kill: (signal) => void subprocess.kill(signal)};
}

/**
 * Streams 0 to 2 as they are, and each further descriptor under its own number. execa hands numbers on to Node, its
 * types only know them for the first three.
 */
function stdioWith(descriptors: readonly number[]): Options['stdio'] {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (const descriptor of descriptors) {
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio[descriptor] = descriptor;
  }
  return stdio as unknown as Options['stdio'];
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
