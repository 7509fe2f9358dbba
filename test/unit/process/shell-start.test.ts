import {spawnSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {ignoredIn} from '../../../src/core/process/inheritance.js';
import {needsShell, shellStart, type ShellNeeds} from '../../../src/core/process/shell-start.js';

const NOTHING: ShellNeeds = {
  words: new Map(),
  variables: new Map(),
  ignored: [],
  environment: {SHLVL: undefined},
};

/** All signals from 1 to 31 but SIGKILL (9), SIGSTOP (19), and SIGCHLD (17), which dash ignores for nobody; as a mask. */
const ALL = 0x7ffa_feff;

/** Runs the shell as it would be started and returns the bytes that it printed. */
function run(
  words: readonly string[],
  needs: Partial<ShellNeeds>,
  environment: NodeJS.ProcessEnv = {},
): Buffer {
  const shell = shellStart(words, {...NOTHING, ...needs});
  if (!shell.ok) throw new Error(shell.why);
  return spawnSync('/bin/sh', shell.args, {env: {PATH: process.env['PATH'], ...environment}}).stdout;
}

test('a shell is needed only for what Node has changed', () => {
  expect(needsShell(NOTHING)).toBe(false);
  expect(needsShell({...NOTHING, environment: {SHLVL: '3'}})).toBe(false);
  expect(needsShell({...NOTHING, ignored: ['HUP']})).toBe(true);
  expect(needsShell({...NOTHING, softOpenFiles: 64})).toBe(true);
  expect(needsShell({...NOTHING, words: new Map([[1, Buffer.of(255)]])})).toBe(true);
  expect(needsShell({...NOTHING, variables: new Map([['A', Buffer.of(255)]])})).toBe(true);
});

test('words reach the command as they are, whatever a shell would make of them', () => {
  const words = ['', ' ', 'a b', '$HOME', '`id`', '"', "'", '*', '-n', 'two\nlines\n', '\\n'];
  expect(run(['printf', '<%s>', ...words], {ignored: ['HUP']}).toString()).toBe(
    words.map((word) => `<${word}>`).join(''),
  );
});

test('bytes that are not UTF-8 reach the command in their place', () => {
  const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x0a]);
  const words = ['printf', '<%s>', 'before', 'a\uFFFD\uFFFD\n\n', 'after'];
  expect(run(words, {words: new Map([[3, bytes]])})).toEqual(
    Buffer.concat([Buffer.from('<before><'), bytes, Buffer.from('><after>')]),
  );
});

test('more than nine words keep their order', () => {
  const numbers = Array.from({length: 15}, (_, index) => String(index));
  const needs = {words: new Map([[1, Buffer.from('%s,')]])};
  expect(run(['printf', '?', ...numbers], needs).toString()).toBe(`${numbers.join(',')},`);
});

test('a variable that is not UTF-8 reaches the command byte for byte', () => {
  const bytes = Buffer.from([0xc3, 0x28, 0x0a]);
  expect(run(['printenv', 'BYTES'], {variables: new Map([['BYTES', bytes]])})).toEqual(
    Buffer.concat([bytes, Buffer.from('\n')]),
  );
});

test('a variable whose name no shell can set cannot be passed on', () => {
  const variables = new Map([['with-dash', Buffer.of(255)]]);
  expect(shellStart(['true'], {...NOTHING, variables})).toMatchObject({ok: false});
});

test('the soft limit of open files is that of the caller', () => {
  expect(run(['sh', '-c', 'ulimit -Sn'], {softOpenFiles: 77}).toString()).toBe('77\n');
});

test('an ignored signal stays ignored in the command', () => {
  const script = 'kill -HUP $$; echo alive';
  expect(run(['sh', '-c', script], {ignored: ['HUP']}).toString()).toBe('alive\n');
  expect(run(['sh', '-c', script], {softOpenFiles: 77}).toString()).toBe('');
});

test('each signal can stay ignored, whatever shells call it', () => {
  const stat = `1 (sh) ${'0 '.repeat(30)}${String(ALL)}`;
  const [line = ''] =
    /^SigIgn:.*$/m.exec(run(['cat', '/proc/self/status'], {ignored: ignoredIn(stat)}).toString()) ?? [];
  expect(parseInt(line.slice('SigIgn:'.length), 16)).toBe(ALL);
});

test('a command that looks like a variable is not taken for one', () => {
  const environment = {OPTIND: '7'};
  const needs = {ignored: ['HUP'], environment};
  // Nothing has this name, so nothing is printed: env would print the environment, or run the word after it.
  expect(run(['a=b', 'echo', 'word'], needs, environment).toString()).toBe('');
  const odd = {...NOTHING, ignored: ['HUP'], environment: {'with.dot': '1'}};
  expect(shellStart(['a=b', 'echo', 'word'], odd)).toMatchObject({ok: false});
});

test('the index of getopts is that of the caller', () => {
  const environment = {OPTIND: '7'};
  expect(run(['printenv', 'OPTIND'], {ignored: ['HUP'], environment}, environment).toString()).toBe('7\n');
});

test('the level of shells is that of the caller, absent when it was', () => {
  const print = ['printenv', 'SHLVL'];
  expect(run(print, {ignored: ['HUP'], environment: {SHLVL: '4'}}, {SHLVL: '4'}).toString()).toBe('4\n');
  expect(run(print, {ignored: ['HUP']}).toString()).toBe('');
});

test('variables with names that a shell could not use reach the command all the same', () => {
  const environment = {'FOO-BAR': 'a b\n', 'BASH_FUNC_f%%': '() { :\n}', 'with.dot': ''};
  const print = ['env'];
  const text = run(print, {ignored: ['HUP'], environment}, environment).toString();
  for (const [name, value] of Object.entries(environment)) expect(text).toContain(`${name}=${value}\n`);
  expect(
    run(['printf', '%s|', 'a', '$b', ''], {softOpenFiles: 64, environment}, environment).toString(),
  ).toBe('a|$b||');
});
