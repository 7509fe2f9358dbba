import {expect, test} from 'vitest';
import {below} from '../../src/core/below.js';

test.each([
  ['/a', '/a/b'],
  ['/a/', '/a/b'],
  ['/', '/b'],
  ['a', 'a/b'],
])('in %s', (directory, expected) => {
  expect(below(directory, 'b')).toBe(expected);
});
