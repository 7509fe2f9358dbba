import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {listProcesses, parsePsLine} from '../../../src/core/monitor/process-list.js';

const LINE = '  501   1 Ss   Mon Nov 23 10:49:00 2026 /sbin/launchd';

test('a line of ps is pid, parent, state, start in UTC and name', () => {
  expect(parsePsLine(LINE)).toEqual({
    pid: 501,
    parentPid: 1,
    zombie: false,
    startTime: Date.UTC(2026, 10, 23, 10, 49, 0),
    name: '/sbin/launchd',
  });
});

test('a day of one digit, padded by a space, is understood', () => {
  expect(parsePsLine('7 1 S Tue Dec  1 09:05:03 2026 sh')?.startTime).toBe(Date.UTC(2026, 11, 1, 9, 5, 3));
});

test('a name with spaces and figures is taken whole', () => {
  const name = 'My App 12:00:00 2020 (helper)';
  expect(parsePsLine(`7 1 R+ Tue Dec  1 09:05:03 2026 ${name}`)?.name).toBe(name);
});

test.each(['Z', 'Z+', 'ZN'])('the state %s is a zombie', (state) => {
  expect(parsePsLine(LINE.replace('Ss', state))?.zombie).toBe(true);
});

test.each(['', '\n', 'PID PPID STAT STARTED COMM', '7 1 S', '7 x S Tue Dec  1 09:05:03 2026 sh'])(
  'the line "%s" is no process',
  (line) => {
    expect(parsePsLine(line)).toBeUndefined();
  },
);

test('this very process is in the list of the machine', async ({skip}) => {
  skip(!existsSync('/bin/ps'), 'skipped: no /bin/ps');
  const own = (await listProcesses()).find((listed) => listed.pid === process.pid);
  expect(own).toMatchObject({parentPid: process.ppid, zombie: false});
});
