import {existsSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, onTestFinished, test, vi, type MockInstance} from 'vitest';
import type {Clock} from '../../../src/core/clock.js';
import {
  ResourceLimitManager,
  type LimitEvent,
  type ResourceLimitManagerOptions,
} from '../../../src/core/limits/resource-limit-manager.js';
import {limitsSet} from '../../../src/core/limits/resource-limits.js';
import type {ResourceViolation} from '../../../src/core/limits/resource-violation.js';
import {ancestorsOf} from '../../../src/core/monitor/open-probe.js';
import type {ProcessReading, TreeReading} from '../../../src/core/monitor/probe.js';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import {TreeTerminator} from '../../../src/core/process/tree-terminator.js';
import {waitFor} from '../../support/wait-for.js';
import {reading} from '../monitor/readings.js';
import {ScriptedProbe} from '../monitor/scripted-probe.js';
import {gone, startNode, startShell} from '../process/real-children.js';

/** Follows the virtual timers of a test that has them. */
const clock: Clock = {nowMs: () => performance.now(), timestampMs: () => Date.now()};

const managers: ResourceLimitManager[] = [];

afterEach(() => {
  for (const manager of managers.splice(0)) manager.stop();
});

interface Watched {
  readonly manager: ResourceLimitManager;
  readonly events: LimitEvent[];
  kinds: () => string[];
  texts: () => string[];
}

function manage(options: ResourceLimitManagerOptions): Watched {
  const events: LimitEvent[] = [];
  const manager = new ResourceLimitManager({
    clock,
    onEvent: (event) => {
      if (event.kind !== 'usage_sampled') events.push(event);
    },
    ...options,
  });
  managers.push(manager);
  return {
    manager,
    events,
    kinds: () => events.map(({kind}) => kind),
    texts: () => events.flatMap((event) => ('text' in event ? [event.text] : [])),
  };
}

/** A tree in memory with a root that never ends and cannot be signalled. */
function inMemory(
  figures: (count: number) => Partial<ProcessReading> = () => ({}),
  options: Partial<ResourceLimitManagerOptions> = {},
): Watched & {probe: ScriptedProbe} {
  const probe = new ScriptedProbe((_, count): TreeReading => ({
    processes: [reading({pid: 4_000_000, ...figures(count)})],
  }));
  const limits = {cpu: {maxTimeMs: 100}};
  return {...manage({pid: probe.rootPid, limits, probe, ...options}), probe};
}

const over = (): Partial<ProcessReading> => ({cpuTimeMs: 200});

describe('in virtual time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([0, 1, -1, -500, NaN, Infinity, 1.5, 2 ** 60, process.pid])(
    'the pid %d cannot be limited',
    (pid) => {
      expect(() => new ResourceLimitManager({pid, limits: {}})).toThrow(RangeError);
    },
  );

  const WOULD_END = {process: {maxProcesses: 1}};

  test.each(['internal', 'external'] as const)(
    'in mode %s the process that this one runs in cannot be limited by a policy that would end it',
    (violationHandling) => {
      for (const policy of ['graceful_shutdown', 'immediate_kill', 'restart'] as const) {
        const limits = {process: {maxProcesses: 1, policy}};
        expect(() => new ResourceLimitManager({pid: process.ppid, limits, violationHandling})).toThrow(
          new RangeError(`pid ${String(process.ppid)} cannot be limited: this process is part of its tree`),
        );
      }
      expect(
        () => new ResourceLimitManager({pid: process.ppid, limits: {timeoutMs: 1}, violationHandling}),
      ).toThrow(RangeError);
    },
  );

  test('an ancestor further up cannot be limited either', ({skip}) => {
    skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
    const [parent = 0, grandparent = 0] = ancestorsOf(process.pid);
    expect(parent).toBe(process.ppid);
    skip(grandparent <= 1, 'skipped: this process has no grandparent that could be limited');
    expect(() => new ResourceLimitManager({pid: grandparent, limits: WOULD_END})).toThrow(RangeError);
  });

  test('an ancestor may be watched when nothing would end it', () => {
    const probe = new ScriptedProbe(() => ({processes: []}), process.ppid);
    const limits = {process: {maxProcesses: 1, policy: 'log'}} as const;
    manage({pid: process.ppid, limits, probe});
    manage({pid: process.ppid, limits: {}, probe});
    manage({pid: process.ppid, limits: WOULD_END, violationHandling: 'disabled', probe});
  });

  test('violations are handled internally unless told otherwise', () => {
    expect(inMemory().manager.getViolationHandlingMode()).toBe('internal');
    for (const violationHandling of ['internal', 'external', 'disabled'] as const) {
      expect(inMemory(over, {violationHandling}).manager.getViolationHandlingMode()).toBe(violationHandling);
    }
  });

  test('external handling without a callback is an error at the start', async () => {
    const {manager, probe} = inMemory(over, {violationHandling: 'external'});
    await expect(manager.start()).rejects.toThrow('setViolationCallback');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(probe.requests).toEqual([]);
  });

  test.each(['restart', 'restart_adjusted'] as const)(
    'the enforcer refuses the policy %s',
    async (policy) => {
      const limits = {cpu: {maxTimeMs: 100, policy}};
      await expect(inMemory(over, {limits}).manager.start()).rejects.toThrow('external');
      await inMemory(over, {limits, violationHandling: 'disabled'}).manager.start();
    },
  );

  test.each(['internal', 'external', 'disabled'] as const)(
    'handled %s, the policy throttle is refused for anything but the CPU percentage',
    async (violationHandling) => {
      const limits = {cpu: {maxTimeMs: 100, policy: 'throttle'}} as const;
      const {manager} = inMemory(over, {limits, violationHandling});
      manager.setViolationCallback(() => undefined);
      await expect(manager.start()).rejects.toThrow('the policy throttle cannot keep max_time');
    },
  );

  test('the first sample is taken at the start', async () => {
    const {manager, probe} = inMemory();
    await manager.start();
    expect(probe.requests).toHaveLength(1);
    expect(manager.getHistory()).toHaveLength(1);
  });

  test('internally the enforcer ends the tree and says so, in this order', async () => {
    const {manager, events, kinds} = inMemory(over);
    await manager.start();
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
    const [violation] = manager.getViolations();
    expect(events).toEqual([
      {kind: 'violation_begun', violation},
      {kind: 'enforced', violation},
    ]);
    expect(violation).toMatchObject({limitType: 'max_time', severity: 'critical', currentValue: 200});
  });

  test('when the kernel has killed at its cap before, that is the one violation, whatever the sample shows', async () => {
    const asked = vi.fn();
    const limits = {cpu: {maxTimeMs: 100}};
    const {manager, kinds} = inMemory(over, {
      limits,
      askKernel: () => {
        asked();
        const [limit] = limitsSet(limits);
        if (limit !== undefined) manager.capReached(limit, {source: 'cgroup1', capValue: 100});
      },
    });
    await manager.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(manager.getViolations()).toMatchObject([{severity: 'critical', source: 'cgroup1'}]);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('the kernel is asked once when a limit is broken, not for a warning', async () => {
    const askKernel = vi.fn();
    const {manager, kinds} = inMemory((count) => ({cpuTimeMs: count === 1 ? 90 : 200}), {askKernel});
    await manager.start();
    expect(kinds()).toEqual(['violation_begun']);
    expect(askKernel).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5000);
    expect(askKernel).toHaveBeenCalledTimes(1);
    expect(kinds()).toContain('enforced');
  });

  test('a violation that goes on is enforced once', async () => {
    const {manager, kinds} = inMemory(over);
    await manager.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('the enforcer does nothing to a tree whose root has just ended by itself', async () => {
    const {manager, probe, kinds} = inMemory(over);
    probe.rootAlive = false;
    const started = manager.start();
    await vi.advanceTimersByTimeAsync(0);
    await started;
    expect(kinds()).toEqual(['violation_begun']);
  });

  test.each(['none', 'log', 'alert'] as const)('the policy %s ends nothing', async (policy) => {
    const {manager, kinds} = inMemory(over, {limits: {cpu: {maxTimeMs: 100, policy}}});
    await manager.start();
    expect(kinds()).toEqual(['violation_begun']);
    expect(manager.getViolations()).toMatchObject([{policy}]);
  });

  test('a warning is recorded and told, and nothing is done about it in any mode', async () => {
    for (const violationHandling of ['internal', 'external', 'disabled'] as const) {
      const callback = vi.fn();
      const {manager, kinds} = inMemory(() => ({cpuTimeMs: 90}), {violationHandling});
      manager.setViolationCallback(callback);
      await manager.start();
      expect(kinds()).toEqual(['violation_begun']);
      expect(manager.getViolations()).toMatchObject([{severity: 'warning'}]);
      expect(callback).not.toHaveBeenCalled();
    }
  });

  test('disabled handling records a violation and enforces nothing', async () => {
    const callback = vi.fn();
    const {manager, kinds} = inMemory(over, {violationHandling: 'disabled'});
    manager.setViolationCallback(callback);
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kinds()).toEqual(['violation_begun']);
    expect(manager.getViolations()).toHaveLength(1);
    expect(callback).not.toHaveBeenCalled();
  });

  test('externally the callback is called once for each critical violation, and the enforcer keeps still', async () => {
    const callback = vi.fn<(violation: ResourceViolation) => void>();
    const limits = {cpu: {maxTimeMs: 100}, process: {maxFileDescriptors: 3}};
    const {manager, kinds} = inMemory(() => ({cpuTimeMs: 200, fileDescriptors: 9}), {
      violationHandling: 'external',
      limits,
    });
    manager.setViolationCallback(callback);
    await manager.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(callback.mock.calls.map(([violation]) => violation.limitType)).toEqual([
      'max_file_descriptors',
      'max_time',
    ]);
    expect(kinds()).toEqual(['violation_begun', 'violation_begun']);
  });

  test('internally no callback is called', async () => {
    const callback = vi.fn();
    const {manager} = inMemory(over);
    manager.setViolationCallback(callback);
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(callback).not.toHaveBeenCalled();
  });

  const failures: [string, () => void | Promise<void>, string][] = [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'broken',
    ],
    ['rejects', () => Promise.reject(new Error('refused')), 'refused'],
    [
      'throws what is no error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a caller may do so
        throw 'just a text';
      },
      'just a text',
    ],
    ['hangs', () => new Promise(() => undefined), 'not settled within 5000 ms'],
  ];

  test.each(failures)(
    'a callback that %s is told, the limit is enforced and sampling goes on',
    async (_, callback, why) => {
      const {manager, kinds, texts, probe} = inMemory(over, {violationHandling: 'external'});
      manager.setViolationCallback(callback);
      await manager.start();
      await vi.advanceTimersByTimeAsync(5001);
      expect(kinds()).toEqual(['violation_begun', 'notice', 'enforced']);
      expect(texts()[0]).toContain(why);
      const before = probe.requests.length;
      await vi.advanceTimersByTimeAsync(1000);
      expect(probe.requests.length).toBeGreaterThan(before);
    },
  );

  test('a failed callback for a policy that ends nothing is only told', async () => {
    const {manager, kinds} = inMemory(over, {
      violationHandling: 'external',
      limits: {cpu: {maxTimeMs: 100, policy: 'log'}},
    });
    manager.setViolationCallback(() => Promise.reject(new Error('refused')));
    await manager.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(kinds()).toEqual(['violation_begun', 'notice']);
  });

  test('a failed callback for a restart ends the tree as far as signals go', async () => {
    const {manager, kinds} = inMemory(over, {
      violationHandling: 'external',
      limits: {cpu: {maxTimeMs: 100, policy: 'restart'}},
    });
    manager.setViolationCallback(() => Promise.reject(new Error('refused')));
    await manager.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(kinds()).toEqual(['violation_begun', 'notice', 'enforced']);
  });

  test('a callback may take its time up to its own deadline', async () => {
    const {manager, kinds} = inMemory(over, {violationHandling: 'external', callbackDeadlineMs: 60_000});
    manager.setViolationCallback(() => new Promise((resolve) => setTimeout(resolve, 59_000)));
    await manager.start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(kinds()).toEqual(['violation_begun']);
  });

  test('the timeout is a timer: it strikes between two samples', async () => {
    const {manager, events, kinds} = inMemory(() => ({}), {limits: {timeoutMs: 1234}, intervalMs: 60_000});
    await manager.start();
    await vi.advanceTimersByTimeAsync(1233);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
    expect(manager.getViolations()).toMatchObject([
      {limitType: 'timeout', currentValue: 1234, limitValue: 1234, policy: 'graceful_shutdown'},
    ]);
  });

  test('each step of a timeout strikes at its time, and none after the stop', async () => {
    const timeoutMs = [
      {value: 100, policy: 'log'},
      {value: 200},
      {value: 900, policy: 'immediate_kill'},
    ] as const;
    const {manager, kinds} = inMemory(() => ({}), {limits: {timeoutMs}, intervalMs: 60_000});
    await manager.start();
    await vi.advanceTimersByTimeAsync(150);
    expect(kinds()).toEqual(['violation_begun']);
    await vi.advanceTimersByTimeAsync(100);
    expect(kinds()).toEqual(['violation_begun', 'violation_begun', 'enforced']);
    manager.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(manager.getViolations().map(({limitValue, policy}) => [limitValue, policy])).toEqual([
      [100, 'log'],
      [200, 'graceful_shutdown'],
    ]);
  });

  test('the timeout strikes although no sample can be taken', async () => {
    const probe = new ScriptedProbe(() => new Promise(() => undefined));
    const {manager, kinds} = manage({pid: probe.rootPid, limits: {timeoutMs: 500}, probe});
    void manager.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('the timeout goes through the callback in mode external', async () => {
    const callback = vi.fn();
    const {manager, kinds} = inMemory(() => ({}), {limits: {timeoutMs: 500}, violationHandling: 'external'});
    manager.setViolationCallback(callback);
    await manager.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(kinds()).toEqual(['violation_begun']);
  });

  test('a timeout of two months strikes neither early nor never', async () => {
    const twoMonthsMs = 60 * 24 * 3_600_000;
    const probe = new ScriptedProbe(() => new Promise(() => undefined));
    const {manager, events} = manage({pid: probe.rootPid, limits: {timeoutMs: twoMonthsMs}, probe});
    void manager.start();
    await vi.advanceTimersByTimeAsync(twoMonthsMs - 1);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(manager.getViolations()).toHaveLength(1);
  });

  test('after the stop neither a sample nor the timeout does anything', async () => {
    const {manager, events, probe} = inMemory((count) => (count > 1 ? over() : {}), {
      limits: {cpu: {maxTimeMs: 100}, timeoutMs: 1000},
    });
    await manager.start();
    manager.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(events).toEqual([]);
    expect(probe.requests).toHaveLength(1);
  });

  test('a probe that was handed in is not closed by the manager', async () => {
    const {manager, probe} = inMemory();
    await manager.start();
    manager.stop();
    expect(probe.closed).toBe(0);
  });

  test('during the start-up grace nothing is judged, afterwards it is', async () => {
    const {manager, events, kinds} = inMemory(over, {startupGraceMs: 2000});
    await manager.start();
    await vi.advanceTimersByTimeAsync(1950);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('the timeout does not wait for the start-up grace', async () => {
    const {manager, kinds} = inMemory(over, {startupGraceMs: 2000, limits: {timeoutMs: 300}});
    await manager.start();
    await vi.advanceTimersByTimeAsync(300);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('the end of a violation is told before the begin of another one', async () => {
    const {manager, kinds} = inMemory((count) => ({cpuTimeMs: count === 1 ? 90 : 200}));
    await manager.start();
    await vi.advanceTimersByTimeAsync(200);
    expect(kinds()).toEqual(['violation_begun', 'violation_ended', 'violation_begun', 'enforced']);
    expect(manager.getViolations().map(({severity}) => severity)).toEqual(['warning', 'critical']);
  });

  test('the list of violations that was handed out does not grow', async () => {
    const {manager} = inMemory((count) => (count > 1 ? over() : {}));
    await manager.start();
    const before = manager.getViolations();
    await vi.advanceTimersByTimeAsync(1000);
    expect(before).toEqual([]);
    expect(manager.getViolations()).toHaveLength(1);
  });

  test('a violation that is dispatched tells who was in the tree, and keeps it', async () => {
    const {manager, events} = inMemory((count) => ({cpuTimeMs: count * 60, rssBytes: 7}));
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    const critical = manager.getViolations().find(({severity}) => severity === 'critical');
    expect(critical?.tree).toMatchObject([{pid: 4_000_000, name: 'node', rssBytes: 7}]);
    expect(events).toContainEqual({kind: 'violation_begun', violation: critical});
  });

  test('of a huge tree the 500 largest members are told and the others counted', async () => {
    const probe = new ScriptedProbe(() => ({
      processes: Array.from({length: 510}, (_, index) => reading({pid: 10 + index, rssBytes: index})),
    }));
    const {manager} = manage({pid: probe.rootPid, limits: {process: {maxProcesses: 5}}, probe});
    await manager.start();
    const [violation] = manager.getViolations();
    expect(violation?.tree?.map(({rssBytes}) => rssBytes)).toEqual(
      Array.from({length: 500}, (_, index) => 509 - index),
    );
    expect(violation?.treeOmitted).toBe(10);
  });

  test('a timeout tells the tree too', async () => {
    const {manager} = inMemory(() => ({rssBytes: 7}), {limits: {timeoutMs: 500}, intervalMs: 60_000});
    await manager.start();
    await vi.advanceTimersByTimeAsync(600);
    expect(manager.getViolations()).toMatchObject([{limitType: 'timeout', tree: [{rssBytes: 7}]}]);
  });

  test('Y-17 an action waits for what is to happen before it, and nothing is judged meanwhile', async () => {
    let finish!: () => void;
    const hook = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const after: string[] = [];
    const {manager, kinds} = inMemory((count) => ({cpuTimeMs: count === 1 ? 200 : 0}), {
      beforeAction: () => hook,
      afterAction: ({limitType}) => after.push(limitType),
    });
    await manager.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(kinds()).toEqual(['violation_begun']);
    expect(after).toEqual([]);
    finish();
    await vi.advanceTimersByTimeAsync(1);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
    expect(after).toEqual(['max_time']);
  });

  test('Y-17 what fails before an action is told, and the limit is still enforced', async () => {
    const {manager, kinds, texts} = inMemory(over, {
      beforeAction: () => Promise.reject(new Error('no hook')),
    });
    await manager.start();
    await vi.advanceTimersByTimeAsync(1);
    expect(kinds()).toEqual(['violation_begun', 'notice', 'enforced']);
    expect(texts()).toEqual(['what was to be done before acting failed: no hook']);
  });

  test('nothing is to happen before a warning', async () => {
    const seen: string[] = [];
    const {manager} = inMemory(() => ({cpuTimeMs: 90}), {
      beforeAction: ({severity}) => {
        seen.push(severity);
        return undefined;
      },
    });
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect({seen, violations: manager.getViolations().length}).toEqual({seen: [], violations: 1});
  });

  test('a tree that cannot be watched any more is a fault', async () => {
    const probe = new ScriptedProbe(() => {
      throw new Error('too many open files');
    });
    const {manager, kinds} = manage({pid: probe.rootPid, limits: {}, probe});
    await manager.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kinds()).toEqual(['fault']);
  });

  test('the history reaches back as far as it is kept', async () => {
    const {manager} = inMemory(() => ({}), {historyRetentionMs: 1000, limits: {}, intervalMs: 100});
    await manager.start();
    await vi.advanceTimersByTimeAsync(10_000);
    const times = manager.getHistory().map(({atMs}) => atMs);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThanOrEqual(1000);
    expect(times.length).toBeGreaterThanOrEqual(10);
  });

  const near = {memory: {maxRssBytes: 1000}};

  test('near a memory limit several processes are read again by their shares, which decide', async () => {
    const probe = new ScriptedProbe(({pss}) => ({
      processes: [1, 2].map((pid) => reading({pid, rssBytes: 900, ...(pss ? {pssBytes: 300} : {})})),
    }));
    const {manager, events} = manage({pid: probe.rootPid, limits: near, probe});
    await manager.start();
    expect(probe.requests.map(({pss}) => pss)).toEqual([false, true]);
    expect(manager.getHistory()[0]?.memory).toEqual({rssBytes: 1800, pssBytes: 600});
    await vi.advanceTimersByTimeAsync(500);
    expect(events).toEqual([]);
  });

  test('near the first step of a memory limit the shares decide too', async () => {
    const probe = new ScriptedProbe(({pss}) => ({
      processes: [1, 2].map((pid) => reading({pid, rssBytes: 900, ...(pss ? {pssBytes: 300} : {})})),
    }));
    const limits = {memory: {maxRssBytes: [{value: 1000, policy: 'log'}, {value: 100_000}]}} as const;
    const {manager, events} = manage({pid: probe.rootPid, limits, probe});
    await manager.start();
    expect(probe.requests.map(({pss}) => pss)).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(500);
    expect(events).toEqual([]);
  });

  test.each([
    ['a single process', [900], 0],
    ['a tree far from its limit', [100, 100], 1],
  ])('%s is hardly ever read by its shares', async (_, sizes, readings) => {
    const probe = new ScriptedProbe(() => ({
      processes: sizes.map((rssBytes, index) => reading({pid: 10 + index, rssBytes})),
    }));
    const {manager} = manage({pid: probe.rootPid, limits: near, probe});
    await manager.start();
    await vi.advanceTimersByTimeAsync(900);
    expect(probe.requests.length).toBeGreaterThan(5);
    expect(probe.requests.filter(({pss}) => pss)).toHaveLength(readings);
    manager.stop();
  });

  test.each([
    [{memory: {maxSwapBytes: 100}}, true],
    [{process: {maxFileDescriptors: 100}}, true],
    [{io: {maxReadBytesPerSecond: 100}}, true],
    [{io: {maxWriteBytesPerSecond: 100}}, true],
    [{memory: {maxRssBytes: 100}}, false],
    [{process: {maxProcesses: 100}}, false],
  ])('for %j every sample is detailed: %s', async (limits, detailed) => {
    const {manager, probe} = inMemory(() => ({}), {limits});
    await manager.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(probe.requests[1]?.details).toBe(detailed);
  });

  /** Above its memory limit of 1000 from the start, and far above it after a second. */
  function growing(options: Partial<ResourceLimitManagerOptions>): Watched & {
    terminator: TreeTerminator;
    kills: MockInstance<TreeTerminator['killAll']>;
  } {
    const began = performance.now();
    const probe = new ScriptedProbe(() => ({
      processes: [reading({pid: 4_000_000, rssBytes: performance.now() - began < 1000 ? 1100 : 9000})],
    }));
    probe.left = () => [{pid: probe.rootPid, startTime: 1}];
    const terminator = new TreeTerminator(probe, clock, () => undefined);
    const kills = vi.spyOn(terminator, 'killAll');
    const limits = {memory: {maxRssBytes: 1000}};
    return {...manage({pid: probe.rootPid, limits, probe, terminator, ...options}), terminator, kills};
  }

  test('memory that still grows while the tree is being ended cuts the grace period short', async () => {
    const {manager, kills, kinds} = growing({});
    await manager.start();
    await vi.advanceTimersByTimeAsync(900);
    expect(kills).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(300);
    const [violation] = manager.getViolations();
    expect(kills.mock.calls).toMatchObject([[{violation: {atMs: violation?.atMs}, actor: 'enforcer'}]]);
    expect(manager.getViolations()).toHaveLength(1);
    expect(kinds()).toEqual(['violation_begun', 'enforced']);
  });

  test('it does so too when the callback is what has asked the tree to end', async () => {
    const watched = growing({violationHandling: 'external'});
    const callback = vi.fn<() => void>(() => {
      watched.terminator.graceful(60_000, {actor: 'process_control'});
    });
    watched.manager.setViolationCallback(callback);
    await watched.manager.start();
    await vi.advanceTimersByTimeAsync(1200);
    const [violation] = watched.manager.getViolations();
    expect(watched.kills.mock.calls).toMatchObject([
      [{violation: {atMs: violation?.atMs}, actor: 'enforcer'}],
    ]);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test.each(['external', 'disabled'] as const)(
    'in mode %s a growing tree that nobody has asked to end is left alone',
    async (violationHandling) => {
      const {manager, kills, kinds} = growing({violationHandling});
      manager.setViolationCallback(() => undefined);
      await manager.start();
      await vi.advanceTimersByTimeAsync(3000);
      expect(kills).not.toHaveBeenCalled();
      expect(kinds()).toEqual(['violation_begun']);
    },
  );

  /** A tree of one process that is there in the first sample only. */
  function ending(options: Partial<ResourceLimitManagerOptions> = {}): Watched & {probe: ScriptedProbe} {
    const probe = new ScriptedProbe((_, count) => ({
      processes: count === 1 ? [reading({pid: 4_000_000})] : [],
    }));
    return {...manage({pid: probe.rootPid, limits: {timeoutMs: 5000}, probe, ...options}), probe};
  }

  test('the end of the tree is told once and ends the watching, the timeout too', async () => {
    const {manager, kinds, probe} = ending();
    await manager.start();
    expect(kinds()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(kinds()).toEqual(['tree_ended']);
    const looks = probe.requests.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kinds()).toEqual(['tree_ended']);
    expect(probe.requests).toHaveLength(looks);
  });

  test('the end of the tree is told once although the search for what is left takes its time', async () => {
    const {manager, kinds, probe} = ending();
    probe.left = () => new Promise((resolve) => setTimeout(resolve, 300, []));
    await manager.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(kinds()).toEqual(['tree_ended']);
  });

  test('a tree is watched on while anything is left of it anywhere', async () => {
    const {manager, kinds, probe} = ending();
    probe.left = () => [{pid: 4_000_001, startTime: 1}];
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kinds()).toEqual([]);
    const looks = probe.requests.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(probe.requests.length).toBeGreaterThan(looks);
    probe.left = () => [];
    await vi.advanceTimersByTimeAsync(1000);
    expect(kinds()).toEqual(['tree_ended']);
  });

  test('the end of the tree is told during the start-up grace too', async () => {
    const {manager, kinds} = ending({startupGraceMs: 60_000});
    await manager.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kinds()).toEqual(['tree_ended']);
  });

  test('one last look is possible after the stop', async () => {
    const {manager} = inMemory(() => ({cpuTimeMs: 7}));
    await manager.start();
    manager.stop();
    expect((await manager.finalUsage()).cpu.timeMs).toBe(7);
  });
});

describe('on real trees', () => {
  beforeEach(({skip}) => {
    skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  });

  const ONE_PROCESS = {process: {maxProcesses: 1}};

  test('internally a tree with one process too many is ended, the grandchild in its own session too', async () => {
    const child = startNode(`
      const daemon = require('child_process').spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
      console.log('daemon ' + daemon.pid);
      setInterval(() => {}, 1000);`);
    const daemon = await child.saidPid('daemon');
    const {manager, kinds, texts} = manage({pid: child.pid, limits: ONE_PROCESS, ownChild: true});
    await manager.start();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGTERM'});
    await gone(daemon);
    await waitFor(() => texts().length > 0, {what: 'the action to be told'});
    expect(kinds().slice(0, 3)).toEqual(['violation_begun', 'enforced', 'action_taken']);
    expect(texts()).toEqual(['SIGTERM to 2 processes']);
  });

  test('a child that ignores SIGTERM is killed after the grace period', async () => {
    const child = startShell('trap "" TERM; sleep 1000 & echo ready; while :; do wait; done');
    await child.said('ready');
    const {manager, texts} = manage({pid: child.pid, limits: ONE_PROCESS, gracePeriodMs: 100});
    await manager.start();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    await waitFor(() => texts().length > 1, {what: 'both actions to be told', seen: () => texts().join()});
    expect(texts()[0]).toBe('SIGTERM to 2 processes');
    expect(texts()[1]).toMatch(/^SIGKILL to \d process/);
  });

  test('the policy immediate_kill asks nobody', async () => {
    const child = startShell('trap "echo asked" TERM; sleep 1000 & echo ready; wait');
    await child.said('ready');
    const limits = {process: {maxProcesses: 1, policy: 'immediate_kill' as const}};
    const {manager, texts} = manage({pid: child.pid, limits});
    await manager.start();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    await waitFor(() => texts().length > 0, {what: 'the action to be told'});
    expect(texts()).toEqual(['SIGKILL to 2 processes']);
  });

  test('with disabled handling the tree goes on', async () => {
    const child = startShell('sleep 1000 & echo ready; read x; echo unharmed');
    await child.said('ready');
    const {manager} = manage({pid: child.pid, limits: ONE_PROCESS, violationHandling: 'disabled'});
    await manager.start();
    expect(manager.getViolations()).toMatchObject([{limitType: 'max_processes', currentValue: 2}]);
    child.process.stdin?.write('go\n');
    await child.said('unharmed');
    expect(await child.ended).toEqual({exitCode: 0, signal: null});
  });

  test('externally the callback decides: a tree that it leaves alone goes on', async () => {
    const child = startShell('sleep 1000 & echo ready; read x; echo unharmed');
    await child.said('ready');
    const seen: ResourceViolation[] = [];
    const {manager, kinds} = manage({pid: child.pid, limits: ONE_PROCESS, violationHandling: 'external'});
    manager.setViolationCallback((violation) => {
      seen.push(violation);
    });
    await manager.start();
    expect(seen).toEqual(manager.getViolations());
    child.process.stdin?.write('go\n');
    await child.said('unharmed');
    expect(await child.ended).toEqual({exitCode: 0, signal: null});
    manager.stop();
    expect(kinds().filter((kind) => kind === 'enforced' || kind === 'action_taken')).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  test('a callback that throws does not save a tree from its limit', async () => {
    const child = startShell('sleep 1000 & echo ready; wait');
    await child.said('ready');
    const {manager, texts} = manage({pid: child.pid, limits: ONE_PROCESS, violationHandling: 'external'});
    manager.setViolationCallback(() => {
      throw new Error('broken');
    });
    await manager.start();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGTERM'});
    await waitFor(() => texts().length > 1, {what: 'the action to be told'});
    expect(texts()).toEqual(['the violation callback failed: broken', 'SIGTERM to 2 processes']);
  });

  test('the timeout ends a tree that uses nothing', async () => {
    const child = startShell('echo ready; exec sleep 1000');
    await child.said('ready');
    const {manager} = manage({pid: child.pid, limits: {timeoutMs: 50}, intervalMs: 60_000});
    await manager.start();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGTERM'});
    expect(manager.getViolations()[0]?.currentValue).toBeGreaterThanOrEqual(50);
  });

  test('a program that takes more memory than it may is ended near its limit', async () => {
    const child = startNode(`
      console.log('ready');
      process.stdin.once('data', () => {
        const kept = [];
        setInterval(() => kept.push(Buffer.alloc(4 * 2 ** 20, 1)), 5);
      });`);
    await child.said('ready');
    const limit = 256 * 2 ** 20;
    const {manager} = manage({
      pid: child.pid,
      limits: {memory: {maxRssBytes: limit, policy: 'immediate_kill'}},
    });
    await manager.start();
    child.process.stdin?.write('go\n');
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    const critical = manager.getViolations().find(({severity}) => severity === 'critical');
    expect(critical).toMatchObject({limitType: 'max_rss', limitValue: limit});
    expect(critical?.currentValue).toBeGreaterThan(limit);
    expect(critical?.currentValue).toBeLessThan(2 * limit);
  });

  test('the CPU time of children that were waited for counts', async () => {
    const burn = 'const end = process.cpuUsage().user + 150000; while (process.cpuUsage().user < end);';
    const child = startShell(`while :; do "${process.execPath}" -e "${burn}"; done`);
    const {manager} = manage({
      pid: child.pid,
      limits: {cpu: {maxTimeMs: 600, policy: 'immediate_kill'}},
      ownChild: true,
    });
    await manager.start();
    await child.ended;
    const critical = manager.getViolations().find(({severity}) => severity === 'critical');
    expect(critical?.limitType).toBe('max_time');
  });

  test('a tree that has ended before the start breaks no limit', async () => {
    const child = startShell('exit 0');
    await child.ended;
    const {manager, events} = manage({pid: child.pid, limits: ONE_PROCESS});
    await manager.start();
    expect(manager.getHistory()[0]?.process.processes).toBe(0);
    await waitFor(() => events.length > 0, {what: 'the end of the tree to be told'});
    expect(events).toEqual([{kind: 'tree_ended'}]);
  });

  test('the end of a tree is told when its last process has ended, not before', async () => {
    const child = startShell('sleep 1000 & echo background $!; read x');
    const background = await child.saidPid('background');
    const {manager, kinds} = manage({pid: child.pid, limits: {}});
    await manager.start();
    child.process.stdin?.end();
    await child.ended;
    await waitFor(() => manager.getHistory().at(-1)?.process.processes === 1, {what: 'a look at the rest'});
    expect(kinds()).toEqual([]);
    process.kill(background, 'SIGKILL');
    await waitFor(() => kinds().length > 0, {what: 'the end of the tree to be told'});
    expect(kinds()).toEqual(['tree_ended']);
  });

  test('a stop does not hinder an enforcement: only when it is done the own probe is closed', async () => {
    const close = vi.spyOn(ProcfsProbe.prototype, 'close');
    onTestFinished(() => {
      close.mockRestore();
    });
    const child = startShell('trap "" TERM; sleep 1000 & echo ready; while :; do wait; done');
    await child.said('ready');
    const {manager, kinds} = manage({pid: child.pid, limits: ONE_PROCESS, gracePeriodMs: 300});
    await manager.start();
    expect(kinds().slice(0, 2)).toEqual(['violation_begun', 'enforced']);
    manager.stop();
    await new Promise(setImmediate);
    expect(close).not.toHaveBeenCalled();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    await waitFor(() => close.mock.calls.length > 0, {what: 'the probe to be closed'});
  });

  test('a stop without an enforcement closes the own probe at once', async () => {
    const close = vi.spyOn(ProcfsProbe.prototype, 'close');
    onTestFinished(() => {
      close.mockRestore();
    });
    const child = startShell('echo ready; read x');
    await child.said('ready');
    const {manager} = manage({pid: child.pid, limits: ONE_PROCESS});
    await manager.start();
    manager.stop();
    await new Promise(setImmediate);
    expect(close).toHaveBeenCalled();
  });
});
