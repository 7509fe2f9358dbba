import {expect, test} from 'vitest';
import {LineQueue} from '../../../src/core/store/line-queue.js';

test('what comes in one turn, and during a write, is joined into one write', async () => {
  const writes: string[] = [];
  let release = (): void => undefined;
  const queue = new LineQueue(
    (text) => {
      writes.push(text);
      return new Promise((resolve) => {
        release = resolve;
      });
    },
    () => undefined,
  );
  queue.add('a');
  queue.add('b');
  await Promise.resolve();
  expect(writes).toEqual(['a\nb\n']);
  queue.add('c');
  queue.add('ä');
  expect(queue.waitingBytes).toBe(5);
  const first = release;
  const settled = queue.settled();
  first();
  await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toEqual(['a\nb\n', 'c\nä\n']);
  release();
  await settled;
  expect(queue.waitingBytes).toBe(0);
});

test('after a failure everything is dropped, and it is told once', async () => {
  const failures: unknown[] = [];
  let writes = 0;
  const queue = new LineQueue(
    () => {
      writes += 1;
      return Promise.reject(new Error('full'));
    },
    (error) => failures.push(error),
  );
  queue.add('a');
  await queue.settled();
  queue.add('b');
  await queue.settled();
  expect(writes).toBe(1);
  expect(failures).toEqual([new Error('full')]);
  expect(queue.failed).toBe(true);
});

test('what is held is written with the next line that is added, or at the end', async () => {
  const writes: string[] = [];
  const queue = new LineQueue(
    (text) => {
      writes.push(text);
      return Promise.resolve();
    },
    () => undefined,
  );
  queue.hold('a');
  queue.hold('b');
  await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toEqual([]);
  expect(queue.waitingBytes).toBe(4);
  queue.add('c');
  queue.hold('d');
  await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toEqual(['a\nb\nc\nd\n']);
  queue.hold('e');
  await queue.settled();
  expect(writes.slice(1)).toEqual(['e\n']);
});
