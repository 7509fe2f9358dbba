import {spawnSync} from 'node:child_process';
import {closeSync, constants, mkdtempSync, openSync, readSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {LineWriter} from '../../src/core/line-writer.js';

const {O_NONBLOCK, O_RDONLY, O_WRONLY} = constants;
/** More than any pipe holds. */
const TOO_MUCH = 4 * 2 ** 20;

let directory: string;
/** Still open: closing the reading end frees a thread that waits in a write. */
let open: number[];

beforeEach(({skip}) => {
  skip(process.platform === 'win32', 'skipped: no named pipes');
  directory = mkdtempSync(join(tmpdir(), 'limitrun-writer-'));
  open = [];
});

afterEach(() => {
  for (const descriptor of open) closeSync(descriptor);
  rmSync(directory, {recursive: true});
});

interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

function openPipe(writerFlags = 0): Pipe {
  const path = join(directory, 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | writerFlags);
  open.push(reader, writer);
  return {reader, writer};
}

function close(descriptor: number): void {
  closeSync(descriptor);
  open = open.filter((one) => one !== descriptor);
}

/** What is in the pipe now. */
function readNow(reader: number): string {
  const buffer = Buffer.alloc(2 ** 16);
  try {
    return buffer.toString('utf8', 0, readSync(reader, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}

/** Reads until everything has been written. */
async function readAll(reader: number, writer: LineWriter): Promise<string> {
  const written = writer.flush().then(() => true);
  let text = '';
  for (;;) {
    const done = await Promise.race([written, sleep(1, false)]);
    let more: string;
    while ((more = readNow(reader)) !== '') text += more;
    if (done) return text;
  }
}

test('each text becomes a line, in the order in which they were given', async () => {
  const {reader, writer} = openPipe();
  const lines = new LineWriter(writer);
  const texts = Array.from({length: 500}, (_, index) => `line ${String(index)} é`);
  for (const text of texts) lines.line(text);
  expect(await readAll(reader, lines)).toBe(texts.map((text) => `${text}\n`).join(''));
});

test('a text of several lines stays together', async () => {
  const {reader, writer} = openPipe();
  const lines = new LineWriter(writer);
  lines.line('a table\nof two lines');
  lines.line('after it');
  await lines.flush();
  expect(readNow(reader)).toBe('a table\nof two lines\nafter it\n');
});

test.each([
  ['waits for its reader', 0],
  ['refuses more', O_NONBLOCK],
])('a full pipe that %s holds up nobody else, and nothing of it is lost', async (_, flags) => {
  const {reader, writer} = openPipe(flags);
  const lines = new LineWriter(writer);
  const long = 'x'.repeat(TOO_MUCH);
  lines.line(long);
  lines.line('last');
  let written = false;
  const flushed = lines.flush().then(() => {
    written = true;
  });
  // The event loop goes round although the pipe is full.
  for (let turn = 0; turn < 20; turn += 1) await sleep(1);
  expect(written).toBe(false);
  const text = await readAll(reader, lines);
  await flushed;
  expect(text === `${long}\nlast\n`, 'the text that was given').toBe(true);
});

test('a reader that has gone is no error, and what is said to it is dropped', async () => {
  const {reader, writer} = openPipe();
  const lines = new LineWriter(writer);
  close(reader);
  lines.line('nobody listens');
  lines.line('still nobody');
  await expect(lines.flush()).resolves.toBeUndefined();
});

test('a reader that goes while a full pipe is waited for is no error either', async () => {
  const {reader, writer} = openPipe();
  const lines = new LineWriter(writer);
  lines.line('x'.repeat(TOO_MUCH));
  lines.line('after it');
  await sleep(5);
  close(reader);
  await expect(lines.flush()).resolves.toBeUndefined();
});

test('a descriptor that is closed is no error', async () => {
  const {writer} = openPipe();
  const lines = new LineWriter(writer);
  close(writer);
  lines.line('to nowhere');
  await expect(lines.flush()).resolves.toBeUndefined();
});

test('with nothing to say there is nothing to wait for', async () => {
  await expect(new LineWriter(openPipe().writer).flush()).resolves.toBeUndefined();
});
