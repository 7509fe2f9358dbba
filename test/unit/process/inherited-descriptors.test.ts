import {closeSync, existsSync, openSync} from 'node:fs';
import {expect, test} from 'vitest';
import {findInherited, openDescriptors} from '../../../src/core/process/inherited-descriptors.js';

/** What Node 20 opens for itself, from the given descriptor on. */
function nodesOwn(from: number): [number, string][] {
  const targets = [
    'anon_inode:[eventpoll]',
    'pipe:[100]',
    'pipe:[100]',
    'pipe:[101]',
    'pipe:[101]',
    'anon_inode:[eventfd]',
    'anon_inode:[eventpoll]',
    'anon_inode:[io_uring]',
  ];
  return targets.map((target, index) => [from + index, target]);
}

const STREAMS: [number, string][] = [
  [0, '/dev/pts/0'],
  [1, '/dev/pts/0'],
  [2, 'pipe:[7]'],
];

test('of a plain start nothing is passed on', () => {
  expect(findInherited(new Map([...STREAMS, ...nodesOwn(3)]))).toEqual([]);
});

test('the pipe of the job server of make, opened before Node, is passed on', () => {
  const open = new Map([...STREAMS, [3, 'pipe:[50]'] as const, [4, 'pipe:[50]'] as const, ...nodesOwn(5)]);
  expect(findInherited(open)).toEqual([3, 4]);
});

test('a descriptor far above those of Node is passed on', () => {
  const open = new Map([...STREAMS, ...nodesOwn(3), [63, '/tmp/lock'] as const, [64, 'pipe:[9]'] as const]);
  expect(findInherited(open)).toEqual([63, 64]);
});

test('a socket among those of Node is passed on', () => {
  expect(findInherited(new Map([...STREAMS, ...nodesOwn(3), [20, 'socket:[5]'] as const]))).toEqual([20]);
});

test("/dev/null above the event queue of Node may be the caller's and is passed on", () => {
  expect(findInherited(new Map([...STREAMS, ...nodesOwn(3), [20, '/dev/null'] as const]))).toEqual([20]);
});

test('the descriptors of this process are told with what they are', ({skip}) => {
  skip(!existsSync('/proc/self/fd'), 'skipped: no /proc/self/fd');
  const fd = openSync('/dev/null', 'r');
  expect(openDescriptors().get(fd)).toBe('/dev/null');
  closeSync(fd);
  expect(openDescriptors().get(fd)).not.toBe('/dev/null');
});

test('whatever came before the first event queue came from the caller, /dev/null too', () => {
  const open = new Map([...STREAMS, [3, '/dev/null'] as const, ...nodesOwn(4)]);
  expect(findInherited(open)).toEqual([3]);
});

test('a closed standard stream does not make a descriptor of Node look inherited', () => {
  expect(findInherited(new Map(nodesOwn(3)))).toEqual([]);
});

test('without an event queue everything above 2 is passed on, in order', () => {
  const open = new Map([[9, '/a'] as const, [4, '/b'] as const, ...STREAMS]);
  expect(findInherited(open)).toEqual([4, 9]);
});

test('a machine that does not tell its descriptors passes none on', () => {
  expect(findInherited(new Map())).toEqual([]);
});
