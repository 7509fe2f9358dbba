// npm run bench -- startup, or: node bench/startup.js [RUNS] [NODE]: what limitrun and its peers cost on every call,
// from a tarball installed in an empty folder. NODE is the program to measure with, if not the one that runs this.
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The first runs fill caches: the system's, and what V8 has made of limitrun (bin/start.cjs). */
const WARM_UP = 9;

/** Packs and installs what is built. @returns where its package is */
function install(into) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const packed = execFileSync('npm', ['pack', '--json', ...quiet, '--pack-destination', into], {cwd: ROOT});
  const [{filename}] = JSON.parse(packed.toString());
  writeFileSync(path.join(into, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', ...quiet, '--prefer-offline', path.join(into, filename)], {
    cwd: into,
    stdio: 'ignore',
  });
  // A peer that only npm has. Without it its row is missing.
  spawnSync('npm', ['install', ...quiet, '--prefer-offline', 'concurrently'], {cwd: into, stdio: 'ignore'});
  writeFileSync(path.join(into, 'execa.mjs'), EXECA);
  return path.join(into, 'node_modules', 'limitrun');
}

/** What a wrapper does that does nothing else. */
const EXECA = `import {execa} from 'execa';
await execa(process.argv[2], process.argv.slice(3), {stdio: 'inherit'});
`;

function environment(scratch, node) {
  const bin = path.join(scratch, 'bin');
  mkdirSync(bin);
  symlinkSync(node, path.join(bin, 'node'));
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    XDG_STATE_HOME: path.join(scratch, 'state'),
  };
  // It costs Node some 60 ms of its own.
  delete env.NODE_EXTRA_CA_CERTS;
  return env;
}

const works = ([file]) => spawnSync(file, ['--version'], {stdio: 'ignore'}).error === undefined;

function rowsOf(package_, begun) {
  // As npm links it.
  const launcher = path.join(package_, '../.bin/limitrun');
  const rows = [
    ['node -e 0', ['node', '-e', '0']],
    ['true', ['true']],
    ['timeout 9 true', ['timeout', '9', 'true']],
    ['runlim true', ['runlim', 'true']],
    ['plain execa', ['node', path.join(package_, '../../execa.mjs'), 'true']],
    ['concurrently true', [path.join(package_, '../.bin/concurrently'), 'true']],
    ['limitrun -- true', [launcher, '--', 'true']],
    ['limitrun -- false', [launcher, '--', 'false']],
    ['limitrun -q -- true', [launcher, '-q', '--', 'true']],
    // Where there are control groups the kernel takes its time to move a process into one.
    ['limitrun --max-rss 1GB ...', [launcher, '--max-rss', '1GB', '--', 'true']],
    ['  its modules, no bundle', ['node', path.join(package_, 'bin/run.js'), '--', 'true']],
    ['  until main() begins', [launcher, '--', begun], 'begun'],
    ['  the same with -q', [launcher, '-q', '--', begun], 'begun'],
    ['limitrun --help', [launcher, '--help']],
    ['limitrun status', [launcher, 'status']],
    ['limitrun --no-such-flag', [launcher, '--no-such-flag']],
  ];
  return rows.filter(([, command]) => works(command));
}

/** @returns ms from the start to the exit, or to the beginning of main() */
function once([file, ...args], env, until) {
  const started = process.hrtime.bigint();
  const {stdout} = spawnSync(file, args, {
    env,
    stdio: ['ignore', until === 'begun' ? 'pipe' : 'ignore', 'ignore'],
  });
  const ended = until === 'begun' ? BigInt(stdout.toString().trim()) : process.hrtime.bigint();
  return Number(ended - started) / 1e6;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * One after the other, again and again: what else the machine does meets all of them. Each time in another order, since what
 * comes after one that has taken much memory takes longer.
 */
function measure(rows, env, runs) {
  const figures = rows.map(() => []);
  for (let run = -WARM_UP; run < runs; run += 1) {
    for (const index of shuffled([...rows.keys()])) {
      const [, command, until] = rows[index];
      const ms = once(command, env, until);
      if (run >= 0) figures[index].push(ms);
    }
  }
  print(rows, figures);
}

function shuffled(items) {
  const drawn = items.map((item) => [Math.random(), item]);
  return drawn.sort(([one], [other]) => one - other).map(([, item]) => item);
}

/** With the ratio of medians to the first row. */
function print(rows, figures) {
  const unit = median(figures[0]);
  rows.forEach(([name], index) => {
    const [middle, least, most] = [
      median(figures[index]),
      Math.min(...figures[index]),
      Math.max(...figures[index]),
    ];
    const range = `(${least.toFixed(1)} to ${most.toFixed(1)}, n=${figures[index].length})`;
    console.log(
      `  ${name.padEnd(26)} ${middle.toFixed(1).padStart(7)} ${range.padEnd(28)} ${(middle / unit).toFixed(3)} x`,
    );
  });
}

/** Of a file of one GiB so many times: then it takes a second, of which what limitrun does at the start is a small part. */
const TIMES = 24;

/**
 * Much through cat, bare and under limitrun: of each the time with the whole file less the median time without, which
 * leaves out what starting costs. From a file, so that on two cores cat does not wait for one. In turns, each as often
 * first as the other.
 */
function streams(launcher, scratch, env, runs) {
  const rows = [
    ['cat', 'cat'],
    ['limitrun -- cat', `"${launcher}" -q -- cat`],
  ];
  const file = path.join(scratch, 'large');
  writeFileSync(file, '');
  truncateSync(file, 2 ** 30);
  const time = (cat, input) =>
    once(['sh', '-c', `exec ${cat} ${`"${input}" `.repeat(TIMES)} >/dev/null`], env);
  // Into the page cache.
  time('cat', file);
  const whole = rows.map(() => []);
  const starts = rows.map(() => []);
  for (let run = 0; run < runs; run += 1) {
    for (const index of run % 2 === 0 ? [0, 1] : [1, 0]) {
      const [, cat] = rows[index];
      whole[index].push(time(cat, file));
      starts[index].push(time(cat, '/dev/null'));
    }
  }
  console.log(`\n${TIMES} GiB through cat, ms, without the start`);
  const figures = whole.map((times, index) => times.map((ms) => ms - median(starts[index])));
  print(rows, figures);
}

/** Resident memory while it waits, KiB. */
async function resident([file, ...args], env) {
  const child = spawn(file, args, {env, stdio: 'ignore'});
  await sleep(1500);
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
  return Number(kib);
}

/** Prints the tables. */
export async function startup(runs, node = process.execPath) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'limitrun-startup-'));
  try {
    const env = environment(scratch, node);
    const package_ = install(scratch);
    const begun = path.join(scratch, 'begun');
    execFileSync('cc', ['-O1', '-o', begun, fileURLToPath(new URL('begun.c', import.meta.url))]);
    const version = execFileSync(node, ['--version']).toString().trim();
    console.log(`\nfrom start to exit, ms, and the ratio of medians to node -e 0 (Node ${version})`);
    measure(rowsOf(package_, begun), env, runs);
    streams(path.join(package_, '../.bin/limitrun'), scratch, env, runs);
    const bare = await resident(['node', '-e', 'setTimeout(() => {}, 9000)'], env);
    const watching = await resident([path.join(package_, '../.bin/limitrun'), '-q', '--', 'sleep', '9'], env);
    console.log('\nresident memory while it waits, MiB');
    console.log(
      `  node ${(bare / 1024).toFixed(1)}   limitrun ${(watching / 1024).toFixed(1)}   ${(watching / bare).toFixed(2)} x`,
    );
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await startup(Number(process.argv[2] ?? 20), process.argv[3]);
