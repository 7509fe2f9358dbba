import {readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {cleanUp, commandUnder, fixture, leftovers, ownCpuMs, SCRATCH, startUnder, text} from './harness.js';

const MIB = 2 ** 20;
const LIMIT_MIB = 256;
const FAR = {limitMib: 8000, seconds: 60};

/**
 * What is measured. `once` measures one peer once and gives figures by the names in `columns`; undefined where the peer
 * cannot do it. `better` says which figures are compared with limitrun's.
 */
export const MEASURES = [
  {
    name: 'overshoot',
    title: `an allocator at full speed under ${LIMIT_MIB} MiB`,
    columns: ['peak MiB', 'of the limit', 'ms from crossing to death'],
    rounds: 11,
    quickRounds: 3,
    once: async (peer) => {
      if (!peer.limitsMemory) return undefined;
      const note = path.join(SCRATCH, 'note');
      rmSync(note, {force: true});
      const command = [fixture('grow'), note, `${LIMIT_MIB}`, '3000'];
      await startUnder(peer, {limitMib: LIMIT_MIB, seconds: 20}, command).ended;
      const bytes = readFileSync(note);
      const [resident, crossed, last] = [0, 8, 16].map((at) => Number(bytes.readBigUInt64LE(at)));
      const ms = crossed === 0 ? 0 : (last - crossed) / 1e6;
      return [resident / MIB, resident / MIB / LIMIT_MIB, ms];
    },
  },
  {
    name: 'spike',
    title: `300 MiB held for 20 ms under ${LIMIT_MIB} MiB, share of runs in which it was noticed`,
    columns: ['noticed'],
    rounds: 10,
    quickRounds: 3,
    once: async (peer) => {
      if (!peer.limitsMemory) return undefined;
      const command = [fixture('spike'), '300', '20', '400'];
      const {told} = await startUnder(peer, {limitMib: LIMIT_MIB, seconds: 20}, command).ended;
      return [told().broken ? 1 : 0];
    },
  },
  ownCpu('far', 'far from the limit (10 of 8000 MiB)', {limitMib: 8000, mib: 10}),
  ownCpu('near', 'near the limit (253 of 256 MiB)', {limitMib: 256, mib: 252}),
  {
    name: 'survivors',
    title: 'processes left of five that try to escape: setsid, daemon, nohup, ignoring TERM, plain',
    columns: ['survivors'],
    rounds: 3,
    once: async (peer) => {
      await cleanUp();
      const forker = fixture('forker');
      const script = ['--setsid', '--daemon', '--ignore', '']
        .map((how) => `${forker} 1 ${how} >/dev/null 2>&1 &`)
        .concat('nohup sleep 60 >/dev/null 2>&1 & wait')
        .join(' ');
      const run = startUnder(peer, {limitMib: 8000, seconds: 2, policy: 'log'}, ['sh', '-c', script]);
      await Promise.race([run.ended, sleep(10_000)]);
      await sleep(500);
      const left = leftovers().length;
      await cleanUp();
      return [left];
    },
  },
  {
    name: 'children',
    title: 'CPU time of 64 short children a second, share of what the kernel counted',
    columns: ['counted'],
    rounds: 3,
    seconds: 10,
    once: async (peer, seconds) => {
      const run = startUnder(peer, FAR, [fixture('shortlived'), '64', `${seconds}`, '5']);
      const {stdout, told} = await run.ended;
      // runexec and limitrun leave standard output alone; the last line of it is the program's.
      const kernelMs = Number(/^(\d+)$/m.exec(stdout)?.[1]);
      const {cpuMs} = told();
      return cpuMs === undefined ? undefined : [cpuMs / kernelMs];
    },
  },
  peak('steady', 'alloc', ['200', '--hold', '1500']),
  peak('spike', 'spike', ['300', '20', '1500']),
  peak('forked workers', 'shared', ['200', '8', '1500']),
];

function ownCpu(name, where, {limitMib, mib}) {
  return {
    name,
    title: `own CPU while watching, helpers included, ${where}, % of a core`,
    columns: ['% of a core'],
    rounds: 3,
    seconds: 10,
    once: async (peer, seconds) => {
      if (name === 'near' && !peer.limitsMemory) return undefined;
      const run = startUnder(peer, {limitMib, seconds: 60, policy: 'log'}, [fixture('alloc'), `${mib}`]);
      // What a start costs is not what watching costs.
      await sleep(2000);
      const [beforeMs, begun] = [ownCpuMs(run.pid, 'alloc'), performance.now()];
      await sleep(seconds * 1000);
      const share = (ownCpuMs(run.pid, 'alloc') - beforeMs) / (performance.now() - begun);
      run.stop();
      await run.ended;
      await cleanUp();
      return [share * 100];
    },
  };
}

function peak(name, program, args) {
  return {
    name: `peak: ${name}`,
    title: `reported peak, share of the kernel's own figure: ${name}`,
    columns: ['of the kernel'],
    rounds: 3,
    once: async (peer) => {
      const run = startUnder(peer, FAR, [fixture(program), ...args]);
      const truth = program === 'shared' ? proportionalBytes : highWaterBytes;
      let [kernel, over] = [0, false];
      void run.ended.finally(() => (over = true));
      while (!over) {
        await sleep(50);
        const pid = commandUnder(run.pid, program);
        if (pid !== undefined) kernel = Math.max(kernel, truth(pid));
      }
      const {told} = await run.ended;
      const {peakBytes} = told();
      return peakBytes === undefined ? undefined : [peakBytes / kernel];
    },
  };
}

const kilobytes = (file, key) =>
  Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text(file))?.[1] ?? 0) * 1024;

function highWaterBytes(pid) {
  return kilobytes(`/proc/${pid}/status`, 'VmHWM');
}

/**
 * Of a process and its children: what they share counted once. One is read after the other, so while somebody comes or
 * goes the sum is none: then 0.
 */
function proportionalBytes(pid) {
  const own = () => kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss');
  const before = own();
  const children = text(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
  const sum = children.reduce((all, one) => all + kilobytes(`/proc/${one}/smaps_rollup`, 'Pss'), before);
  return own() === before ? sum : 0;
}
