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
  expect(findCommand('tool', [first, second].join(delimiter))).toEqual({ok: true, path: join(first, 'tool')});
  expect(findCommand('tool', [second, first].join(delimiter))).toEqual({
    ok: true,
    path: join(second, 'tool'),
  });
});

test('a file that may not be executed is passed over for a later one that may', () => {
  const denied = place('denied', 'tool', 0o644);
  const allowed = place('allowed', 'tool', 0o755);
  expect(findCommand('tool', [denied, allowed].join(delimiter))).toEqual({
    ok: true,
    path: join(allowed, 'tool'),
  });
});

test('when only a file without the right to be executed was found that is the reason', () => {
  const denied = place('denied', 'tool', 0o644);
  expect(findCommand('tool', ['/no/such', denied].join(delimiter))).toEqual({ok: false, code: 'EACCES'});
});

test('a name that is nowhere, and an empty one, were not found', () => {
  expect(findCommand('tool', directory)).toEqual({ok: false, code: 'ENOENT'});
  expect(findCommand('', directory)).toEqual({ok: false, code: 'ENOENT'});
});

test('what the system would not find is passed over', () => {
  const first = place('first', 'tool', 0o755);
  const second = place('second', 'tool', 0o755);
  const isMissing = (path: string): boolean => path.startsWith(first);
  expect(findCommand('tool', [first, second].join(delimiter), isMissing)).toEqual({
    ok: true,
    path: join(second, 'tool'),
  });
  expect(findCommand('tool', first, isMissing)).toEqual({ok: false, code: 'ENOENT'});
});

test('a link to itself ends the search', () => {
  symlinkSync('loop', join(directory, 'loop'));
  expect(findCommand('loop', [directory, place('first', 'loop', 0o755)].join(delimiter))).toEqual({
    ok: false,
    code: 'ELOOP',
  });
});

test('a name with a slash is a path and PATH does not matter', () => {
  const path = join(place('first', 'tool', 0o755), 'tool');
  expect(findCommand(path, '')).toEqual({ok: true, path});
  expect(findCommand(join(directory, 'tool'), place('first', 'tool', 0o755))).toEqual({
    ok: false,
    code: 'ENOENT',
  });
});

test('a directory is no command', () => {
  place('tool', 'x', 0o755);
  expect(findCommand('tool', directory)).toEqual({ok: false, code: 'EACCES'});
});
