import {spawnSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {fromNotes, ignoredIn, takeInheritance} from '../../../src/core/process/inheritance.js';

test('the notes of the launcher tell the soft limit of open files, descriptors and a pipe', () => {
  expect(fromNotes('1024 1048576;3 4 9;')).toEqual({descriptors: [3, 4, 9], softOpenFiles: 1024});
  expect(fromNotes('1048576 1048576;;8 9')).toEqual({descriptors: [], pipe: {readEnd: 8, writeEnd: 9}});
});

test("a soft limit that Node has left alone is none of limitrun's business", () => {
  expect(fromNotes('1048576 1048576;;')).toEqual({descriptors: []});
});

test.each(['', ';;', ' ;;', 'unlimited unlimited;', '9e99 1;'])(
  'notes "%s" that tell nothing are taken as nothing',
  (notes) => {
    expect(fromNotes(notes)).toEqual({descriptors: []});
  },
);

/** proc(5): pid, name, state, then 29 numbers, then the mask of what is ignored. */
const stat = (ignored: number): string => `42 (o) d) R ${'7 '.repeat(29)}${String(ignored)} 7 7\n`;

test('a stat line tells ignored signals', () => {
  // SIGHUP is signal 1, SIGINT 2: the two lowest bits.
  expect(ignoredIn(stat(3))).toEqual(['HUP', 'INT']);
  expect(ignoredIn(stat(0))).toEqual([]);
  expect(ignoredIn('')).toEqual([]);
});

test('those that a process here ignores are told', () => {
  const trapped = spawnSync('sh', ['-c', "trap '' HUP USR2; exec cat /proc/self/stat"], {encoding: 'utf8'});
  expect(ignoredIn(trapped.stdout)).toEqual(['HUP', 'USR2']);
});

test('a signal with two names is told once', () => {
  // SIGABRT and SIGIOT are signal 6.
  expect(ignoredIn(stat(1 << 5))).toHaveLength(1);
});

test('the notes are taken out of the environment, and what was kept from Node is put back', () => {
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: ';5;',
    LIMITRUN_KEPT_NODE_OPTIONS: '--trace-warnings',
    HOME: '/root',
  };
  expect(takeInheritance(environment).descriptors).toEqual([5]);
  expect(environment).toEqual({NODE_OPTIONS: '--trace-warnings', HOME: '/root'});
});

test('without a launcher no signal is known to be ignored', () => {
  const environment = {HOME: '/root'};
  expect(takeInheritance(environment).ignoredSignals).toEqual([]);
  expect(environment).toEqual({HOME: '/root'});
});

/** As the launcher notes variables and a stat line: words of eight bytes, as od prints them. */
const noted = (...entries: string[]): string => {
  const text = `${entries.map((entry) => `${entry}\0`).join('')}${stat(1)}`;
  const od = spawnSync('od', ['-An', '-vtx8'], {input: Buffer.from(text, 'latin1')});
  return od.stdout.toString();
};

test('the environment becomes what the launcher was started with, as far as Node can hold it', () => {
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: ';;',
    LIMITRUN_INHERITED_VARIABLES: `:${noted('a.b=c', 'x.y=\xff', 'PS1=of the caller', 'PLAIN=1', 'NODE_OPTIONS=\xfe')}`,
    LIMITRUN_KEPT_NODE_OPTIONS: '\uFFFD',
    PS1: '$ ',
    PWD: 'of the shell',
    ADDED: 'by the shell',
    PLAIN: '1',
  };
  const {environment: whole, unheldVariables, ignoredSignals} = takeInheritance(environment);
  expect(ignoredSignals).toEqual(['HUP']);
  expect(whole).toEqual({
    'a.b': 'c',
    'x.y': '\uFFFD',
    PS1: 'of the caller',
    PLAIN: '1',
    NODE_OPTIONS: '\uFFFD',
  });
  expect([...(unheldVariables ?? [])]).toEqual([
    ['x.y', Buffer.of(0xff)],
    ['NODE_OPTIONS', Buffer.of(0xfe)],
  ]);
});

test('what the shell has put into an empty environment is taken out', () => {
  const environment = {
    LIMITRUN_INHERITED: ';;',
    LIMITRUN_INHERITED_VARIABLES: `:${noted()}`,
    PWD: '/of/the/shell',
  };
  expect(takeInheritance(environment).environment).toEqual({});
});

test('what the caller calls as the launcher calls things stays', () => {
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: ';;',
    LIMITRUN_INHERITED_VARIABLES: `:${noted('LIMITRUN_KEPT_NODE_OPTIONS=--bad')}`,
    LIMITRUN_KEPT_NODE_OPTIONS: '--bad',
  };
  expect(takeInheritance(environment).environment).toEqual({LIMITRUN_KEPT_NODE_OPTIONS: '--bad'});
});

test('variables keep their order, and what no variable can be is left out', () => {
  const LIMITRUN_INHERITED_VARIABLES = `:${noted('Z=1', 'none', '=nameless', '__proto__=2', 'A=3', 'EMPTY=')}`;
  const {environment = {}} = takeInheritance({LIMITRUN_INHERITED: ';;', LIMITRUN_INHERITED_VARIABLES});
  expect(Object.entries(environment)).toEqual([
    ['Z', '1'],
    ['__proto__', '2'],
    ['A', '3'],
    ['EMPTY', ''],
  ]);
});

test('of a large environment only what shells change is put back', () => {
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: ';;',
    LIMITRUN_INHERITED_VARIABLES: `+${noted('a.b=c', 'RANDOM=mine')}`,
    RANDOM: '4711',
    PWD: 'of the shell',
    PLAIN: '1',
  };
  expect(takeInheritance(environment).environment).toBeUndefined();
  expect(environment).toEqual({'a.b': 'c', RANDOM: 'mine', PLAIN: '1'});
});

test.each([undefined, '', ':', '+', ':41', ': 4z'])('notes of no variables (%s) change none', (notes) => {
  const environment = {LIMITRUN_INHERITED: ';;', LIMITRUN_INHERITED_VARIABLES: notes, PWD: '/'};
  expect(takeInheritance(environment).environment).toBeUndefined();
  expect(environment).toEqual({PWD: '/'});
});
