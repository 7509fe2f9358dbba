import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {findCommand} from '../../../src/core/process/find-command.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-find-'));
});

afterEach(() => {
  rmSync(directory, {recursive: true});
});

/** A file in a directory of its own; returns the directory. */
function place(folder: string, name: string, mode: number): string {
  const path = join(directory, folder);
  mkdirSync(path, {recursive: true});
  writeFileSync(join(path, name), '');
  chmodSync(join(path, name), mode);
  return path;
}

test('a name is looked for in PATH from left to right', () => {
  const first = place('first', 'tool', 0o755);
  const second = place('second', 'tool', 0o755);
  expect(findCommand('tool', {path: [first, second].join(delimiter)})).toEqual({
    ok: true,
    path: join(first, 'tool'),
  });
  expect(findCommand('tool', {path: [second, first].join(delimiter)})).toEqual({
    ok: true,
    path: join(second, 'tool'),
  });
});

test('a file that may not be executed is passed over for a later one that may', () => {
  const denied = place('denied', 'tool', 0o644);
  const allowed = place('allowed', 'tool', 0o755);
  expect(findCommand('tool', {path: [denied, allowed].join(delimiter)})).toEqual({
    ok: true,
    path: join(allowed, 'tool'),
  });
});

test('when only a file without the right to be executed was found that is the reason', () => {
  const denied = place('denied', 'tool', 0o644);
  expect(findCommand('tool', {path: ['/no/such', denied].join(delimiter)})).toEqual({
    ok: false,
    code: 'EACCES',
  });
});

test('a name that is nowhere, and an empty one, were not found', () => {
  expect(findCommand('tool', {path: directory})).toEqual({ok: false, code: 'ENOENT'});
  expect(findCommand('', {path: directory})).toEqual({ok: false, code: 'ENOENT'});
});

test('what the system would not find is passed over', () => {
  const first = place('first', 'tool', 0o755);
  const second = place('second', 'tool', 0o755);
  const isMissing = (path: string): boolean => path.startsWith(first);
  expect(findCommand('tool', {path: [first, second].join(delimiter), isMissing})).toEqual({
    ok: true,
    path: join(second, 'tool'),
  });
  expect(findCommand('tool', {path: first, isMissing})).toEqual({ok: false, code: 'ENOENT'});
});

test('a link to itself ends the search', () => {
  symlinkSync('loop', join(directory, 'loop'));
  expect(findCommand('loop', {path: [directory, place('first', 'loop', 0o755)].join(delimiter)})).toEqual({
    ok: false,
    code: 'ELOOP',
  });
});

test('a name with a slash is a path and PATH does not matter', () => {
  const path = join(place('first', 'tool', 0o755), 'tool');
  expect(findCommand(path, {path: ''})).toEqual({ok: true, path});
  expect(findCommand(join(directory, 'tool'), {path: place('first', 'tool', 0o755)})).toEqual({
    ok: false,
    code: 'ENOENT',
  });
});

test('a directory is no command', () => {
  place('tool', 'x', 0o755);
  expect(findCommand('tool', {path: directory})).toEqual({ok: false, code: 'EACCES'});
});

test('what does not begin with a slash is looked for where the command is to run', () => {
  place('first', 'tool', 0o755);
  const found = {ok: true, path: `${directory}/./first/tool`};
  expect(findCommand('./first/tool', {path: '', directory})).toEqual(found);
  expect(findCommand('tool', {path: './first', directory})).toEqual(found);
  expect(findCommand('./first/tool', {path: ''})).toEqual({ok: false, code: 'ENOENT'});
});

test('a directory of PATH is taken as it is written', () => {
  place('deep/down', 'tool', 0o755);
  symlinkSync(place('deep/er', 'other', 0o755), join(directory, 'link'));
  const path = `${directory}/link/../down`;
  expect(findCommand('tool', {path})).toEqual({ok: true, path: `${path}/tool`});
  expect(findCommand('tool', {path: `${directory}/missing/../deep/down`})).toEqual({
    ok: false,
    code: 'ENOENT',
  });
});

test('a directory of PATH that is too long to be one is passed over', () => {
  const path = [`/${'b/'.repeat(2200)}`, place('first', 'tool', 0o755)].join(delimiter);
  expect(findCommand('tool', {path})).toMatchObject({ok: true});
});

test('without PATH the system has its own', () => {
  expect(findCommand('sh', {path: undefined})).toEqual({ok: true, path: '/bin/sh'});
});
