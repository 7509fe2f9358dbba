import {expect, test} from 'vitest';
import {fromNotes, takeInheritance} from '../../../src/core/process/inheritance.js';

const LIMITS =
  'Limit      Soft Limit   Hard Limit   Units\nMax open files            1048576              1048576   files\n';

test('the notes of the launcher tell ignored signals, the soft limit of open files and descriptors', () => {
  // SIGHUP is signal 1, SIGINT 2: the two lowest bits.
  const inheritance = fromNotes('0000000000000003;1024;3 4 9', LIMITS);
  expect(inheritance).toEqual({descriptors: [3, 4, 9], ignoredSignals: ['HUP', 'INT'], softOpenFiles: 1024});
});

test("a soft limit that Node has left alone is none of limitrun's business", () => {
  expect(fromNotes('0;1048576;', LIMITS)).toEqual({descriptors: [], ignoredSignals: []});
});

test.each(['', ';;', 'x;unlimited;', ';9e99;'])(
  'notes "%s" that tell nothing are taken as nothing',
  (notes) => {
    expect(fromNotes(notes, LIMITS)).toEqual({descriptors: [], ignoredSignals: []});
  },
);

test('a signal with two names is told once', () => {
  // SIGABRT and SIGIOT are signal 6.
  expect(fromNotes((1 << 5).toString(16), LIMITS).ignoredSignals).toHaveLength(1);
});

test('the notes are taken out of the environment, and what was kept from Node is put back', () => {
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: '0;;5',
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

test('a variable whose name no shell can use keeps its value, or is known not to be held', () => {
  const hex = Buffer.from('a.b=c\0x.y=\xff\0PLAIN=1\0', 'latin1').toString('hex');
  const environment: Record<string, string | undefined> = {
    LIMITRUN_INHERITED: ';;',
    LIMITRUN_INHERITED_ODD: `:${hex}`,
    PWD: 'of the shell',
  };
  const {unheldVariables} = takeInheritance(environment);
  expect(environment).toEqual({'a.b': 'c', 'x.y': '\uFFFD'});
  expect([...(unheldVariables ?? [])]).toEqual([['x.y', Buffer.of(0xff)]]);
});
