import type {Clock} from '../clock.js';
import {openProbe} from '../monitor/open-probe.js';
import type {Probe} from '../monitor/probe.js';
import {CrowdFence, type FenceRules} from './crowd-fence.js';
import {entering, launch, type LaunchCommand, type RunningChild} from './launch.js';
import type {SpawnFailure} from './spawn-failure.js';
import type {TreeGroup} from './tree-group.js';
import {TreeTerminator, type TerminationReason, type TreeEnd} from './tree-terminator.js';
import {TreeThrottle} from './tree-throttle.js';

/** One life of the child: what whoever watches it needs. */
export interface Attempt {
  /** 1 for the first one. */
  readonly number: number;
  readonly pid: number;
  readonly probe: Probe;
  /** Ends this attempt's tree, whoever asks. */
  readonly terminator: TreeTerminator;
  /** Slows this attempt's tree down; whoever watches it says how CPU time is measured. */
  readonly throttle: TreeThrottle;
  /** Its control group, where there is one. */
  readonly group?: TreeGroup;
  /**
   * It has been looked at for the first time: a command that has waited for that, lest it forks away, begins soon.
   * @param settled when it is not new any more
   */
  begin(settled: Promise<void>): void;
}

/** What is used of the control groups of an attempt. */
export interface AttemptGroup extends TreeGroup {
  /** See `ShellNeeds.enter`. */
  readonly enter: readonly string[];
  /** See {@link Attempt.begin}. */
  begin(settled: Promise<void>): void;
}

/** As whoever has started it sees it. */
export interface StartedAttempt extends Attempt {
  readonly launched: RunningChild;
  readonly startedAtMs: number;
  /** When its end began, whatever the cause. */
  endingAtMs?: number;
  tree?: TreeEnd;
  /** At limitrun's cap: that too is a kill by force. */
  killedByKernel: boolean;
  close(): void;
}

/** What an attempt is started with. */
export interface AttemptOptions {
  readonly command: LaunchCommand;
  /** An entry `NAME=value` of the command's environment by which its daemons are found again. */
  readonly marker?: string;
  readonly clock: Clock;
  /** Control groups for the attempt that is about to start; undefined: none. */
  readonly contain?: () => AttemptGroup | undefined;
  /** For an attempt without control groups; undefined: nothing is done about fork bombs. */
  readonly fence?: () => FenceRules | undefined;
  readonly onAction?: (text: string, reason: TerminationReason) => void;
}

/** Starts the command, in its control groups or with what stands in for them; it runs when this returns. */
export function startAttempt(
  number: number,
  options: AttemptOptions,
):
  | {readonly ok: true; readonly attempt: StartedAttempt}
  | {readonly ok: false; readonly failure: Promise<SpawnFailure>} {
  const {command, contain} = options;
  const group = contain?.();
  const fence = group === undefined ? openFence(options) : undefined;
  const launched = launch(entering(command, (group ?? fence)?.enter));
  if (!launched.ok) {
    fence?.close();
    return launched;
  }
  fence?.watch(launched.pid);
  return {ok: true, attempt: {number, ...around(launched, group, fence, options)}};
}

function openFence({fence, clock, marker}: AttemptOptions): CrowdFence | undefined {
  const rules = fence?.();
  return rules && new CrowdFence(rules, clock, marker);
}

function around(
  launched: RunningChild,
  group: AttemptGroup | undefined,
  fence: CrowdFence | undefined,
  {marker, clock, onAction = () => undefined}: AttemptOptions,
): Omit<StartedAttempt, 'number'> {
  const {pid} = launched;
  const crowded = group?.crowded ?? fence?.crowded;
  const probe = openProbe({
    rootPid: pid,
    ownChild: true,
    nowMs: () => clock.nowMs(),
    ...(marker === undefined ? {} : {marker}),
    ...(group === undefined ? {} : {groupPids: () => group.members()}),
    ...(crowded && {crowded}),
  });
  const terminator = new TreeTerminator(probe, clock, onAction, group);
  const throttle = new TreeThrottle(probe, terminator, clock, onAction, group);
  return {
    pid,
    probe,
    terminator,
    throttle,
    ...(group && {group}),
    launched,
    startedAtMs: clock.nowMs(),
    killedByKernel: false,
    begin: (settled) => {
      group?.begin(settled);
      void fence?.begin(probe, settled);
    },
    close: () => {
      probe.close();
      fence?.close();
    },
  };
}
