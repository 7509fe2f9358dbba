import {execFileSync, spawnSync} from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {describe, expect, onTestFinished, test} from 'vitest';
import {UsageError} from '../../../src/core/plan/usage-error.js';
import {eventToJson} from '../../../src/core/record/event-json.js';
import {assertEventsWritable, EventsFile} from '../../../src/core/store/events-file.js';
import {waitFor} from '../../support/wait-for.js';
import {at, leakingRun} from '../report/sample-runs.js';
import {here} from './places.js';

const ALL = `${leakingRun().map(eventToJson).join('\n')}\n`;
const big = at(0, {kind: 'notice', level: 'info', text: 'x'.repeat(100_000)});

async function written(path: string): Promise<string | undefined> {
  const file = await EventsFile.open(path, 100);
  for (const event of leakingRun()) file.add(event);
  return file.close();
}

/** Opens a FIFO's reading end, as a reader that may or may not read. */
function fifo(): {path: string; reader: number} {
  const path = here('fifo');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {path, reader};
}

describe('before the start', () => {
  test.each(['-', '/dev/stdout', '/dev/fd/1'])('standard output is refused: %s', async (path) => {
    await expect(assertEventsWritable(path)).rejects.toEqual(
      new UsageError(
        "--events: standard output is the command's; give a file, or a descriptor such as /dev/fd/3 opened by the shell (3>events.jsonl)",
      ),
    );
  });

  test('a directory, or a directory that does not exist, is refused', async () => {
    await expect(assertEventsWritable(here())).rejects.toThrow(
      /^--events: .* is a directory; give a file, such as events.jsonl$/,
    );
    await expect(assertEventsWritable(here('no', 'file'))).rejects.toThrow(
      `--events: cannot write to ${here('no', 'file')}: there is no such directory (ENOENT)`,
    );
  });

  test('the file of the report is refused, by whatever name', async () => {
    symlinkSync(here('report.json'), here('link'));
    await expect(assertEventsWritable(here('link'), here('report.json'))).rejects.toThrow(
      `--events: ${here('link')} is where --report goes too; give another file`,
    );
    await assertEventsWritable(here('other'), here('report.json'));
    await assertEventsWritable(here('other'), here('no', 'report'));
  });
});

describe('events', () => {
  test('are written to a new file, for its owner alone', async () => {
    const before = process.umask(0o777);
    onTestFinished(() => {
      process.umask(before);
    });
    expect(await written(here('events.jsonl'))).toBeUndefined();
    expect(statSync(here('events.jsonl')).mode & 0o777).toBe(0o600);
    expect(readFileSync(here('events.jsonl'), 'utf8')).toBe(ALL);
  });

  test('take the place of what was in the file, whose mode stays', async () => {
    writeFileSync(here('events.jsonl'), 'x'.repeat(100_000));
    chmodSync(here('events.jsonl'), 0o644);
    expect(await written(here('events.jsonl'))).toBeUndefined();
    expect(readFileSync(here('events.jsonl'), 'utf8')).toBe(ALL);
    expect(statSync(here('events.jsonl')).mode & 0o777).toBe(0o644);
  });

  test('go into a descriptor that is open, after what is there', async () => {
    const fd = openSync(here('events.jsonl'), 'w');
    writeFileSync(fd, 'before\n');
    expect(await written(`/dev/fd/${String(fd)}`)).toBeUndefined();
    closeSync(fd);
    expect(readFileSync(here('events.jsonl'), 'utf8')).toBe(`before\n${ALL}`);
  });

  test('a FIFO is written into', async () => {
    const {path, reader} = fifo();
    expect(await written(path)).toBeUndefined();
    const buffer = Buffer.alloc(64 * 1024);
    expect(buffer.toString('utf8', 0, readSync(reader, buffer))).toBe(ALL);
    closeSync(reader);
  });

  test('a FIFO that nobody reads is a fault at once', async () => {
    spawnSync('mkfifo', [here('fifo')]);
    await expect(EventsFile.open(here('fifo'))).rejects.toThrow(
      `cannot write the events to ${here('fifo')}: nobody reads it (ENXIO)`,
    );
  });

  test('a reader that goes has seen enough', async () => {
    const {path, reader} = fifo();
    const file = await EventsFile.open(path);
    closeSync(reader);
    file.add(big);
    expect(await file.close()).toBeUndefined();
  });

  test('a reader that does not read is a fault at the end, and soon', async () => {
    const {path, reader} = fifo();
    const file = await EventsFile.open(path, 50);
    file.add(big);
    expect(await file.close()).toBe(`cannot write the events to ${path}: its reader does not read`);
    closeSync(reader);
  });

  test('a reader that is slow gets everything', async () => {
    const {path, reader} = fifo();
    const file = await EventsFile.open(path);
    for (let count = 0; count < 10; count += 1) file.add(big);
    const closed = file.close();
    const buffer = Buffer.alloc(1024 * 1024);
    let got = 0;
    await waitFor(
      () => {
        try {
          got += readSync(reader, buffer);
        } catch {
          // EAGAIN: nothing there yet.
        }
        return got === 10 * (eventToJson(big).length + 1);
      },
      {what: 'all events', seen: () => String(got)},
    );
    expect(await closed).toBeUndefined();
    closeSync(reader);
  });

  test('no more than 8 MiB are kept for a reader that does not read', async () => {
    const {path, reader} = fifo();
    const file = await EventsFile.open(path);
    for (let count = 0; count < 100; count += 1) file.add(big);
    expect(await file.close()).toBe(`cannot write the events to ${path}: its reader does not read`);
    closeSync(reader);
  });

  test('a full disk is one line', async ({skip}) => {
    skip(!existsSync('/dev/full'), 'skipped: no /dev/full');
    expect(await written('/dev/full')).toBe(
      'cannot write the events to /dev/full: no space left on the device (ENOSPC)',
    );
  });

  test('a directory cannot be opened', async () => {
    mkdirSync(here('directory'));
    await expect(EventsFile.open(here('directory'))).rejects.toThrow('it is a directory');
  });
});
