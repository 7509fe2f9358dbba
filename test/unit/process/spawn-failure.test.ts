import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {launch, type LaunchCommand} from '../../../src/core/process/launch.js';
import {spawnFailure, type SpawnFailure} from '../../../src/core/process/spawn-failure.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-spawn-'));
});

afterEach(() => {
  rmSync(directory, {recursive: true});
});

function fileWith(name: string, content: string, mode = 0o755): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Why a command that cannot be started is refused. */
async function failureOf(command: LaunchCommand): Promise<SpawnFailure> {
  const launched = launch(command);
  if (launched.ok) throw new Error('it was started');
  return launched.failure;
}

const nowhere = {environment: {PATH: ''}};

test('a command that does not exist was not found', () => {
  expect(spawnFailure('ENOENT', {file: 'nothing-like-it', environment: {PATH: '/bin'}})).toEqual({
    code: 'ENOENT',
    message: 'command not found: nothing-like-it',
  });
  expect(spawnFailure('ENOENT', {file: 'nothing-like-it', environment: {}}).message).toContain('not found');
  expect(spawnFailure('ENOTDIR', {file: '/etc/passwd/x', ...nowhere}).message).toBe(
    'command not found: /etc/passwd/x',
  );
});

test('a script whose interpreter does not exist says which one', () => {
  const file = fileWith('script', '#! /no/such/python3 -u\nprint(1)\n');
  expect(spawnFailure('ENOENT', {file, ...nowhere})).toEqual({
    code: 'ENOENT',
    message: `cannot run ${file}: its interpreter /no/such/python3 was not found`,
  });
});

test.each(['#!/bin/sh\r\n', '#! \t/bin/sh\r\nexit 3\r\n'])(
  'a script with the line ends of another system (%j) says that they are in the way',
  async (content) => {
    const file = fileWith('script', content);
    const message = `cannot run ${file}: the name of its interpreter /bin/sh ends in a carriage return: convert the file's line ends to LF`;
    expect(spawnFailure('ENOENT', {file, ...nowhere}).message).toBe(message);
    expect((await failureOf({file, args: [], environment: {}})).message).toBe(message);
  },
);

test('such a script is found in the PATH of the child, past directories that lack it', () => {
  fileWith('script', '#!/no/such/python3\n');
  const PATH = ['/no/such/directory', directory].join(delimiter);
  expect(spawnFailure('ENOENT', {file: 'script', environment: {PATH}}).message).toBe(
    'cannot run script: its interpreter /no/such/python3 was not found',
  );
});

test('a file without an interpreter line, an empty one and a directory were just not found', () => {
  for (const file of [fileWith('plain', 'hello\n'), fileWith('empty', ''), directory]) {
    expect(spawnFailure('ENOENT', {file, ...nowhere}).message).toBe(`command not found: ${file}`);
  }
});

test('a file that may not be executed and a directory are told apart', () => {
  const file = fileWith('secret', 'x', 0o644);
  expect(spawnFailure('EACCES', {file, ...nowhere}).message).toBe(`cannot run ${file}: permission denied`);
  expect(spawnFailure('EACCES', {file: directory, ...nowhere}).message).toBe(
    `cannot run ${directory}: it is a directory`,
  );
  expect(spawnFailure('EACCES', {file: 'nothing-like-it', ...nowhere}).message).toContain(
    'permission denied',
  );
});

test.each([
  ['ELOOP', 'too many symbolic links'],
  ['E2BIG', 'too large together'],
  ['ENOEXEC', 'not a program for this machine'],
  ['EAGAIN', 'ulimit -u'],
  ['EMFILE', 'ulimit -n'],
  ['ENFILE', 'ulimit -n'],
  ['ENOMEM', 'not enough memory'],
  ['EUNKNOWN', 'cannot start x'],
  ['EWEIRD', 'EWEIRD'],
])('%s is put into words', (code, words) => {
  const failure = spawnFailure(code, {file: 'x', ...nowhere});
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(words);
  expect(failure.message).not.toContain('\n');
});

test('a name that is very long is cut off in the message', () => {
  const {message} = spawnFailure('ENOENT', {file: 'x'.repeat(100_000), ...nowhere});
  expect(message).toBe(`command not found: ${'x'.repeat(200)}…`);
});

test.each([
  ['a missing command', (): string => 'nothing-like-it', 'ENOENT', 'command not found'],
  [
    'a file without the right to be executed',
    (): string => fileWith('secret', 'x', 0o644),
    'EACCES',
    'permission',
  ],
  ['a directory', (): string => join(directory, 'sub'), 'EACCES', 'is a directory'],
  [
    'a missing interpreter',
    (): string => fileWith('s', '#!/no/such/sh\n'),
    'ENOENT',
    'interpreter /no/such/sh',
  ],
])('starting %s is refused with its reason', async (_, file, code, words) => {
  mkdirSync(join(directory, 'sub'));
  const failure = await failureOf({file: file(), environment: {PATH: '/bin'}});
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(words);
});

test('a working directory that is missing is told as such and not as a missing command', async () => {
  const missing = join(directory, 'missing');
  expect(await failureOf({file: 'true', workingDirectory: missing})).toEqual({
    code: 'ECWD',
    message: `the working directory ${missing} does not exist or may not be entered`,
  });
});

test('a working directory that is a file is told as such', async () => {
  const workingDirectory = fileWith('file', '');
  expect(await failureOf({file: 'true', workingDirectory})).toEqual({
    code: 'ECWD',
    message: `the working directory ${workingDirectory} is not a directory`,
  });
});
