import type {UsageMetric} from '../monitor/probe.js';
import type {KernelCap, LimitPromise} from '../record/run-event.js';
import type {KernelCaps} from './kernel-caps.js';
import type {Limit} from './resource-limits.js';

/** What the kernel really holds the tree to. */
export type CapsInForce = KernelCaps & {readonly source: KernelCap['source']};

const ABOVE_A_CAP =
  'none, but for pages of program files, which the kernel counts where they were read first';

const MADE_UP_FOR = 'a rate is known after a second; what was too much until then is made up for';

/** Whether a limit on the tasks of a user (RLIMIT_NPROC) holds this one: root it does not (setrlimit(2)). */
export function userTasksAreHeld(platform: string, uid: number | undefined): boolean {
  return platform === 'linux' && uid !== 0;
}

const USER_TASKS = "; a limit on the user's tasks (ulimit -u) is the backstop";

/**
 * What keeps each limit (each step of it) on this machine, told before the start. A limit on a metric that is not measured here is
 * kept by nobody.
 * @param measures undefined when nothing is sampled
 * @param caps what control groups keep; absent: nothing
 * @param holdsTasks whether, without a cap, the kernel limits the tasks of the user (RLIMIT_NPROC)
 */
export function limitPromises(
  limits: readonly Limit[],
  measures: ReadonlySet<UsageMetric> | undefined,
  intervalMs: number,
  caps?: CapsInForce,
  holdsTasks = false,
): LimitPromise[] {
  return limits.map((one): LimitPromise => {
    const {kind, value, policy, sustainMs} = one;
    const limit = {limitType: kind.type, limitValue: value, policy, sustainMs};
    if (kind.needs === undefined) return {...limit, enforcedBy: 'timer', overshoot: 'some milliseconds'};
    if (measures?.has(kind.needs) !== true) return {...limit, enforcedBy: 'nobody'};
    const polling = {...limit, enforcedBy: 'polling', everyMs: intervalMs} as const;
    const cap = caps && capOf(one, caps);
    if (cap === undefined) {
      const backstop = kind.type === 'max_processes' && holdsTasks ? USER_TASKS : '';
      return {...polling, overshoot: `${overshootOfSampling(one)}${backstop}`};
    }
    if (kind.type === 'max_percent')
      return {...polling, enforcedBy: 'kernel', cap, overshoot: afterSustain(one, MADE_UP_FOR)};
    const isTheLimit = kind.type === 'max_rss' && caps?.memory?.role === 'limit';
    if (isTheLimit) return {...polling, enforcedBy: 'kernel', cap, overshoot: ABOVE_A_CAP};
    const overshoot = kind.type === 'max_rss' ? 'up to the backstop' : overshootOfSampling(one);
    return {...polling, cap, overshoot};
  });
}

function capOf(limit: Limit, {memory, tasks, throttled, source}: CapsInForce): KernelCap | undefined {
  const {kind, value, policy} = limit;
  // Of a limit in steps only the one that the cap is for.
  if (kind.type === 'max_rss' && memory?.limit.value === value) return {source, value: memory.bytes};
  if (kind.type === 'max_processes' && tasks !== undefined) return {source, value: tasks};
  if (kind.type === 'max_percent' && policy === 'throttle' && throttled) return {source, value};
  return undefined;
}

function overshootOfSampling(limit: Limit): string {
  const {kind} = limit;
  const between = 'what is used between two samples, which come every millisecond or so near the limit';
  const rate = 'a rate is known after a second';
  const what = kind.unit === 'percent' || kind.unit === 'bytesPerSecond' ? rate : between;
  return afterSustain(limit, what);
}

function afterSustain({sustainMs}: Limit, what: string): string {
  return sustainMs === 0 ? what : `unlimited for the sustain time, then ${what}`;
}
