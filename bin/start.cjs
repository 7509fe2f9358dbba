#!/usr/bin/env node
// Starts the program as it is installed: scripts made by scripts/bundle.js, each with what V8 has made of it before kept
// beside it, since compiling takes longer than running. bin/run.js starts the same from separate modules.
'use strict';
const {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const {Script} = require('node:vm');

// Names are put together as texts: Node's own way takes longer than opening what they name.
const directory = `${__dirname.slice(0, -'bin'.length)}dist/cli`;
/** What the first word may be, besides flags and the words of a command to run. */
const command = ['watch', 'status', 'doctor'].find((name) => name === process.argv[2]) ?? 'run';
/** Each command uses other code, and so does a run with flags. */
const use = command === 'run' && isFlag(process.argv[process.argv[2] === 'run' ? 3 : 2]) ? 'flags' : command;
const isDebugged = /oclif|limitrun/.test(process.env.DEBUG ?? '');

/** Other flags need other code: so many of the first runs add what they needed to what is kept. */
const LEARNING_RUNS = 8;
/** The last line of a script, see scripts/bundle.js: no other script has it, though all may have the same time of change. */
const MARK_LENGTH = 19;
/** After what is kept: for which script it is (mark and time of change as text), how many runs have added to it (1 byte). */
const NAME_BYTES = MARK_LENGTH + 24;
const TRAILER_BYTES = NAME_BYTES + 1;

/** By name; see scripts/bundle.js for what is in them. */
const scripts = new Map();

function isFlag(word = '') {
  return word.startsWith('-') && word !== '--';
}

function openScript(name) {
  const file = `${directory}/${name}.js`;
  // One for each Node too: another one's V8 refuses it.
  const kept = `${process.version}-${process.arch}-${use}-${name}`;
  scripts.set(name, {
    file,
    kept,
    descriptor: openSync(file),
    exports: undefined,
    program: undefined,
    compiled: undefined,
  });
}

/** Where the owner of this program keeps what V8 has made. */
const ownersCache = `${directory}/cache`;

/** Where another user does: in the user's own cache directory (XDG), undefined when there is none. */
function usersCache() {
  const {HOME, XDG_CACHE_HOME} = process.env;
  const path = require('node:path');
  const isGiven = XDG_CACHE_HOME !== undefined && path.isAbsolute(XDG_CACHE_HOME);
  if (!isGiven && (HOME === undefined || !path.isAbsolute(HOME))) return undefined;
  // Of each installation its own, as far as a name can be that long.
  const installation = directory.replace(/[/\\:]/g, '!').slice(-200);
  return path.join(isGiven ? XDG_CACHE_HOME : path.join(HOME, '.cache'), 'limitrun', installation);
}

/** What one script is given for another: a module that the other one has. */
function part(name, module) {
  const script = scripts.get(name);
  script.exports ??= evaluated(script);
  return script.exports.part(module);
}

function evaluated(script) {
  const {file} = script;
  const module = {exports: {}};
  // Few runs ask where they are.
  const place = {
    get url() {
      return require('node:url').pathToFileURL(file).href;
    },
  };
  script.program ??= programOf(script);
  script.program(module.exports, loaded, module, place, part);
  return module.exports;
}

/** What has been asked for once is had for less than from Node, which is asked some fifty times. */
const modules = new Map();

function loaded(id) {
  let module = modules.get(id);
  if (module === undefined) modules.set(id, (module = id.startsWith('node:') ? require(id) : dependency(id)));
  return module;
}

/** Packages are where this file is, and not where a link to it is (bin/limitrun has Node not look for that). */
function dependency(id) {
  const {createRequire} = require('node:module');
  return createRequire(realpathSync(`${__dirname}/start.cjs`))(id);
}

function programOf(script) {
  if (!isDebugged) {
    script.compiled = compile(script);
    return script.compiled.script.runInThisContext();
  }
  // Node reads source maps only of what it has loaded itself.
  process.setSourceMapsEnabled(true);
  require(script.file);
  return globalThis.limitrunProgram;
}

/**
 * A function of its own, so that nothing holds what was read.
 * @returns the script, how many runs have added to what is kept, whose it is, and by what it is known
 */
function compile({file, kept, descriptor}) {
  const {mtimeMs, uid, size} = fstatSync(descriptor);
  // The user's has what the user's runs have added to it; the owner has none.
  const users = uid === process.geteuid?.() ? undefined : usersCache();
  const keptDescriptor =
    (users && openKept(`${users}/${kept}`, uid)) ?? openKept(`${ownersCache}/${kept}`, uid);
  const keptBytes = keptDescriptor === undefined ? 0 : fstatSync(keptDescriptor).size;
  const buffer = memory(Math.max(size, keptBytes));
  // It is ASCII, which this decoder takes as it is.
  const source = readInto(buffer, descriptor, size).latin1Slice();
  const bytes = keptDescriptor === undefined ? undefined : readInto(buffer, keptDescriptor, keptBytes);
  const end = (bytes?.length ?? 0) - TRAILER_BYTES;
  // V8 itself compares no more than the length of the script.
  const name = `${source.slice(-MARK_LENGTH)}${mtimeMs}`.padEnd(NAME_BYTES);
  const isItsOwn = end > 0 && bytes.latin1Slice(end, end + NAME_BYTES) === name;
  const cachedData = isItsOwn ? bytes.subarray(0, end) : undefined;
  const script = new Script(source, {filename: file, cachedData});
  const isUsed = cachedData !== undefined && !script.cachedDataRejected;
  return {script, name, owner: uid, runs: isUsed ? bytes.at(-1) : 0};
}

/** What a script has left for the next one: memory that was never used before costs more than reading into it. */
let room;

/** One for source and compiled code. Each second script takes what the one before has left, and leaves nothing. */
function memory(size) {
  const left = room;
  room = undefined;
  if (left !== undefined && left.length >= size) return left;
  room = Buffer.allocUnsafeSlow(size);
  return room;
}

/**
 * What is kept is code that will run: it is used if only root, this user or the owner of the script can have written it.
 * @param owner the script's
 * @returns undefined when it cannot be read, or somebody else may have written it
 */
function openKept(kept, owner) {
  let descriptor;
  try {
    descriptor = openSync(kept);
    const stats = fstatSync(descriptor);
    const {uid, mode} = stats;
    const user = process.geteuid?.();
    // Where there are no users (Windows) the modes say nothing either.
    const isSafe = user === undefined || ([0, user, owner].includes(uid) && (mode & 0o022) === 0);
    if (stats.isFile() && isSafe) return descriptor;
  } catch {
    return undefined;
  }
  closeSync(descriptor);
  return undefined;
}

/** Closes what it has read. @returns the part of the buffer that was read into, shorter when the file is */
function readInto(buffer, descriptor, size) {
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, buffer, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  closeSync(descriptor);
  return buffer.subarray(0, length);
}

/**
 * At the end, when what was needed has been compiled: beside the program where this user is its owner, for what is kept
 * is code, and must be in nobody's way when limitrun is removed; otherwise for this user only. By now the command may
 * have removed limitrun, which is no reason to fail.
 */
function keep({kept, compiled: {script, name, owner, runs}}) {
  let fresh;
  try {
    const cache = ownCache(owner);
    if (cache === undefined) return;
    fresh = `${cache}/${kept}.${process.pid}`;
    const trailer = Buffer.alloc(TRAILER_BYTES, runs + 1);
    trailer.write(name);
    // On the disk before it has its name: V8 would stumble over half of it.
    writeFileSync(fresh, Buffer.concat([script.createCachedData(), trailer]), {flush: true});
    // Whatever the umask: who may start limitrun may read what it has compiled.
    chmodSync(fresh, 0o644);
    renameSync(fresh, `${cache}/${kept}`);
  } catch {
    if (fresh !== undefined) remove(fresh);
  }
}

/**
 * @param owner of the script
 * @returns the directory to keep it in, which is made if need be; undefined when there is none
 * @throws a system error when it cannot be made, as when limitrun has been removed
 */
function ownCache(owner) {
  const user = process.geteuid?.();
  if (owner === user) {
    if (!existsSync(ownersCache)) {
      mkdirSync(ownersCache);
      chmodSync(ownersCache, 0o755);
    }
    return ownersCache;
  }
  const path = require('node:path');
  const cache = usersCache();
  // Not in somebody else's home (sudo).
  const parent = cache && path.dirname(path.dirname(cache));
  if (parent === undefined || !isOwn(parent, user)) return undefined;
  mkdirSync(cache, {recursive: true, mode: 0o700});
  return cache;
}

/** Whether a directory is the user's, or is missing in one that is. */
function isOwn(name, user) {
  const stats = statSync(name, {throwIfNoEntry: false}) ?? statSync(require('node:path').dirname(name));
  return stats.uid === user;
}

function remove(name) {
  try {
    rmSync(name, {force: true});
  } catch {
    // Nothing was written.
  }
}

async function start() {
  let completed;
  openScript('start');
  // Looks first of all at what is open here.
  const {main} = part('start', 'src/commands/main.ts');
  // Before the command can remove limitrun or install another one.
  for (const name of ['settings', 'end', 'rest']) openScript(name);
  // By their paths, which may lead elsewhere later.
  if (isDebugged) for (const script of scripts.values()) script.program ??= programOf(script);
  const code = await main(process.argv.slice(2), (id) => {
    completed = id;
  });
  if (completed !== command) return code;
  for (const script of scripts.values()) {
    if (script.compiled !== undefined && script.compiled.runs < LEARNING_RUNS) keep(script);
  }
  return code;
}

start()
  .catch((error) => {
    process.stderr.write(`limitrun: cannot start: ${error.message.split('\n', 1)[0]}\n`);
    return 125;
  })
  // Everything has been written by now, and what is left to do has no effect outside.
  .then((code) => process.exit(code));
