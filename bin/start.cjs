#!/usr/bin/env node
// Starts the program as it is installed: a few scripts (scripts/bundle.js), each with what V8 has made of it before kept
// beside it, since compiling takes longer than running. bin/run.js starts the same from separate modules.
'use strict';
const {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} = require('node:fs');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {Script} = require('node:vm');

const directory = path.join(__dirname, '../dist/cli');
/** One for each Node: another one's V8 refuses it. In limitrun's own directory, where only those write who are trusted. */
const cache = path.join(directory, 'cache', `${process.version}-${process.arch}`);
/** The scripts that hold several parts, by part. */
const places = JSON.parse(readFileSync(path.join(directory, 'places.json'), 'latin1'));
/** Parts that have been found in a script, and what those that have been loaded export. */
const parts = new Map();
const loaded = new Map();
/** Scripts without a cache. */
const uncached = new Map();

/** @param name of a script in dist/cli */
function open(name) {
  const file = path.join(directory, name);
  const kept = read(path.join(cache, name));
  // They are ASCII, which this decoder takes as it is.
  const script = new Script(readFileSync(file, 'latin1'), {filename: file, cachedData: kept});
  if (kept === undefined || script.cachedDataRejected) uncached.set(name, script);
  for (const [part, make] of Object.entries(script.runInThisContext())) parts.set(part, make);
}

/** @param name of a part, which is in a script of its own if it is in none that has been opened */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  if (!parts.has(name)) open(places[name] ?? name);
  const part = {exports: {}};
  loaded.set(name, part);
  parts.get(name)(part.exports, requireFrom, part, pathToFileURL(path.join(directory, name)).href);
  return part.exports;
}

function requireFrom(id) {
  return id.startsWith('./') ? load(id.slice(2)) : require(id);
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** At the end, when what was needed has been compiled. Where nothing can be written limitrun starts without. */
function keepCode() {
  for (const [name, script] of uncached) {
    const fresh = path.join(cache, `${name}.${process.pid}`);
    try {
      mkdirSync(cache, {recursive: true});
      writeFileSync(fresh, script.createCachedData());
      renameSync(fresh, path.join(cache, name));
    } catch {
      rmSync(fresh, {force: true});
      return;
    }
  }
}

async function start() {
  try {
    process.exitCode = await load('main.js').main(process.argv.slice(2));
    keepCode();
  } catch (error) {
    process.stderr.write(`limitrun: cannot start: ${error.message.split('\n', 1)[0]}\n`);
    process.exitCode = 125;
  }
}

void start();
