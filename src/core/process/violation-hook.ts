import {execa, type Options} from 'execa';
import {callAt, systemClock} from '../clock.js';
import {openProbe} from '../monitor/open-probe.js';
import {spawnFailure} from './spawn-failure.js';
import {TreeTerminator} from './tree-terminator.js';
import {randomHex} from '../random-hex.js';

/** Every process of a hook carries this variable, so that none of them outlives the deadline. */
const HOOK_ID = 'LIMITRUN_HOOK_ID';

export interface HookCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. Must not hold the marker of the tree that is watched. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input. */
  readonly input: string;
  /** After this long it is killed with all it has started. */
  readonly deadlineMs: number;
  /** Called in the moment in which the system has collected it. */
  readonly onReaped?: () => void;
}

export type HookEnd =
  | {readonly kind: 'exited'; readonly exitCode: number}
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'not_started'; readonly message: string}
  /** `late`: past its deadline; otherwise nobody wanted to wait any longer. */
  | {readonly kind: 'killed'; readonly late: boolean};

export interface RunningHook {
  /** Resolves when the hook has ended or been killed; never rejects. */
  readonly ended: Promise<HookEnd>;
  /** SIGKILL to all of it now. */
  readonly kill: () => void;
}

/**
 * Starts a hook in a session of its own, so that no key of the terminal reaches it. What it writes goes to limitrun's
 * standard error.
 */
export function startHook(command: HookCommand): RunningHook {
  const id = randomHex(8);
  let child;
  try {
    child = execa(command.file, command.args, execaOptions(command, id));
  } catch {
    // For want of descriptors Node gives up before there are streams, over whose absence execa stumbles.
    return notStarted(Promise.resolve('EMFILE'), command);
  }
  const {pid} = child;
  if (pid === undefined)
    return notStarted(
      child.then(({code = 'EUNKNOWN'}) => code),
      command,
    );
  const exited = new Promise<HookEnd>((resolve) => {
    child.once('exit', (exitCode: number | null, signal: string | null) => {
      command.onReaped?.();
      resolve(signal === null ? {kind: 'exited', exitCode: exitCode ?? 0} : {kind: 'signal', signal});
    });
  });
  return watched(pid, `${HOOK_ID}=${id}`, exited, command.deadlineMs);
}

/** Sees to it that a hook ends by its deadline. */
function watched(pid: number, marker: string, exited: Promise<HookEnd>, deadlineMs: number): RunningHook {
  const probe = openProbe({rootPid: pid, ownChild: false, marker, nowMs: () => systemClock.nowMs()});
  const terminator = new TreeTerminator(probe, systemClock, () => undefined);
  let settle!: (end: HookEnd) => void;
  const killed = new Promise<HookEnd>((resolve) => {
    settle = resolve;
  });
  const kill = (late: boolean): void => {
    if (terminator.begun) return;
    terminator.killAll({actor: 'limitrun'});
    void terminator.ended().then(() => {
      settle({kind: 'killed', late});
    });
  };
  const cancel = callAt(systemClock, systemClock.nowMs() + deadlineMs, () => {
    kill(true);
  });
  const ended = Promise.race([killed, exited.then((end) => (terminator.begun ? killed : end))]);
  void ended.then(() => {
    cancel();
    probe.close();
  });
  return {
    ended,
    kill: () => {
      kill(false);
    },
  };
}

function notStarted(code: Promise<string>, {file, environment}: HookCommand): RunningHook {
  const ended = code.then((known): HookEnd => ({
    kind: 'not_started',
    message: spawnFailure(known, {file, environment}).message,
  }));
  return {ended, kill: () => undefined};
}

function execaOptions({environment, input}: HookCommand, id: string) {
  return {
    input,
    stdout: 2,
    stderr: 2,
    env: {...environment, [HOOK_ID]: id},
    extendEnv: false,
    detached: true,
    reject: false,
    cleanup: false,
    forceKillAfterDelay: false,
    buffer: false,
    preferLocal: false,
  } as const satisfies Options;
}
