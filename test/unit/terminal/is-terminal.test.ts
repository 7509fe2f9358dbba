import {closeSync, openSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {isatty} from 'node:tty';
import {expect, test} from 'vitest';
import {isTerminal} from '../../../src/core/terminal/is-terminal.js';

function answers(path: string): {ours: boolean; nodes: boolean} {
  const descriptor = openSync(path, 'r');
  try {
    return {ours: isTerminal(descriptor), nodes: isatty(descriptor)};
  } finally {
    closeSync(descriptor);
  }
}

test.each(['/dev/null', '/dev/zero', '/dev/urandom', '/proc/self/stat', import.meta.filename, tmpdir()])(
  '%s is no terminal',
  (path) => {
    expect(answers(path)).toEqual({ours: false, nodes: false});
  },
);

test('the other side of every terminal is one', () => {
  expect(answers('/dev/ptmx')).toEqual({ours: true, nodes: true});
});

test('a descriptor that is closed, or none, is no terminal', () => {
  const closed = openSync('/dev/null', 'r');
  closeSync(closed);
  expect(isTerminal(closed)).toBe(false);
  expect(isTerminal(-1)).toBe(false);
});
