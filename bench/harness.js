import {execFileSync, spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const SOURCES = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
/** Every process of this benchmark carries it, however far it has run. */
const MARKER = `LIMITRUN_BENCH=${randomUUID()}`;
process.env.LIMITRUN_BENCH = MARKER.split('=')[1];
export const SCRATCH = mkdtempSync(path.join(tmpdir(), 'limitrun-bench-'));

/** Compiles a program of test/fixtures once. @returns its path */
export function fixture(name) {
  const program = path.join(SCRATCH, name);
  if (!readdirSync(SCRATCH).includes(name))
    execFileSync('cc', ['-O1', '-pthread', '-o', program, path.join(SOURCES, `${name}.c`)]);
  return program;
}

/** The text of a file; empty when it is gone. */
export function text(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Processes of this benchmark that are alive, this one not among them. */
export function leftovers() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => `\0${text(`/proc/${pid}/environ`)}`.includes(`\0${MARKER}`))
    .filter((pid) => !/\) [ZX] /.test(text(`/proc/${pid}/stat`)))
    .map(Number);
}

/** Kills what is left, by pid, until nothing is. @returns how many there were at first */
export async function cleanUp() {
  const found = leftovers();
  for (let left = found; left.length > 0; left = leftovers()) {
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    await sleep(20);
  }
  return found.length;
}

export function removeScratch() {
  rmSync(SCRATCH, {recursive: true, force: true});
}

/** Starts a command under a peer. `ended` gives what it said; `told` what the peer makes of it. */
export function startUnder(peer, limits, command) {
  const report = path.join(SCRATCH, `${randomUUID()}.json`);
  const [file, ...args] = peer.argv({...limits, report}, command);
  const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe']});
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const ended = exited.then(async () => {
    // Something left behind may hold the streams: what the peer said is there by now.
    await sleep(50);
    child.stdout.destroy();
    child.stderr.destroy();
    return {stdout, stderr, told: () => peer.told(stderr, report, stdout)};
  });
  return {pid: child.pid, ended, stop: () => child.kill('SIGTERM')};
}

const pidsUnder = (pid) => {
  const own = text(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return own.flatMap((child) => [child, ...pidsUnder(child)]);
};

/** The first process below a supervisor that runs a fixture. */
export function commandUnder(pid, name) {
  return pidsUnder(pid).find((below) => text(`/proc/${below}/comm`).trim() === name);
}

/** CPU time of a supervisor and its helpers so far, ms: everything below it but what runs a fixture. */
export function ownCpuMs(pid, name) {
  const helpers = pidsUnder(pid).filter((below) => text(`/proc/${below}/comm`).trim() !== name);
  return [pid, ...helpers].reduce((sum, one) => sum + cpuMsOf(one), 0);
}

function cpuMsOf(pid) {
  const threads = path.join('/proc', String(pid), 'task');
  let ns = 0;
  try {
    // Nanoseconds on the CPU, where stat has ticks of 10 ms.
    for (const thread of readdirSync(threads))
      ns += Number(text(`${threads}/${thread}/schedstat`).split(' ')[0]);
  } catch {
    return 0;
  }
  return ns / 1e6;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
