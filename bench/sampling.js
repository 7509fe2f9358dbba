import {spawn} from 'node:child_process';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {systemClock} from '../dist/core/clock.js';
import {openProbe} from '../dist/core/monitor/open-probe.js';
import {ResourceMonitor} from '../dist/core/monitor/resource-monitor.js';
import {fixture, median} from './harness.js';

/** What one look at a tree of a thousand costs, and whether memory stays flat over 100,000 samples. */
export async function sampling(quick) {
  await withTree(999, ({read, screen}) => {
    console.log('\none look at a tree of 1,000 processes, ms');
    console.log(`  sample   ${describe(time(read, quick ? 20 : 100))}`);
    console.log(`  screen   ${describe(time(screen, quick ? 20 : 100))}`);
  });
  await withTree(4, async ({probe}) => {
    const samples = quick ? 5000 : 100_000;
    console.log(`\nmemory of limitrun's monitor over ${samples} samples and as many screens, MiB`);
    await flatMemory(probe, samples);
  });
}

async function withTree(children, use) {
  const child = spawn(fixture('forker'), [String(children)], {stdio: ['ignore', 'pipe', 'ignore']});
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const probe = openProbe({rootPid: child.pid, ownChild: true, nowMs: () => systemClock.nowMs()});
  try {
    const read = () => probe.read({pss: false, details: false});
    read();
    await use({probe, read, screen: () => probe.screen(false)});
  } finally {
    for (const {pid} of probe.members('nearby').toReversed()) process.kill(pid, 'SIGKILL');
    probe.close();
  }
}

function time(look, times) {
  return Array.from({length: times}, () => {
    const begun = performance.now();
    look();
    return performance.now() - begun;
  });
}

function describe(ms) {
  const [least, most] = [Math.min(...ms), Math.max(...ms)].map((one) => one.toFixed(1));
  return `${median(ms).toFixed(1)} (${least} to ${most}, n=${ms.length})`;
}

/** Drives a real monitor as fast as it goes. */
async function flatMemory(probe, samples) {
  let taken = 0;
  const monitor = new ResourceMonitor({
    probe,
    clock: systemClock,
    historyRetentionMs: 1000,
    reaperPid: process.pid,
    lookEveryMs: 100,
    nextGapMs: () => {
      probe.screen(false);
      return 0;
    },
    needsPss: () => false,
    needsDetails: false,
    onUsage: () => {
      taken += 1;
    },
    onFault: (error) => {
      throw error;
    },
  });
  await monitor.start();
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    while (taken < (samples * quarter) / 4) await sleep(20);
    globalThis.gc?.();
    const {rss, heapUsed} = process.memoryUsage();
    const [resident, heap] = [rss, heapUsed].map((bytes) => (bytes / 2 ** 20).toFixed(1));
    console.log(`  after ${String(taken).padStart(6)}: resident ${resident}, heap ${heap}`);
  }
  monitor.stop();
}
