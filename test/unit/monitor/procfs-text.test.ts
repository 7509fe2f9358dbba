import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {
  glanceAtStat,
  kilobyteLine,
  numberAt,
  numberLine,
  parseAuxv,
  parsePids,
  parseStat,
  parseStatm,
  type StatGlance,
} from '../../../src/core/monitor/procfs-text.js';

/** A line of /proc/PID/stat in which every number is its own field's number, as proc(5) counts them. */
function statLine(name: string, state = 'S'): string {
  const fields = Array.from({length: 49}, (_, index) => String(index + 4));
  return `77 (${name}) ${state} ${fields.join(' ')}\n`;
}

const EVERY_FIELD = {
  state: 'S',
  kernelThread: false,
  parentPid: 4,
  group: 5,
  session: 6,
  terminalGroup: 8,
  faults: 22,
  userTicks: 14,
  systemTicks: 15,
  reapedUserTicks: 16,
  reapedSystemTicks: 17,
  threads: 20,
  startTime: 22,
  startStack: '28',
};

test('every field of a stat line is taken from its place in proc(5)', () => {
  expect(parseStat(statLine('node'))).toEqual({...EVERY_FIELD, name: 'node'});
});

test.each([
  ['spaces', 'my little program'],
  ['a closing bracket and a space', 'evil) R 1 2 3'],
  ['only brackets', ')(()'],
  ['a line break', 'two\nlines'],
  ['nothing at all', ''],
  ['a copy of a stat line', '77 (x) S 1 1 1 0 -1'],
])('a name made of %s does not shift the fields', (_, name) => {
  expect(parseStat(statLine(name))).toEqual({...EVERY_FIELD, name});
});

test.each(['R', 'S', 'D', 'Z', 'T', 't', 'X', 'I'])('the state %s is told as it is', (state) => {
  expect(parseStat(statLine('node', state))?.state).toBe(state);
});

test('a thread of the kernel is told by its flags', () => {
  const text = statLine('kworker/0:1').replace(' 9 ', ` ${String(0x0420_8060)} `);
  expect(parseStat(text)?.kernelThread).toBe(true);
  expect(parseStat(readFileSync('/proc/self/stat', 'latin1'))?.kernelThread).toBe(false);
});

test('a process without a terminal has the terminal group -1', () => {
  expect(parseStat(statLine('node').replace(' 8 ', ' -1 '))?.terminalGroup).toBe(-1);
});

test.each([
  ['empty', ''],
  ['without a name', '77 S 1 2 3'],
  ['cut inside the name', '77 (nod'],
  ['with the brackets the wrong way round', '77 )node( S 1'],
  ['cut before the start time', statLine('node').split(' 22 ')[0] ?? ''],
  ['with a start time that is no number', statLine('node').replace(' 22 ', ' x ')],
])('a stat line that is %s is not believed', (_, text) => {
  expect(parseStat(text)).toBeUndefined();
});

test('a stat line that ends after the start time has an unknown stack', () => {
  const text = statLine('node').split(' 23 ')[0] ?? '';
  expect(parseStat(text)).toEqual({...EVERY_FIELD, name: 'node', startStack: '0'});
});

test('the first three figures of statm are the size, the resident pages, and those of them that a file has', () => {
  expect(parseStatm('1000 250 100 1 0 200 0\n')).toEqual({
    sizePages: 1000,
    residentPages: 250,
    sharedPages: 100,
  });
  expect(parseStatm('0 0 0 0 0 0 0\n')).toEqual({sizePages: 0, residentPages: 0, sharedPages: 0});
});

test.each(['', '1000', '1000 250', 'x 250 1', '1000 x 1'])('a statm text "%s" is not believed', (text) => {
  expect(parseStatm(text)).toBeUndefined();
});

const STATUS = 'Name:\tVmSwap: 7 kB\nVmHWM:\t    5120 kB\nVmSwap:\t       0 kB\nThreads:\t3\n';

test('a line of status in kB is told in bytes', () => {
  expect(kilobyteLine(STATUS, 'VmHWM')).toBe(5120 * 1024);
});

test('a zero in status is a figure, not an absence', () => {
  expect(kilobyteLine(STATUS, 'VmSwap')).toBe(0);
});

test('a line that status does not have is absent', () => {
  expect(kilobyteLine(STATUS, 'VmPin')).toBeUndefined();
  expect(kilobyteLine('', 'VmSwap')).toBeUndefined();
});

const IO = 'rchar: 10\nwchar: 20\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n';

test('the first, a middle and the last line of io are found', () => {
  expect(numberLine(IO, 'rchar')).toBe(10);
  expect(numberLine(IO, 'read_bytes')).toBe(4096);
  expect(numberLine(IO, 'cancelled_write_bytes')).toBe(1);
});

test('a key is not found inside a longer one', () => {
  expect(numberLine(IO, 'bytes')).toBeUndefined();
  expect(numberLine(IO, 'write_bytes')).toBe(8192);
  expect(numberLine('cancelled_write_bytes: 1\n', 'write_bytes')).toBeUndefined();
});

test('a line without a number is absent', () => {
  expect(numberLine('read_bytes:\n', 'read_bytes')).toBeUndefined();
  expect(numberLine('read_bytes: none\n', 'read_bytes')).toBeUndefined();
});

test('a list of children is read whatever spaces it has', () => {
  expect(parsePids('12 13 4194304 ')).toEqual([12, 13, 4194304]);
  expect(parsePids('')).toEqual([]);
  expect(parsePids(' ')).toEqual([]);
  expect(parsePids('0 -5 x 1.5 9')).toEqual([9]);
});

function auxv(littleEndian: boolean, pairs: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(pairs.length * 16);
  pairs.forEach(([key, value], index) => {
    for (const [word, at] of [
      [key, index * 16],
      [value, index * 16 + 8],
    ] as const) {
      if (littleEndian) bytes.writeBigUInt64LE(BigInt(word), at);
      else bytes.writeBigUInt64BE(BigInt(word), at);
    }
  });
  return bytes;
}

test.each([
  ['little', true],
  ['big', false],
])('page size and clock ticks are read on a %s-endian machine', (_, littleEndian) => {
  const bytes = auxv(littleEndian, [
    [33, 4242],
    [6, 65_536],
    [17, 250],
    [0, 0],
  ]);
  expect(parseAuxv(bytes.toString('latin1'), littleEndian)).toEqual({pageBytes: 65_536, ticksPerSecond: 250});
});

test('a machine that does not tell its units has the usual ones', () => {
  expect(parseAuxv('', true)).toEqual({pageBytes: 4096, ticksPerSecond: 100});
  const cut = auxv(true, [[6, 65_536]]).subarray(0, 15);
  expect(parseAuxv(cut.toString('latin1'), true)).toEqual({pageBytes: 4096, ticksPerSecond: 100});
});

test.each([
  ['3146 2882 299 1 0 2616 0\n', 0, 3146],
  ['3146 2882 299 1 0 2616 0\n', 1, 2882],
  ['3.60 3.18 2.28 7/150 29840\n', 4, 29840],
  ['3.60 3.18 2.28 7/150 29840\n', 5, -1],
  ['0 0 0\n', 2, 0],
  ['', 0, -1],
  ['self', 0, -1],
])('of %j word %i is the number %i', (text, word, value) => {
  const bytes = Buffer.from(`${text}9 9 9 9`);
  expect(numberAt(bytes, text.length, word)).toBe(value);
});

describe('a stat line at a glance', () => {
  const glance = (text: string): StatGlance | undefined => {
    const bytes = Buffer.from(`${text}what an earlier line has left) Z 1 2 3`, 'latin1');
    const into = {dead: false, faults: -1, ticks: -1, threads: -1};
    return glanceAtStat(bytes, text.length, into) ? into : undefined;
  };

  test('is what the whole line tells, whatever the name', () => {
    for (const name of ['node', 'my little program', 'evil) R 1 2 3', ')(()', 'two\nlines', ''])
      expect(glance(statLine(name))).toEqual({
        dead: false,
        faults: 22,
        ticks: 14 + 15 + 16 + 17,
        threads: 20,
      });
  });

  test('tells who has exited', () => {
    for (const [state, dead] of [
      ['R', false],
      ['T', false],
      ['Z', true],
      ['X', true],
      ['x', true],
    ] as const)
      expect(glance(statLine('node', state))?.dead).toBe(dead);
  });

  test('of a process without a terminal', () => {
    expect(glance(statLine('node').replace(' 8 ', ' -1 '))?.faults).toBe(22);
  });

  test('is none when the line is empty, cut, or something else', () => {
    const line = statLine('node');
    for (const text of [
      '',
      ')',
      '77 (nod',
      '77 (node)',
      '77 (node) S',
      '1.0 2.0 3.0',
      line.slice(0, line.indexOf(' 20 ')),
    ])
      expect(glance(text)).toBeUndefined();
  });
});
