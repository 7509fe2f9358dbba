import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {afterEach, beforeEach, expect, onTestFinished, test, vi} from 'vitest';
import {ForkWatch} from '../../../src/core/monitor/fork-watch.js';
import {measuredHere, openProbe} from '../../../src/core/monitor/open-probe.js';
import type {ProcessReading} from '../../../src/core/monitor/probe.js';
import {procfsMetrics} from '../../../src/core/monitor/procfs-metrics.js';
import {ProcfsProbe} from '../../../src/core/monitor/procfs-probe.js';
import {waitFor} from '../../support/wait-for.js';
import {gone, inState, startNode, startShell, startTimeOf, type RealChild} from '../process/real-children.js';

const hasProcfs = existsSync('/proc/self/stat');
const hasChildLists = existsSync('/proc/self/task/self/children') || existsSync(ownChildList());

function ownChildList(): string {
  return `/proc/self/task/${String(process.pid)}/children`;
}

/** A Node program that starts a process in a session of its own, says its pid and ends. */
const DAEMONIZE = `
  const daemon = require('child_process').spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
  console.log('daemon ' + daemon.pid);
  daemon.unref();`;

let probe: ProcfsProbe | undefined;
let now = 0;

beforeEach(({skip}) => {
  skip(!hasProcfs, 'skipped: no /proc');
  skip(!hasChildLists, 'skipped: no lists of children under /proc (CONFIG_PROC_CHILDREN)');
  now = 0;
});

afterEach(() => {
  probe?.close();
  probe = undefined;
});

function open(child: RealChild, options: {marker?: boolean; ownChild?: boolean} = {}): ProcfsProbe {
  probe = new ProcfsProbe({
    rootPid: child.pid,
    ownChild: options.ownChild ?? true,
    nowMs: () => now,
    ...(options.marker === true ? {marker: child.marker} : {}),
  });
  return probe;
}

function pids(tree: ProcfsProbe, where: 'nearby' | 'everywhere' = 'nearby'): number[] {
  return tree
    .members(where)
    .map(({pid}) => pid)
    .sort((a, b) => a - b);
}

function read(pid: number, request = {pss: false, details: false}): ProcessReading | undefined {
  return probe?.read(request).processes.find((process) => process.pid === pid);
}

function sorted(...members: number[]): number[] {
  return members.sort((a, b) => a - b);
}

test('a single process is its own tree', async () => {
  const child = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  const tree = open(child);
  expect(tree.rootPid).toBe(child.pid);
  expect(tree.members('nearby')).toEqual([{pid: child.pid, startTime: startTimeOf(child.pid)}]);
  expect(tree.isRootAlive()).toBe(true);
});

test('children and grandchildren belong to the tree, this process does not', async () => {
  const child = startShell(
    'sleep 1000 & echo one $!; sh -c "sleep 1000 & echo two \\$!; wait" & echo three $!; wait',
  );
  const members = [await child.saidPid('one'), await child.saidPid('two'), await child.saidPid('three')];
  const tree = open(child);
  expect(pids(tree)).toEqual(sorted(child.pid, ...members));
  expect(pids(tree, 'everywhere')).toEqual(sorted(child.pid, ...members));
});

test('one reading tells parents before their children', async () => {
  const child = startShell('sh -c "sleep 1000 & echo two \\$!; wait" & echo one $!; wait');
  const one = await child.saidPid('one');
  const two = await child.saidPid('two');
  const {processes} = open(child).read({pss: false, details: false});
  expect(processes.map(({pid}) => pid)).toEqual([child.pid, one, two]);
  expect(processes.map(({parentPid}) => parentPid)).toEqual([process.pid, child.pid, one]);
});

test('a grandchild in a session of its own belongs to the tree', async () => {
  const child = startNode(`${DAEMONIZE} setInterval(() => {}, 1000);`);
  const daemon = await child.saidPid('daemon');
  expect(pids(open(child))).toEqual(sorted(child.pid, daemon));
});

test('a daemon whose parents are gone is found by the marker', async () => {
  const child = startShell(
    `"${process.execPath}" -e "${DAEMONIZE.replaceAll('\n', ' ')}"; echo ready; read x`,
  );
  const daemon = await child.saidPid('daemon');
  await child.said('ready');
  const tree = open(child, {marker: true});
  expect(pids(tree)).toEqual([child.pid]);
  expect(pids(tree, 'everywhere')).toEqual(sorted(child.pid, daemon));
  // Once seen it stays a member.
  expect(pids(tree)).toEqual(sorted(child.pid, daemon));
});

test('of a tree that has ended nobody is searched for until somebody is started', async () => {
  const child = startShell('read x');
  const lastPid = vi.spyOn(ForkWatch.prototype, 'lastPid').mockReturnValue(1000);
  onTestFinished(() => {
    lastPid.mockRestore();
  });
  const tree = open(child, {marker: true});
  child.process.stdin?.end('\n');
  await child.ended;
  expect(pids(tree, 'everywhere')).toEqual([]);
  const [name = '', mark] = child.marker.split('=');
  const late = spawn('sleep', ['1000'], {stdio: 'ignore', env: {...process.env, [name]: mark}});
  onTestFinished(() => void late.kill('SIGKILL'));
  expect(pids(tree, 'everywhere')).toEqual([]);
  lastPid.mockReturnValue(1001);
  expect(pids(tree, 'everywhere')).toEqual([late.pid]);
});

test('without a marker a daemon that was never seen below the root is a stranger', async () => {
  const child = startShell(
    `"${process.execPath}" -e "${DAEMONIZE.replaceAll('\n', ' ')}"; echo ready; read x`,
  );
  await child.said('ready');
  expect(pids(open(child), 'everywhere')).toEqual([child.pid]);
});

test('a marker that another one begins with finds only its own tree', async () => {
  const child = startShell('echo ready; exec sleep 1000');
  const other = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  await other.said('ready');
  expect(pids(open(child, {marker: true}), 'everywhere')).toEqual([child.pid]);
});

test('the readings look for daemons too, once a second', async () => {
  const child = startShell(
    `"${process.execPath}" -e "${DAEMONIZE.replaceAll('\n', ' ')}"; echo ready; read x`,
  );
  const daemon = await child.saidPid('daemon');
  await child.said('ready');
  open(child, {marker: true});
  now = 949;
  expect(read(daemon)).toBeUndefined();
  now = 950;
  expect(read(daemon)).toMatchObject({pid: daemon, name: 'sleep'});
});

test('a member stays one when its parent has ended', async () => {
  const child = startShell(
    'exec 3<&0; sh -c "sleep 1000 & echo orphan \\$!; read x <&3" & echo middle $!; wait; read y',
  );
  const orphan = await child.saidPid('orphan');
  const middle = await child.saidPid('middle');
  const tree = open(child);
  expect(pids(tree)).toEqual(sorted(child.pid, middle, orphan));
  child.process.stdin?.write('go\n');
  await gone(middle);
  expect(pids(tree)).toEqual(sorted(child.pid, orphan));
});

test('children that another thread has started belong to the tree', async () => {
  const child = startNode(`
    const {Worker} = require('worker_threads');
    new Worker("const c = require('child_process').spawn('sleep', ['1000']);" +
      "require('worker_threads').parentPort.postMessage(c.pid); setInterval(() => {}, 1000)", {eval: true})
      .on('message', (pid) => console.log('thread ' + pid));`);
  const ofThread = await child.saidPid('thread');
  expect(pids(open(child))).toEqual(sorted(child.pid, ofThread));
});

test('a zombie is read for its CPU time but is not alive and no member', async () => {
  // The shell becomes a sleep, which never waits for the child that the shell has started and that ends after it.
  const ends = 'while [ "$(cat /proc/$PPID/comm)" = sh ]; do :; done';
  const child = startShell(`sh -c '${ends}' & echo zombie $!; exec sleep 1000`);
  const zombie = await child.saidPid('zombie');
  await inState(zombie, 'Z');
  const tree = open(child);
  expect(read(zombie)).toMatchObject({pid: zombie, zombie: true, parentPid: child.pid});
  expect(read(zombie, {pss: true, details: true})).not.toHaveProperty('rssBytes');
  expect(pids(tree)).toEqual([child.pid]);
  expect(pids(tree, 'everywhere')).toEqual([child.pid]);
  expect(tree.isAlive({pid: zombie, startTime: startTimeOf(zombie)})).toBe(false);
});

test('a process with another start time is somebody else', async () => {
  const child = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  const tree = open(child);
  const startTime = startTimeOf(child.pid);
  expect(tree.isAlive({pid: child.pid, startTime})).toBe(true);
  expect(tree.isAlive({pid: child.pid, startTime: startTime - 1})).toBe(false);
});

test('when the root has ended it is neither alive nor read', async () => {
  const child = startShell('echo ready; read x');
  await child.said('ready');
  const tree = open(child);
  expect(read(child.pid)).toBeDefined();
  child.process.stdin?.end();
  await child.ended;
  expect(tree.isRootAlive()).toBe(false);
  expect(tree.read({pss: false, details: false}).processes).toEqual([]);
  expect(pids(tree, 'everywhere')).toEqual([]);
});

test('a pid that nobody has is an empty tree', async () => {
  const child = startShell('exit 0');
  await child.ended;
  const tree = open(child);
  expect(tree.isRootAlive()).toBe(false);
  expect(tree.read({pss: false, details: false}).processes).toEqual([]);
  expect(pids(tree)).toEqual([]);
});

test('a cheap reading has memory and CPU time and nothing dear', async () => {
  const child = startNode('setInterval(() => {}, 1000); console.log("ready")');
  await child.said('ready');
  open(child);
  const cheap = read(child.pid);
  expect(cheap).toMatchObject({parentPid: process.pid, zombie: false, startTime: startTimeOf(child.pid)});
  expect(cheap?.rssBytes).toBeGreaterThan(10 * 2 ** 20);
  expect(cheap?.virtualBytes).toBeGreaterThan(cheap?.rssBytes ?? Infinity);
  expect(cheap?.peakRssBytes).toBeGreaterThanOrEqual((cheap?.rssBytes ?? Infinity) * 0.95);
  for (const dear of ['pssBytes', 'swapBytes', 'fileDescriptors', 'readBytes']) {
    expect(cheap).not.toHaveProperty(dear);
  }
});

test('a detailed reading has swap, the highest memory so far, open files and disk', async () => {
  const child = startNode('setInterval(() => {}, 1000); console.log("ready")');
  await child.said('ready');
  open(child);
  const detailed = read(child.pid, {pss: true, details: true});
  expect(detailed?.swapBytes).toBeGreaterThanOrEqual(0);
  expect(detailed?.peakRssBytes).toBeGreaterThan(10 * 2 ** 20);
  expect(detailed?.fileDescriptors).toBeGreaterThanOrEqual(3);
  if (procfsMetrics().has('readBytes')) expect(detailed?.readBytes).toBeGreaterThanOrEqual(0);
  if (procfsMetrics().has('pssBytes')) {
    expect(detailed?.pssBytes).toBeGreaterThan(0);
    expect(detailed?.pssBytes).toBeLessThanOrEqual((detailed?.rssBytes ?? 0) + 2 ** 20);
  }
});

test('open files are counted as they are opened', async () => {
  const child = startNode(`
    const fs = require('fs');
    console.log('ready');
    process.stdin.once('data', () => {
      for (let count = 0; count < 40; count += 1) fs.openSync('/dev/null');
      console.log('opened');
    });`);
  await child.said('ready');
  open(child);
  const before = read(child.pid, {pss: false, details: true})?.fileDescriptors ?? NaN;
  child.process.stdin?.write('go\n');
  await child.said('opened');
  expect(read(child.pid, {pss: false, details: true})?.fileDescriptors).toBe(before + 40);
});

test('the name of a program may hold brackets and line breaks', async ({skip}) => {
  skip(!existsSync('/proc/self/comm'), 'skipped: no /proc/self/comm');
  const child = startShell('printf "a) R 1\\nb" > /proc/$$/comm; echo ready; read x');
  await child.said('ready');
  open(child);
  expect(read(child.pid)).toMatchObject({name: 'a) R 1\nb', parentPid: process.pid, zombie: false});
});

test('CPU time of a child that was waited for is told as reaped', async () => {
  const burn = 'const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);';
  const child = startShell(`"${process.execPath}" -e "${burn}"; echo burnt; read x`);
  await child.said('burnt');
  open(child);
  const shell = read(child.pid);
  expect(shell?.reapedCpuTimeMs).toBeGreaterThanOrEqual(290);
  expect(shell?.cpuTimeMs).toBeGreaterThanOrEqual(shell?.reapedCpuTimeMs ?? Infinity);
});

test('what this process reaps is told for a tree of its own only, beginning at nothing', async () => {
  const burn = 'const end = process.cpuUsage().user + 200000; while (process.cpuUsage().user < end);';
  const child = startNode(
    `console.log('ready'); process.stdin.once('data', () => { ${burn} process.exit(); })`,
  );
  await child.said('ready');
  const tree = open(child);
  expect(tree.read({pss: false, details: false}).reaped?.cpuTimeMs).toBe(0);
  child.process.stdin?.write('go\n');
  await child.ended;
  const {reaped} = tree.read({pss: false, details: false});
  expect(reaped?.cpuTimeMs).toBeGreaterThanOrEqual(200);
  if (procfsMetrics().has('readBytes')) expect(reaped?.readBytes).toBeGreaterThanOrEqual(0);
  tree.close();
  expect(open(child, {ownChild: false}).read({pss: false, details: false})).not.toHaveProperty('reaped');
});

test('a closed probe has no members', async () => {
  const child = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  const tree = open(child);
  expect(read(child.pid)).toBeDefined();
  tree.close();
  tree.close();
  expect(tree.read({pss: false, details: false}).processes).toEqual([]);
});

test('the best probe of this machine is the one on /proc, and it says what it can tell', async () => {
  const child = startShell('echo ready; exec sleep 1000');
  await child.said('ready');
  const best = openProbe({rootPid: child.pid, ownChild: true, nowMs: () => 0});
  expect(best.source).toBe('procfs');
  expect(measuredHere()).toEqual(best.measures);
  for (const metric of ['rssBytes', 'virtualBytes', 'swapBytes', 'cpu.timeMs', 'cpu.percent'] as const) {
    expect(best.measures).toContain(metric);
  }
  best.close();
});

test('a tree that forks while it is looked at is followed to its end', async () => {
  const child = startShell('n=0; while [ $n -lt 30 ]; do sleep 1000 & n=$((n+1)); done; echo ready; wait');
  await child.said('ready');
  const tree = open(child);
  await waitFor(() => pids(tree).length === 31, {what: 'all thirty children'});
  expect(tree.read({pss: false, details: true}).processes).toHaveLength(31);
});

test('the highest memory so far is told in the reading after a spike, without details', async () => {
  const child = startNode(`
    console.log('ready');
    process.stdin.once('data', () => {
      let block = Buffer.alloc(200 * 2 ** 20, 1);
      block = undefined;
      require('v8').setFlagsFromString('--expose-gc');
      require('vm').runInNewContext('gc')();
      console.log('freed');
    });`);
  await child.said('ready');
  open(child);
  const before = read(child.pid);
  child.process.stdin?.write('go\n');
  await child.said('freed');
  expect(read(child.pid)?.peakRssBytes).toBeGreaterThan((before?.rssBytes ?? Infinity) + 190 * 2 ** 20);
});

test('the highest memory so far is not ahead of what is resident in a process that only grows', async () => {
  const child = startNode(`
    const memory = new Uint8Array(400 * 2 ** 20);
    console.log('ready');
    process.stdin.once('data', () => {
      for (let from = 0; from < memory.length; from += 4096) memory[from] = 1;
      console.log('grown');
    });`);
  await child.said('ready');
  open(child);
  const from = read(child.pid)?.rssBytes ?? Infinity;
  child.process.stdin?.write('go\n');
  let grown = 0;
  let ahead = 0;
  for (let last = from; last < from + 380 * 2 ** 20;) {
    const {rssBytes = 0, peakRssBytes = Infinity} = read(child.pid, {pss: false, details: true}) ?? {};
    if (rssBytes > last) grown += 1;
    if (rssBytes > last && peakRssBytes > rssBytes) ahead += 1;
    last = Math.max(last, rssBytes);
    await nextTurn();
  }
  expect(grown).toBeGreaterThan(5);
  // The program's own runtime may give a page back.
  expect(ahead).toBeLessThan(grown / 4);
});

/** So that two looks see the same. */
async function standsStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await inState(pid, 'T');
}

test('a screening tells the resident memory and the processes of the tree', async () => {
  const child = startShell('sleep 1000 & echo one $!; wait');
  const one = await child.saidPid('one');
  await standsStill(child.pid);
  await standsStill(one);
  const tree = open(child);
  const processes = tree.read({pss: false, details: false}).processes;
  const sum = processes.reduce((total, {rssBytes}) => total + (rssBytes ?? 0), 0);
  expect(tree.screen(false)).toEqual({rssBytes: sum, processes: 2});
});

test('a screening that has to has the children that were started a moment ago', async () => {
  const child = startShell('echo ready; read x; sleep 1000 & echo one $!; wait');
  await child.said('ready');
  const tree = open(child);
  expect(tree.screen(true)?.processes).toBe(1);
  child.process.stdin?.write('go\n');
  await child.saidPid('one');
  expect(tree.screen(true)?.processes).toBe(2);
});

test('between two searches a screening rests, a reading does not', async () => {
  const child = startShell('echo ready; read x; sleep 1000 & echo one $!; wait');
  await child.said('ready');
  const tree = open(child);
  // A clock by which every search takes a millisecond.
  const clock = (): number => (now += 0.5);
  probe?.close();
  const resting = new ProcfsProbe({rootPid: child.pid, ownChild: true, nowMs: clock});
  probe = resting;
  expect(tree.screen(true)).toBeUndefined();
  expect(resting.screen(false)?.processes).toBe(1);
  child.process.stdin?.write('go\n');
  await child.saidPid('one');
  expect(resting.screen(false)?.processes).toBe(1);
  expect(resting.read({pss: false, details: false}).processes).toHaveLength(2);
});

test('a screening has no answer when nobody is left', async () => {
  const child = startShell('echo ready; read x');
  await child.said('ready');
  const tree = open(child);
  expect(tree.screen(true)?.processes).toBe(1);
  child.process.stdin?.end();
  await child.ended;
  expect(tree.screen(true)).toBeUndefined();
});

test('a glance tells memory and CPU time since the reading before it', async () => {
  const child = startNode(`
    console.log('ready');
    process.stdin.once('data', () => {
      const {user} = process.cpuUsage();
      while (process.cpuUsage().user - user < 100e3);
      console.log('burnt');
    });`);
  await child.said('ready');
  const tree = open(child);
  await standsStill(child.pid);
  const before = read(child.pid, {pss: false, details: true});
  expect(tree.glance()).toMatchObject({processes: 1, virtualBytes: before?.virtualBytes});
  process.kill(child.pid, 'SIGCONT');
  child.process.stdin?.write('go\n');
  await child.said('burnt');
  const {cpuGrowthMs, rssBytes, virtualBytes, peakRssBytes} = tree.glance() ?? {};
  const after = read(child.pid, {pss: false, details: true});
  expect(cpuGrowthMs).toBeGreaterThan(50);
  expect(cpuGrowthMs).toBeLessThanOrEqual((after?.cpuTimeMs ?? 0) - (before?.cpuTimeMs ?? 0));
  expect(rssBytes).toBeGreaterThan(2 ** 20);
  expect(virtualBytes).toBeGreaterThan(rssBytes ?? Infinity);
  expect(peakRssBytes).toBeGreaterThanOrEqual(before?.peakRssBytes ?? Infinity);
});

test('the highest memory so far is seen at a glance', async () => {
  const child = startNode(`
    console.log('ready');
    process.stdin.once('data', () => {
      let block = Buffer.alloc(200 * 2 ** 20, 1);
      block = undefined;
      require('v8').setFlagsFromString('--expose-gc');
      require('vm').runInNewContext('gc')();
      console.log('freed');
    });`);
  await child.said('ready');
  const tree = open(child);
  const before = read(child.pid)?.rssBytes ?? Infinity;
  child.process.stdin?.write('go\n');
  await child.said('freed');
  expect(tree.glance()?.peakRssBytes).toBeGreaterThan(before + 190 * 2 ** 20);
});

test('a glance has no answer before a reading, and when somebody has come since', async () => {
  const child = startShell('echo ready; read x; sleep 1000 & echo one $!; wait');
  await child.said('ready');
  const tree = open(child);
  expect(tree.glance()).toBeUndefined();
  read(child.pid);
  expect(tree.glance()?.processes).toBe(1);
  child.process.stdin?.write('go\n');
  const one = await child.saidPid('one');
  expect(tree.glance()).toBeUndefined();
  expect(tree.glance()).toBeUndefined();
  expect(read(one)?.zombie).toBe(false);
  expect(tree.glance()?.processes).toBe(2);
});

test('a glance has no answer when somebody has exited since, or nobody is left', async () => {
  // Nobody waits for the first one.
  const child = startShell('sleep 1000 & echo one $!; exec sleep 1000');
  const one = await child.saidPid('one');
  const tree = open(child);
  read(child.pid);
  process.kill(one, 'SIGKILL');
  await inState(one, 'Z');
  expect(tree.glance()).toBeUndefined();
  expect(read(one)?.zombie).toBe(true);
  expect(tree.glance()?.processes).toBe(1);
  process.kill(child.pid, 'SIGKILL');
  await child.ended;
  expect(tree.glance()).toBeUndefined();
});

/** A Node program that makes 64 MiB resident for each SIGUSR2, and forks for SIGHUP. */
const GROWING = `
  const kept = [];
  process.on('SIGUSR2', () => console.log('grown ' + kept.push(Buffer.alloc(64 << 20, 1))));
  process.on('SIGHUP', () => console.log('child ' + require('child_process').spawn('sleep', ['1000']).pid));
  setInterval(() => {}, 1000);
  console.log('ready');`;
const WITH_PSS = {pss: true, details: false};

/** Other tests start processes all the time. */
function nobodyIsStarted(): void {
  const lastPid = vi.spyOn(ForkWatch.prototype, 'lastPid').mockReturnValue(1000);
  onTestFinished(() => {
    lastPid.mockRestore();
  });
}

test('the proportional size of a process that grows is carried forward for a moment, and is right', async ({
  skip,
}) => {
  skip(!procfsMetrics().has('pssBytes'), 'skipped: no smaps_rollup');
  nobodyIsStarted();
  const child = startNode(GROWING);
  await child.said('ready');
  open(child);
  const first = read(child.pid, WITH_PSS);
  process.kill(child.pid, 'SIGUSR2');
  await child.said('grown');
  now = 99;
  const carried = read(child.pid, WITH_PSS);
  now = 100;
  const again = read(child.pid, WITH_PSS);
  expect(first?.pssCarried).toBeUndefined();
  expect(carried?.pssCarried).toBe(true);
  expect(again?.pssCarried).toBeUndefined();
  expect(carried?.pssBytes).toBeGreaterThan((first?.pssBytes ?? Infinity) + 60 * 2 ** 20);
  const ratio = (carried?.pssBytes ?? NaN) / (again?.pssBytes ?? NaN);
  expect(ratio).toBeGreaterThan(0.97);
  expect(ratio).toBeLessThan(1.01);
});

test('nothing is carried forward when pages of a file come or go, which others may share', async ({skip}) => {
  skip(!procfsMetrics().has('pssBytes'), 'skipped: no smaps_rollup');
  const child = startNode(`
    const kept = [];
    process.on('SIGUSR2', () => {
      // Node's own pages that were not used before: of its file.
      require('crypto').getCiphers(); new Intl.DateTimeFormat('ja').format(0); require('zlib').gzipSync('x');
      console.log('grown ' + kept.push(Buffer.alloc(64 << 20, 1)));
    });
    setInterval(() => {}, 1000);
    console.log('ready');`);
  await child.said('ready');
  nobodyIsStarted();
  open(child);
  const sharedPages = (): number =>
    Number(readFileSync(`/proc/${String(child.pid)}/statm`, 'utf8').split(' ')[2]);
  const before = sharedPages();
  read(child.pid, WITH_PSS);
  process.kill(child.pid, 'SIGUSR2');
  await child.said('grown');
  expect(sharedPages() - before).toBeGreaterThan(2 ** 20 / 4096);
  expect(read(child.pid, WITH_PSS)?.pssCarried).toBeUndefined();
});

test('nothing is carried forward when a member has come, with whom pages may be shared', async ({skip}) => {
  skip(!procfsMetrics().has('pssBytes'), 'skipped: no smaps_rollup');
  const child = startNode(GROWING);
  await child.said('ready');
  const tree = open(child);
  read(child.pid, WITH_PSS);
  process.kill(child.pid, 'SIGUSR2');
  await child.said('grown');
  process.kill(child.pid, 'SIGHUP');
  const pid = await child.saidPid('child');
  const {processes} = tree.read(WITH_PSS);
  expect(processes.map((process) => process.pid)).toEqual([child.pid, pid]);
  expect(processes.map(({pssCarried}) => pssCarried)).toEqual([undefined, undefined]);
});

test('before somebody is adopted it is asked whether there is a crowd', () => {
  const child = startShell('exec sleep 1000');
  const other = startShell('exec sleep 1000');
  const crowded = vi.fn(() => false);
  probe = new ProcfsProbe({
    rootPid: child.pid,
    ownChild: true,
    nowMs: () => now,
    groupPids: () => [child.pid, other.pid],
    crowded,
  });
  probe.members('nearby');
  const [first] = crowded.mock.invocationCallOrder;
  expect(first).toBeDefined();
  const asked = crowded.mock.calls.length;
  probe.members('nearby');
  // Nobody is new.
  expect(crowded).toHaveBeenCalledTimes(asked);
});
