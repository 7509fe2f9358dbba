import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';

let directory: string;

/** A Node program that tells, in JSON, what exactBytes finds about its own words and variables. */
const PROGRAM = `
import {exactBytes} from './exact-bytes.mjs';
const {words, variables} = exactBytes(JSON.parse(process.env.AS_IF ?? 'null') ?? process.argv.slice(3), process.env);
const inHex = (map) => Object.fromEntries([...map].map(([key, bytes]) => [key, bytes.toString('hex')]));
console.log(JSON.stringify({words: inHex(words), variables: inHex(variables)}));
`;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-bytes-'));
  const source = fileURLToPath(new URL('../../../src/core/process/exact-bytes.ts', import.meta.url));
  const {outputText} = ts.transpileModule(readFileSync(source, 'utf8'), {
    compilerOptions: {module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022},
  });
  writeFileSync(join(directory, 'exact-bytes.mjs'), outputText);
  writeFileSync(join(directory, 'program.mjs'), PROGRAM);
});

afterAll(() => {
  rmSync(directory, {recursive: true});
});

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/cmdline'), 'skipped: no /proc');
});

interface Found {
  readonly words: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Has a shell start the program: `$B` is a word of bytes that are not UTF-8, `$NODE own` the program and a word of its
 * own; what follows are the command's words.
 */
function started(line: string, environment: NodeJS.ProcessEnv = {}): Found {
  const script = `B=$(printf 'a\\377\\376b'); NODE="$1 $2/program.mjs"; ${line}`;
  const {stdout, stderr} = spawnSync('/bin/sh', ['-c', script, 'sh', process.execPath, directory], {
    env: {PATH: process.env['PATH'], ...environment},
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Found;
}

test('words and variables that Node holds as they are need nothing', () => {
  expect(started('$NODE own cmd "" "a b" "é"', {A: 'ü', EMPTY: ''})).toEqual({words: {}, variables: {}});
});

test('a word that is not UTF-8 is told by its place among the words of the command', () => {
  expect(started('$NODE own cmd one "$B" three').words).toEqual({2: '61fffe62'});
});

test('the command itself and the last word may be such words', () => {
  expect(started('$NODE own "$B" "" two "$B$B"').words).toEqual({0: '61fffe62', 3: '61fffe6261fffe62'});
});

test('bytes in the words of limitrun itself move nothing', () => {
  expect(started('$NODE "$B" cmd "$B" end').words).toEqual({1: '61fffe62'});
  expect(started('$NODE "$B" cmd plain').words).toEqual({});
});

test('a line break at the end of such a word is kept', () => {
  const line = `B=$(printf '\\377\\n\\nx'); B=\${B%x}; $NODE own cmd "$B"`;
  expect(started(line).words).toEqual({1: 'ff0a0a'});
});

test('the replacement character itself is good UTF-8 and left alone', () => {
  const found = started(`$NODE own cmd "$(printf '\\357\\277\\275')" "$B"`, {SIGN: '\uFFFD'});
  expect(found).toEqual({words: {2: '61fffe62'}, variables: {}});
});

test('words that do not come from the command line are never taken for some that do', () => {
  const AS_IF = JSON.stringify(['cmd', 'x\uFFFD']);
  expect(started('$NODE own cmd "$B"', {AS_IF}).words).toEqual({});
});

test('a variable that is not UTF-8 is told by its name, others are not', () => {
  const {variables} = started(`BYTES="=$B" PLAIN=x $NODE own cmd`, {SIGN: '\uFFFD'});
  expect(variables).toEqual({BYTES: '3d61fffe62'});
});
