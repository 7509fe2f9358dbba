import {chooseGroups, type GroupChoice} from '../containment/choose-groups.js';
import {CONTROLLERS, type CgroupFacts, type Controller} from '../containment/cgroup-facts.js';
import {kindOf} from '../containment/containment.js';
import {capsWithout, kernelCaps} from '../limits/kernel-caps.js';
import {limitPromises, type CapsInForce} from '../limits/limit-promises.js';
import {LIMIT_KINDS, limitsSet, type ResourceLimits} from '../limits/resource-limits.js';
import type {UsageMetric} from '../monitor/probe.js';
import type {LimitPromise} from '../record/run-event.js';
import {OUTLOOK_POLICIES, type LimitOutlook, type OutlookPolicy} from './doctor-report.js';

/** Which caps of the kernel a run would have here. */
export interface CapsHere {
  /** Absent: there would be no group at all. */
  readonly source?: CapsInForce['source'];
  /** What cannot be capped, and why. */
  readonly missing: ReadonlyMap<Controller, string>;
  /** Only in a scope that systemd is asked for when a run starts. */
  readonly byManager: boolean;
}

/** As a run decides it, without doing anything. */
export function capsHere(facts: CgroupFacts): CapsHere {
  return capsOf(chooseGroups(facts, CONTROLLERS), facts);
}

function capsOf(choice: GroupChoice, facts: CgroupFacts): CapsHere {
  const all = (controllers: readonly Controller[], why: string): Map<Controller, string> =>
    new Map(controllers.map((controller) => [controller, why]));
  switch (choice.kind) {
    case 'none':
      return {missing: all(CONTROLLERS, choice.why), byManager: false};
    case 'ask': {
      // The caps are there either way.
      if (choice.because === 'oom_policy') return capsOf(choice.otherwise, facts);
      const lacking = CONTROLLERS.filter((one) => facts.managerControllers?.includes(one) === false);
      return {
        source: 'cgroup2',
        missing: all(lacking, 'the scope of systemd would not have it'),
        byManager: true,
      };
    }
    case 'groups':
      return {source: kindOf(choice.places), missing: choice.missing, byManager: false};
  }
}

/**
 * How each kind of limit would be kept, in the order of {@link LIMIT_KINDS}.
 * @param holdsTasks whether the kernel holds the user to a limit on tasks
 */
export function limitOutlooks(
  measures: ReadonlySet<UsageMetric>,
  intervalMs: number,
  caps: CapsHere | undefined,
  holdsTasks: boolean,
): LimitOutlook[] {
  const [kill, graceful] = OUTLOOK_POLICIES.map((policy) =>
    promisesFor(policy, measures, intervalMs, caps, holdsTasks),
  );
  return LIMIT_KINDS.flatMap(({type}) => {
    const isOfType = ({limitType}: LimitPromise): boolean => limitType === type;
    const [immediate_kill, graceful_shutdown] = [kill?.find(isOfType), graceful?.find(isOfType)];
    if (immediate_kill === undefined || graceful_shutdown === undefined) return [];
    return [{limitType: type, promises: {immediate_kill, graceful_shutdown}}];
  });
}

function promisesFor(
  policy: OutlookPolicy,
  measures: ReadonlySet<UsageMetric>,
  intervalMs: number,
  caps: CapsHere | undefined,
  holdsTasks: boolean,
): LimitPromise[] {
  const limits = limitsSet(exampleLimits(policy));
  const wanted = kernelCaps(limits, {handling: 'internal', startupGraceMs: 0, freezes: false});
  if (caps?.source === undefined) {
    return limitPromises(limits, measures, intervalMs, undefined, holdsTasks && wanted.tasks !== undefined);
  }
  const {source, missing} = caps;
  return limitPromises(limits, measures, intervalMs, {...capsWithout(wanted, missing), source});
}

const MIB = 1024 * 1024;
const SECOND_MS = 1000;

/** One of each kind; how a limit is kept does not depend on its value. */
function exampleLimits(policy: OutlookPolicy): ResourceLimits {
  return {
    memory: {policy, maxRssBytes: 512 * MIB, maxVirtualBytes: 512 * MIB, maxSwapBytes: 512 * MIB},
    cpu: {policy, maxPercent: 100, maxTimeMs: SECOND_MS},
    io: {policy, maxReadBytesPerSecond: MIB, maxWriteBytesPerSecond: MIB},
    process: {policy, maxProcesses: 100, maxFileDescriptors: 100},
    timeoutMs: [{value: SECOND_MS, policy}],
  };
}
