import {expect, test} from 'vitest';
import {newRunId} from '../../src/core/run-id.js';

test('an id is 12 hexadecimal digits, the first of them a letter, and another one each time', () => {
  const ids = Array.from({length: 500}, newRunId);
  for (const id of ids) expect(id).toMatch(/^[a-f][0-9a-f]{11}$/);
  expect(new Set(ids).size).toBe(500);
});
