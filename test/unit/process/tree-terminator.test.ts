import {existsSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {systemClock} from '../../../src/core/clock.js';
import type {ProcessIdentity, ProcessTree} from '../../../src/core/monitor/probe.js';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import {TreeTerminator, type TerminationReason} from '../../../src/core/process/tree-terminator.js';
import {isAlive} from '../../support/survivors.js';
import {waitFor} from '../../support/wait-for.js';
import {gone, inState, startNode, startShell, type RealChild} from './real-children.js';

const REASON: TerminationReason = {actor: 'limitrun'};
/** A grace period that no test waits for. */
const LONG_MS = 60_000;

interface Subject {
  readonly terminator: TreeTerminator;
  readonly said: string[];
  readonly reasons: TerminationReason[];
}

function terminatorOf(tree: ProcessTree): Subject {
  const said: string[] = [];
  const reasons: TerminationReason[] = [];
  const terminator = new TreeTerminator(tree, systemClock, (text, reason) => {
    said.push(text);
    reasons.push(reason);
  });
  return {terminator, said, reasons};
}

describe('on real trees', () => {
  let probe: ProcfsProbe | undefined;

  beforeEach(({skip}) => {
    skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  });

  afterEach(() => {
    probe?.close();
    probe = undefined;
  });

  function of(child: RealChild): Subject & {readonly tree: ProcfsProbe} {
    const tree = new ProcfsProbe({
      rootPid: child.pid,
      ownChild: true,
      marker: child.marker,
      nowMs: () => systemClock.nowMs(),
    });
    probe = tree;
    return {...terminatorOf(tree), tree};
  }

  test('a tree that obeys SIGTERM is ended without force', async () => {
    const child = startShell('sleep 1000 & echo one $!; sleep 1000 & echo two $!; wait');
    const others = [await child.saidPid('one'), await child.saidPid('two')];
    const {terminator, said, reasons} = of(child);
    expect(terminator.begun).toBe(false);
    expect(terminator.graceful(LONG_MS, REASON)).toBe(true);
    expect(terminator.begun).toBe(true);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGTERM'});
    expect(others.filter(isAlive)).toEqual([]);
    expect(said).toEqual(['SIGTERM to 3 processes']);
    expect(reasons).toEqual([REASON]);
  });

  test('one process is told in the singular', async () => {
    const child = startShell('echo ready; exec sleep 1000');
    await child.said('ready');
    const {terminator, said} = of(child);
    terminator.graceful(LONG_MS, REASON);
    await terminator.ended();
    expect(said).toEqual(['SIGTERM to 1 process']);
  });

  test('a program may finish its work after SIGTERM', async () => {
    const child = startNode(`
      process.on('SIGTERM', () => { console.log('finished'); process.exit(5); });
      setInterval(() => {}, 1000);
      console.log('ready');`);
    await child.said('ready');
    const {terminator} = of(child);
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    await child.said('finished');
    expect(await child.ended).toEqual({exitCode: 5, signal: null});
  });

  test('who ignores SIGTERM is killed after the grace period', async () => {
    const child = startShell('trap "" TERM; echo ready; while :; do sleep 1000; done');
    await child.said('ready');
    const {terminator, said} = of(child);
    terminator.graceful(100, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    expect(said[0]).toMatch(/^SIGTERM to/);
    expect(said[1]).toMatch(/^SIGKILL to/);
  });

  test('who was just being started when the others were told to end is told too', async () => {
    const child = startShell('sleep 1000 & echo late $!; wait');
    const late = await child.saidPid('late');
    const tree = of(child).tree;
    // The first looks, nearby and everywhere, come too early to see it.
    const members = tree.members.bind(tree);
    const withoutIt: typeof members = (where) => members(where).filter(({pid}) => pid !== late);
    vi.spyOn(tree, 'members').mockImplementationOnce(withoutIt).mockImplementationOnce(withoutIt);
    const {terminator, said} = terminatorOf(tree);
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(said).toEqual(['SIGTERM to 1 process']);
  });

  test('what a program starts in order to end is not told to end', async () => {
    const cleanUp = 'trap "sleep 0.3; echo cleaned; exit 0" TERM; echo ready; while :; do sleep 0.01; done';
    const child = startShell(cleanUp);
    await child.said('ready');
    const {terminator} = of(child);
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    await child.said('cleaned');
    expect(await child.ended).toEqual({exitCode: 0, signal: null});
  });

  test('nor is what that starts, however soon', async () => {
    const cleanUp =
      'trap \'sh -c "sh -c \\"sleep 0.3; echo cleaned\\"; true"; exit 0\' TERM; echo ready; while :; do sleep 0.01; done';
    const child = startShell(cleanUp);
    await child.said('ready');
    const {terminator, tree} = of(child);
    const members = tree.members.bind(tree);
    const runsSleep = ({pid}: ProcessIdentity): boolean => tree.commandLine(pid)?.join(' ') === 'sleep 0.3';
    const looks = vi.spyOn(tree, 'members').mockImplementation((where) => {
      if (where === 'nearby') return members(where);
      // The search of the machine takes so long that the clean-up is under way.
      const deadline = performance.now() + 10_000;
      while (!members(where).some(runsSleep) && performance.now() < deadline);
      looks.mockRestore();
      return members(where);
    });
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    await child.said('cleaned');
    expect(await child.ended).toEqual({exitCode: 0, signal: null});
  });

  test('a stopped program gets to see the SIGTERM', async () => {
    const child = startNode(`
      process.on('SIGTERM', () => process.exit(6));
      setInterval(() => {}, 1000);
      console.log('ready');`);
    await child.said('ready');
    process.kill(child.pid, 'SIGSTOP');
    await inState(child.pid, 'T');
    const {terminator} = of(child);
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(await child.ended).toEqual({exitCode: 6, signal: null});
  });

  test('a stopped program can be killed', async () => {
    const child = startShell('echo ready; exec sleep 1000');
    await child.said('ready');
    process.kill(child.pid, 'SIGSTOP');
    await inState(child.pid, 'T');
    const {terminator} = of(child);
    expect(terminator.kill(REASON)).toBe(true);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
  });

  const WITH_DAEMON = `
    const daemon = require('child_process').spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
    console.log('daemon ' + daemon.pid);
    daemon.unref();`;

  test('a grandchild in a session of its own is ended too', async () => {
    const child = startNode(`${WITH_DAEMON} setInterval(() => {}, 1000)`);
    const daemon = await child.saidPid('daemon');
    const {terminator, said} = of(child);
    terminator.graceful(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(isAlive(daemon)).toBe(false);
    expect(said).toEqual(['SIGTERM to 2 processes']);
  });

  test('what the root has left in the background can be ended after it', async () => {
    const child = startNode(WITH_DAEMON);
    const daemon = await child.saidPid('daemon');
    await child.ended;
    const {terminator} = of(child);
    expect(terminator.graceful(LONG_MS, REASON)).toBe(false);
    expect(terminator.kill(REASON)).toBe(false);
    expect(terminator.begun).toBe(false);
    expect(isAlive(daemon)).toBe(true);
    terminator.endGracefully(LONG_MS, {...REASON, background: true});
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(isAlive(daemon)).toBe(false);
  });

  test('a kill cuts the grace period short', async () => {
    const child = startShell('trap "" TERM; echo ready; while :; do sleep 1000; done');
    await child.said('ready');
    const {terminator, said} = of(child);
    terminator.graceful(LONG_MS, REASON);
    await waitFor(() => said.length === 1, {what: 'the SIGTERM'});
    const violent: TerminationReason = {actor: 'process_control'};
    expect(terminator.kill(violent)).toBe(true);
    expect(terminator.kill(violent)).toBe(true);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
    expect(said).toHaveLength(2);
  });

  test('a kill in the same moment as a graceful stop leaves no grace', async () => {
    const child = startShell('trap "" TERM; echo ready; sleep 1000 & wait');
    await child.said('ready');
    const {terminator, said} = of(child);
    terminator.graceful(LONG_MS, REASON);
    terminator.kill(REASON);
    await terminator.ended();
    expect(await child.ended).toEqual({exitCode: null, signal: 'SIGKILL'});
    expect(said).toEqual(['SIGTERM to 2 processes', 'SIGKILL to 2 processes']);
  });

  test.each([
    ['graceful', ['nearby', 'SIGTERM', 'SIGCONT', 'everywhere']],
    ['kill', ['SIGSTOP', 'nearby']],
  ] as const)(
    'asked to be %s, members are signalled before the whole machine is searched',
    async (end, first) => {
      const child = startShell('echo ready; exec sleep 1000');
      await child.said('ready');
      // Or it might be gone after the SIGTERM, before anybody can tell it to continue.
      process.kill(child.pid, 'SIGSTOP');
      await inState(child.pid, 'T');
      const {terminator, tree} = of(child);
      const done: string[] = [];
      const members = tree.members.bind(tree);
      const kill = process.kill.bind(process);
      vi.spyOn(tree, 'members').mockImplementation((where) => {
        done.push(where);
        return members(where);
      });
      const kills = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
        done.push(String(signal));
        return kill(pid, signal);
      });
      if (end === 'kill') terminator.kill(REASON);
      else terminator.graceful(LONG_MS, REASON);
      await terminator.ended();
      kills.mockRestore();
      expect(done.slice(0, first.length)).toEqual(first);
    },
  );

  test('a shorter grace period asked for later counts, a longer one does not', async () => {
    const child = startShell('trap "" TERM; echo ready; while :; do sleep 1000; done');
    await child.said('ready');
    const {terminator, said} = of(child);
    terminator.graceful(LONG_MS, REASON);
    await waitFor(() => said.length === 1, {what: 'the SIGTERM'});
    terminator.graceful(2 * LONG_MS, REASON);
    terminator.graceful(50, REASON);
    terminator.graceful(2 * LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
    expect(said.filter((text) => text.startsWith('SIGTERM'))).toHaveLength(1);
  });

  test('without a grace period nobody is asked', async () => {
    const child = startShell('trap "echo asked" TERM; echo ready; sleep 1000 & wait');
    await child.said('ready');
    const {terminator, said} = of(child);
    expect(terminator.graceful(0, REASON)).toBe(true);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
    expect(said).toEqual(['SIGKILL to 2 processes']);
  });

  test('a tree that starts new processes all the time is ended to the last one', async () => {
    const child = startShell('trap "" TERM; echo ready; while :; do sleep 1000 & sleep 0.01; done');
    await child.said('ready');
    const {terminator} = of(child);
    terminator.kill(REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: true});
    expect(probe?.members('everywhere')).toEqual([]);
    await gone(child.pid);
  });

  test('a tree that has ended is ended at once', async () => {
    const child = startShell('exit 0');
    await child.ended;
    const {terminator, said} = of(child);
    terminator.endGracefully(LONG_MS, REASON);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(said).toEqual([]);
  });
});

describe('on a tree in memory', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** Members with pids that no process can have: whatever is sent to them, they stay. */
  class Undying implements ProcessTree {
    readonly rootPid = 2 ** 30;
    left: readonly ProcessIdentity[] = [0, 1].map((index) => ({pid: this.rootPid + index, startTime: 1}));
    looks = 0;

    members(): Promise<readonly ProcessIdentity[]> {
      this.looks += 1;
      return Promise.resolve(this.left);
    }

    known(): readonly ProcessIdentity[] {
      return this.left;
    }

    isAlive(): boolean {
      return true;
    }

    isRootAlive(): boolean {
      return this.left.length > 0;
    }
  }

  test('members that cannot die are given up two seconds after the SIGKILL and told as survivors', async () => {
    const tree = new Undying();
    const {terminator} = terminatorOf(tree);
    terminator.graceful(5000, REASON);
    const done = vi.fn();
    void terminator.ended().then(done);
    await vi.advanceTimersByTimeAsync(6900);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(done).toHaveBeenCalledWith({survivors: [tree.rootPid, tree.rootPid + 1], forced: true});
  });

  test('a member that dies during the grace period is not killed', async () => {
    const tree = new Undying();
    const {terminator, said} = terminatorOf(tree);
    terminator.graceful(5000, REASON);
    await vi.advanceTimersByTimeAsync(4000);
    tree.left = [];
    await vi.advanceTimersByTimeAsync(100);
    expect(await terminator.ended()).toEqual({survivors: [], forced: false});
    expect(said.filter((text) => text.startsWith('SIGKILL'))).toEqual([]);
  });

  test('the tree is not looked at more often than needed while it is awaited', async () => {
    const tree = new Undying();
    terminatorOf(tree).terminator.graceful(60_000, REASON);
    await vi.advanceTimersByTimeAsync(1000);
    const before = tree.looks;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tree.looks - before).toBeLessThanOrEqual(401);
  });

  test('members of another user are told once and not awaited for ever', async () => {
    const tree = new Undying();
    const kill = process.kill.bind(process);
    process.kill = () => {
      throw Object.assign(new Error('kill EPERM'), {code: 'EPERM'});
    };
    try {
      const {terminator, said} = terminatorOf(tree);
      terminator.kill(REASON);
      await vi.advanceTimersByTimeAsync(100);
      expect(await terminator.ended()).toEqual({
        survivors: [tree.rootPid, tree.rootPid + 1],
        forced: false,
      });
      expect(said).toHaveLength(2);
      for (const text of said) expect(text).toContain('belongs to another user');
    } finally {
      process.kill = kill;
    }
  });

  test('before anything was asked nothing is awaited', async () => {
    expect(await terminatorOf(new Undying()).terminator.ended()).toEqual({survivors: [], forced: false});
  });
});
