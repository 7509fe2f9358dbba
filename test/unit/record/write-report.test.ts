import {execFileSync, spawnSync} from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {UsageError} from '../../../src/core/plan/usage-error.js';
import {assertReportWritable, writeReport} from '../../../src/core/record/write-report.js';

const hasMkfifo = spawnSync('mkfifo', ['--version']).error === undefined;
const hasFull = existsSync('/dev/full');
const hasFdLinks = existsSync('/proc/self/fd');
/** The superuser may write into read-only directories, so nothing could be refused. */
const isRoot = process.getuid?.() === 0;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-report-'));
});

afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, {recursive: true});
});

function within(name: string): string {
  return join(directory, name);
}

function mode(path: string): number {
  return statSync(path).mode & 0o777;
}

test('a report is written for its owner only and leaves no temporary file', async () => {
  const path = within('report.json');
  await assertReportWritable(path);
  expect(existsSync(path)).toBe(false);
  await writeReport(path, '{"text": "ü"}\n');
  expect(readFileSync(path, 'utf8')).toBe('{"text": "ü"}\n');
  expect(mode(path)).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['report.json']);
});

test('an existing report is replaced as a whole and keeps its permissions', async () => {
  const path = within('report.json');
  writeFileSync(path, 'an older and much longer report');
  chmodSync(path, 0o644);
  const {ino} = statSync(path);
  await assertReportWritable(path);
  await writeReport(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(mode(path)).toBe(0o644);
  expect(statSync(path).ino).not.toBe(ino);
});

test('a symbolic link stays and the file it points to is written', async () => {
  mkdirSync(within('real'));
  writeFileSync(within('real/report.json'), 'old');
  symlinkSync('real/report.json', within('second'));
  symlinkSync('second', within('link'));
  await assertReportWritable(within('link'));
  await writeReport(within('link'), 'new');
  expect(lstatSync(within('link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(within('real/report.json'), 'utf8')).toBe('new');
});

test('a link to a file that does not exist yet makes that file', async () => {
  mkdirSync(within('real'));
  symlinkSync('real/report.json', within('link'));
  await assertReportWritable(within('link'));
  await writeReport(within('link'), 'new');
  expect(lstatSync(within('real/report.json')).isFile()).toBe(true);
});

test('links in a circle are refused before the start', async () => {
  symlinkSync('b', within('a'));
  symlinkSync('a', within('b'));
  await expect(assertReportWritable(within('a'))).rejects.toThrow('too many symbolic links (ELOOP)');
});

test('a directory is refused before the start', async () => {
  const refusal = assertReportWritable(directory);
  await expect(refusal).rejects.toBeInstanceOf(UsageError);
  await expect(refusal).rejects.toThrow(
    `--report: ${directory} is a directory; give a file, such as report.json`,
  );
  await expect(writeReport(directory, 'x')).rejects.toThrow('it is a directory');
});

test('a directory that does not exist is refused before the start', async () => {
  const path = within('missing/report.json');
  const refusal = assertReportWritable(path);
  await expect(refusal).rejects.toBeInstanceOf(UsageError);
  await expect(refusal).rejects.toThrow(
    `--report: cannot write to ${path}: there is no such directory (ENOENT)`,
  );
});

test('a path through a file is refused before the start', async () => {
  writeFileSync(within('file'), '');
  await expect(assertReportWritable(within('file/report.json'))).rejects.toThrow(
    'is not a directory (ENOTDIR)',
  );
});

test('a name of control characters is made visible in the message', async () => {
  const refusal = assertReportWritable(within('\u001b[2J/report.json'));
  await expect(refusal).rejects.toThrow('\\x1b[2J/report.json');
});

test('a read-only directory is refused before the start', async ({skip}) => {
  skip(isRoot, 'skipped: root may write everywhere');
  chmodSync(directory, 0o500);
  await expect(assertReportWritable(within('report.json'))).rejects.toThrow('permission denied (EACCES)');
});

test('a read-only report is refused before the start', async ({skip}) => {
  skip(isRoot, 'skipped: root may write everywhere');
  writeFileSync(within('report.json'), 'keep');
  chmodSync(within('report.json'), 0o400);
  await expect(assertReportWritable(within('report.json'))).rejects.toThrow('permission denied (EACCES)');
});

test('a directory that vanishes during the run is an error that is said', async () => {
  mkdirSync(within('gone'));
  const path = within('gone/report.json');
  await assertReportWritable(path);
  rmSync(within('gone'), {recursive: true});
  await expect(writeReport(path, 'x')).rejects.toThrow(
    `cannot write the report to ${path}: there is no such directory`,
  );
});

test('a temporary file is removed when the report cannot take its place', async () => {
  const path = within('x'.repeat(300));
  await expect(writeReport(path, 'x')).rejects.toThrow('the name is too long (ENAMETOOLONG)');
  expect(readdirSync(directory)).toEqual([]);
});

test('a full device is an error that is said', async ({skip}) => {
  skip(!hasFull, 'skipped: no /dev/full');
  await assertReportWritable('/dev/full');
  await expect(writeReport('/dev/full', 'x')).rejects.toThrow(
    'cannot write the report to /dev/full: no space left on the device (ENOSPC)',
  );
});

test('a device such as /dev/null is written into and not replaced', async () => {
  await assertReportWritable('/dev/null');
  await writeReport('/dev/null', 'x');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a FIFO without a reader is an error and does not hang', async ({skip}) => {
  skip(!hasMkfifo, 'skipped: no mkfifo');
  execFileSync('mkfifo', [within('fifo')]);
  await assertReportWritable(within('fifo'));
  await expect(writeReport(within('fifo'), 'x')).rejects.toThrow('nobody reads it (ENXIO)');
  expect(lstatSync(within('fifo')).isFIFO()).toBe(true);
});

test('the reader of a FIFO gets the whole of a large report', async ({skip}) => {
  skip(!hasMkfifo, 'skipped: no mkfifo');
  execFileSync('mkfifo', [within('fifo')]);
  const text = 'line of a report\n'.repeat(60_000);
  // Opened for both first, so that neither side waits for the other; it holds the FIFO open until the reader is there.
  const holder = openSync(within('fifo'), constants.O_RDWR | constants.O_NONBLOCK);
  const read = readFile(within('fifo'), 'utf8');
  await writeReport(within('fifo'), text);
  closeSync(holder);
  expect(await read).toBe(text);
});

test('a FIFO whose reader has stopped reading is given up', async ({skip}) => {
  skip(!hasMkfifo, 'skipped: no mkfifo');
  execFileSync('mkfifo', [within('fifo')]);
  const holder = openSync(within('fifo'), constants.O_RDWR | constants.O_NONBLOCK);
  try {
    await expect(writeReport(within('fifo'), 'x'.repeat(2_000_000), 20)).rejects.toThrow(
      'its reader does not read',
    );
  } finally {
    closeSync(holder);
  }
});

test('a file that limitrun itself has open is written into at its position', async ({skip}) => {
  skip(!hasFdLinks, 'skipped: no /dev/fd');
  const fd = openSync(within('out.txt'), 'w');
  try {
    writeFileSync(fd, 'output of the command\n');
    const {ino} = statSync(within('out.txt'));
    await assertReportWritable(`/dev/fd/${String(fd)}`);
    await writeReport(`/dev/fd/${String(fd)}`, 'report');
    expect(readFileSync(within('out.txt'), 'utf8')).toBe('output of the command\nreport');
    expect(statSync(within('out.txt')).ino).toBe(ino);
  } finally {
    closeSync(fd);
  }
});

test('a descriptor that is not open is refused before the start', async ({skip}) => {
  skip(!hasFdLinks, 'skipped: no /dev/fd');
  await expect(assertReportWritable('/dev/fd/987')).rejects.toThrow('--report: cannot write to /dev/fd/987');
});
