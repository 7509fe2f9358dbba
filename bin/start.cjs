#!/usr/bin/env node
// Starts the program as it is installed: one script (scripts/bundle.js), with what V8 has made of it before kept beside
// it, since compiling takes longer than running. bin/run.js starts the same from separate modules.
'use strict';
const {mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} = require('node:fs');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {Script} = require('node:vm');

const directory = path.join(__dirname, '../dist/cli');
const file = path.join(directory, 'limitrun.js');
/** What the first word may be, besides flags and the words of a command to run; each command uses other code. */
const command = ['watch', 'status', 'doctor'].find((name) => name === process.argv[2]) ?? 'run';
/** One for each Node too: another one's V8 refuses it. */
const cache = path.join(directory, 'cache');
const kept = path.join(cache, `${process.version}-${process.arch}-${command}`);

/** @returns undefined when it cannot be read */
function read(name) {
  try {
    return readFileSync(name);
  } catch {
    return undefined;
  }
}

/** Other flags need other code: so many of the first runs add what they needed to what is kept. */
const LEARNING_RUNS = 8;

/**
 * A function of its own, so that nothing holds what was read.
 * @returns the script, and how many runs have added to what is kept (the last byte of the file)
 */
function compile() {
  const bytes = read(kept);
  const cachedData = bytes?.subarray(0, -1);
  // It is ASCII, which this decoder takes as it is.
  const script = new Script(readFileSync(file, 'latin1'), {filename: file, cachedData});
  return {script, runs: bytes === undefined || script.cachedDataRejected ? 0 : bytes.at(-1)};
}

/**
 * At the end, when what was needed has been compiled. Only where limitrun itself could have been written by this user:
 * what is kept is code, and must be in nobody's way when limitrun is removed.
 */
function keep(script, runs) {
  if (statSync(directory).uid !== process.geteuid?.()) return;
  const fresh = `${kept}.${process.pid}`;
  try {
    mkdirSync(cache, {recursive: true, mode: 0o755});
    writeFileSync(fresh, Buffer.concat([script.createCachedData(), Buffer.of(runs)]), {mode: 0o644});
    renameSync(fresh, kept);
  } catch {
    rmSync(fresh, {force: true});
  }
}

async function start() {
  const words = process.argv.slice(2);
  if (/oclif|limitrun/.test(process.env.DEBUG ?? '')) return programWithMap().main(words);
  const {script, runs} = compile();
  let completed;
  const code = await exportsOf(script.runInThisContext()).main(words, (id) => {
    completed = id;
  });
  if (completed === command && runs < LEARNING_RUNS) keep(script, runs + 1);
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
  program(module.exports, require, module, pathToFileURL(file).href);
  return module.exports;
}

start()
  .catch((error) => {
    process.stderr.write(`limitrun: cannot start: ${error.message.split('\n', 1)[0]}\n`);
    return 125;
  })
  // Everything has been written by now, and what is left to do has no effect outside.
  .then((code) => process.exit(code));
