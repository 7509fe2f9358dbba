#!/usr/bin/env node
// Starts the program as it is installed: one script (scripts/bundle.js), with what V8 has made of it before kept beside
// it, since compiling takes longer than running. bin/run.js starts the same from separate modules.
'use strict';
const {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const path = require('node:path');
const {Script} = require('node:vm');

const directory = path.join(__dirname, '../dist/cli');
const file = path.join(directory, 'limitrun.js');
/** What the first word may be, besides flags and the words of a command to run; each command uses other code. */
const command = ['watch', 'status', 'doctor'].find((name) => name === process.argv[2]) ?? 'run';
/** One for each Node too: another one's V8 refuses it. */
const cache = path.join(directory, 'cache');
const kept = path.join(cache, `${process.version}-${process.arch}-${command}`);

/**
 * What is kept is code that will run: it is used if only root, this user or the owner of the script can have written it.
 * @param owner the script's
 * @returns undefined when it cannot be read, or somebody else may have written it
 */
function readKept(owner) {
  let descriptor;
  try {
    descriptor = openSync(kept);
    const {uid, mode} = fstatSync(descriptor);
    const user = process.geteuid?.();
    // Where there are no users (Windows) the modes say nothing either.
    const isTrusted = user === undefined || ([0, user, owner].includes(uid) && (mode & 0o022) === 0);
    return isTrusted ? readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Other flags need other code: so many of the first runs add what they needed to what is kept. */
const LEARNING_RUNS = 8;
/** After what is kept: for which script it is (its time of change, 8 bytes), and how many runs have added to it. */
const TRAILER_BYTES = 9;

/**
 * A function of its own, so that nothing holds what was read.
 * @returns the script, how many runs have added to what is kept, and when the script was last changed
 */
function compile() {
  const {mtimeMs, uid} = statSync(file);
  const bytes = readKept(uid);
  const end = (bytes?.length ?? 0) - TRAILER_BYTES;
  // V8 itself compares no more than the length of the script.
  const cachedData = end > 0 && bytes.readDoubleLE(end) === mtimeMs ? bytes.subarray(0, end) : undefined;
  // It is ASCII, which this decoder takes as it is.
  const script = new Script(readFileSync(file, 'latin1'), {filename: file, cachedData});
  const isUsed = cachedData !== undefined && !script.cachedDataRejected;
  return {script, mtimeMs, runs: isUsed ? bytes.at(-1) : 0};
}

/**
 * At the end, when what was needed has been compiled. Only where limitrun itself could have been written by this user:
 * what is kept is code, and must be in nobody's way when limitrun is removed. By now the command may have done just
 * that, which is no reason to fail.
 */
function keep(script, mtimeMs, runs) {
  const fresh = `${kept}.${process.pid}`;
  try {
    if (statSync(directory).uid !== process.geteuid?.()) return;
    // Whatever the umask: who may start limitrun may read what it has compiled.
    if (mkdirSync(cache, {recursive: true}) !== undefined) chmodSync(cache, 0o755);
    const trailer = Buffer.alloc(TRAILER_BYTES, runs);
    trailer.writeDoubleLE(mtimeMs);
    // On the disk before it has its name: V8 would stumble over half of it.
    writeFileSync(fresh, Buffer.concat([script.createCachedData(), trailer]), {flush: true});
    chmodSync(fresh, 0o644);
    renameSync(fresh, kept);
  } catch {
    remove(fresh);
  }
}

function remove(name) {
  try {
    rmSync(name, {force: true});
  } catch {
    // Nothing was written.
  }
}

async function start() {
  const words = process.argv.slice(2);
  if (/oclif|limitrun/.test(process.env.DEBUG ?? '')) return programWithMap().main(words);
  const {script, mtimeMs, runs} = compile();
  let completed;
  const code = await exportsOf(script.runInThisContext()).main(words, (id) => {
    completed = id;
  });
  if (completed === command && runs < LEARNING_RUNS) keep(script, mtimeMs, runs + 1);
  return code;
}

/** Node reads source maps only of what it has loaded itself. */
function programWithMap() {
  process.setSourceMapsEnabled(true);
  require(file);
  return exportsOf(globalThis.limitrunProgram);
}

function exportsOf(program) {
  const module = {exports: {}};
  // Few runs ask where they are.
  const place = {
    get url() {
      return require('node:url').pathToFileURL(file).href;
    },
  };
  program(module.exports, require, module, place);
  return module.exports;
}

start()
  .catch((error) => {
    process.stderr.write(`limitrun: cannot start: ${error.message.split('\n', 1)[0]}\n`);
    return 125;
  })
  // Everything has been written by now, and what is left to do has no effect outside.
  .then((code) => process.exit(code));
