import {closeSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {LiveTable, type LiveTableOptions} from '../../../src/core/terminal/live-table.js';
import {
  drawTable,
  eraseBelow,
  eraseFromCursor,
  eraseTable,
  releaseRegion,
} from '../../../src/core/terminal/scroll-region.js';
import type {TerminalLook} from '../../../src/core/terminal/terminal-modes.js';
import {waitFor} from '../../support/wait-for.js';

const LINES = ['one', 'two'];
/** On a terminal with rows to spare the first stays blank. */
const DRAWN = ['', ...LINES];
const FRAME = drawTable({rows: 24, lines: DRAWN, makeRoom: true});

let directory: string;
let descriptor: number;
/** What the terminal is like; what the table has told. */
let look: TerminalLook | undefined;
let foreground: boolean;
let told: unknown[];
let table: LiveTable;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-table-'));
  descriptor = openSync(join(directory, 'terminal'), 'w');
  look = {raw: false, size: {columns: 80, rows: 24}};
  foreground = true;
  told = [];
});

afterEach(async () => {
  await table.close();
  closeSync(descriptor);
  rmSync(directory, {recursive: true});
});

function open(options: Partial<LiveTableOptions> = {}): LiveTable {
  table = new LiveTable({
    descriptor,
    mode: 'live',
    frame: () => LINES,
    height: () => LINES.length,
    size: () => look?.size,
    inForeground: () => foreground,
    modes: {look: () => Promise.resolve(look), close: () => told.push('modes closed')},
    onUp: (up) => told.push(up),
    onYield: () => told.push('yielded'),
    ...options,
  });
  return table;
}

/** What has been written to the terminal. */
function written(): string {
  return readFileSync(join(directory, 'terminal'), 'utf8');
}

async function up(): Promise<void> {
  table.start();
  await waitFor(() => written().includes(FRAME), {what: 'the first frame', seen: written});
  expect(table.isUp).toBe(true);
}

/** The frames after the first are left out: how many there were depends on the time. */
function once(text: string): string {
  return text.replaceAll(FRAME, '').length === text.length ? text : FRAME + text.replaceAll(FRAME, '');
}

test('a line is said at once while there is no table', async () => {
  open().line('first');
  await waitFor(() => written() === 'first\n', {what: 'the line', seen: written});
});

test('lines that are said while the table is up come when it is taken down, in order', async () => {
  open();
  await up();
  table.line('first');
  table.line('second');
  await table.close();
  table.line('third');
  await table.close();
  expect(once(written())).toBe(`${FRAME}${eraseTable(3)}first\nsecond\nthird\n`);
  expect(told.slice(0, 3)).toEqual([true, 'modes closed', false]);
  expect(table.isUp).toBe(false);
});

test('taken down at once it says the same', async () => {
  open();
  await up();
  table.line('first');
  table.closeNow();
  table.closeNow();
  expect(once(written())).toBe(`${FRAME}${eraseTable(3)}first\n`);
});

test('closed before it has begun nothing of it is seen', async () => {
  open();
  table.start();
  await table.close();
  expect(written()).toBe('');
});

test('it is drawn again and again', async () => {
  open();
  await up();
  await waitFor(() => written() === FRAME.repeat(3), {what: 'three frames', seen: written});
});

test.each([
  ['no size', undefined],
  ['a size of nothing', {columns: 0, rows: 0}],
  ['few columns', {columns: 11, rows: 24}],
  ['few rows', {columns: 80, rows: 3}],
])('there is no table on a terminal of %s', async (_, size) => {
  look = {raw: false, size};
  let looks = 0;
  open({
    modes: {
      look: () => {
        looks += 1;
        return Promise.resolve(look);
      },
      close: () => undefined,
    },
  });
  table.start();
  await waitFor(() => looks > 2, {what: 'looks'});
  expect(written()).toBe('');
});

test('on a low terminal no row is given away', async () => {
  look = {raw: false, size: {columns: 80, rows: 12}};
  open();
  table.start();
  const low = drawTable({rows: 12, lines: LINES, makeRoom: true});
  await waitFor(() => written().startsWith(low), {what: 'the table', seen: written});
});

test('a table that would leave less than two rows is not drawn', async () => {
  let asked = 0;
  open({
    height: (rows) => {
      asked += 1;
      return rows - 1;
    },
  });
  table.start();
  await waitFor(() => asked > 2, {what: 'looks'});
  expect(written()).toBe('');
});

test('in the background it is taken down, and comes back in the foreground', async () => {
  open();
  await up();
  table.line('first');
  foreground = false;
  await waitFor(() => written().endsWith(`${eraseTable(3)}first\n`), {
    what: 'the table to go',
    seen: written,
  });
  table.line('second');
  foreground = true;
  await waitFor(() => written().endsWith(`second\n${FRAME}`), {what: 'the table', seen: written});
  expect(written().replaceAll(FRAME, '')).toBe(`${eraseTable(3)}first\nsecond\n`);
});

test('after a change of size it is away until the size has settled, and lines wait for that', async () => {
  open();
  await up();
  look = {raw: false, size: {columns: 60, rows: 30}};
  table.resized();
  expect(table.isUp).toBe(false);
  table.line('first');
  const again = drawTable({rows: 30, lines: DRAWN, makeRoom: true});
  await waitFor(() => written().includes(again), {what: 'the table'});
  expect(once(written()).replaceAll(again, '')).toBe(`${FRAME}${eraseBelow()}`);
  await table.close();
  expect(written().endsWith(`${eraseTable(3)}first\n`)).toBe(true);
});

test('auto leaves the terminal to a program that reads key by key, for good', async () => {
  open({mode: 'auto'});
  await up();
  table.line('first');
  look = {raw: true, size: {columns: 80, rows: 24}};
  await waitFor(() => told.includes('yielded'), {what: 'the end of the table'});
  expect(once(written())).toBe(`${FRAME}${releaseRegion()}`);
  await table.close();
  expect(once(written())).toBe(`${FRAME}${releaseRegion()}${eraseFromCursor()}first\n`);
  expect(told.slice(0, 3)).toEqual([true, false, 'yielded']);
});

test.each([
  ['reads key by key', {raw: true, size: {columns: 80, rows: 24}}],
  ['cannot be looked at', undefined],
])('auto never meets a program whose terminal %s', async (_, first) => {
  look = first;
  let looks = 0;
  open({
    mode: 'auto',
    modes: {
      look: () => {
        looks += 1;
        return Promise.resolve(look);
      },
      close: () => undefined,
    },
    size: () => ({columns: 80, rows: 24}),
  });
  table.start();
  await waitFor(() => looks > 0, {what: 'the first look'});
  look = {raw: false, size: {columns: 80, rows: 24}};
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(looks).toBe(1);
  expect(written()).toBe('');
});

test('live stays, and moves nothing of a program that places the cursor itself', async () => {
  look = {raw: true, size: {columns: 80, rows: 24}};
  open();
  await up();
  const later = drawTable({rows: 24, lines: DRAWN, makeRoom: false});
  await waitFor(() => written().startsWith(FRAME + later), {what: 'a second frame', seen: written});
});

test('a fault of the table ends the table only, and is said', async () => {
  let frames = 0;
  open({
    frame: () => {
      frames += 1;
      if (frames > 1) throw new Error('no frame');
      return LINES;
    },
  });
  await up();
  await waitFor(() => !table.isUp, {what: 'the end of the table'});
  await table.close();
  expect(written()).toBe(`${FRAME}${eraseTable(3)}limitrun: no live table any more: no frame\n`);
});
