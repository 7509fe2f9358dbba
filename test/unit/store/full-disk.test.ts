import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {describe, expect, test, type TestContext} from 'vitest';
import {eventFromJson} from '../../../src/core/record/event-from-json.js';
import {openRunStore} from '../../../src/core/store/file-run-store.js';
import {waitFor} from '../../support/wait-for.js';
import {beforeRemoval, here, placesHere, RecordedRun} from './places.js';

const log = (): string => here('state', 'limitrun', 'runs', 'run-1.jsonl');
const filesIn = (...names: string[]): string[] =>
  existsSync(here(...names)) ? readdirSync(here(...names)) : [];

const full = (): string => `cannot write to ${placesHere().state}: no space left on the device (ENOSPC)`;

function smallDisk(skip: TestContext['skip']): void {
  mkdirSync(here('state'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', here('state')]);
  skip(mounted.status !== 0, 'skipped: cannot mount a small file system');
  beforeRemoval(() => spawnSync('umount', [here('state')]));
}

/** Takes all the room there is left. */
function fill(): void {
  expect(() => {
    writeFileSync(here('state', 'ballast'), Buffer.alloc(128 * 1024));
  }).toThrow('ENOSPC');
}

function tellMuch(run: RecordedRun): void {
  for (let line = 0; line < 100; line += 1)
    run.tell({kind: 'notice', level: 'info', text: 'x'.repeat(1500 + line)});
}

/** What is told of the run by those who read what is left of it: its log alone. */
async function expectWholeEnd(run: RecordedRun): Promise<void> {
  const {runs, faults} = await openRunStore(placesHere()).list('all');
  expect(faults).toEqual([]);
  expect(runs).toHaveLength(1);
  const {figures, samples, exitCode, attempts} = run.folder.record();
  expect(runs[0]).toMatchObject({fate: 'ended', view: {record: {figures, samples, exitCode, attempts}}});
  for (const line of readFileSync(log(), 'utf8').trimEnd().split('\n'))
    expect(eventFromJson(line), line).toBeDefined();
  expect([...filesIn('runtime', 'limitrun'), ...filesIn('state', 'limitrun', 'live')]).toEqual([]);
}

describe('a disk that becomes full', () => {
  test('has the end of the run in the room of the live file', async ({skip}) => {
    smallDisk(skip);
    const run = new RecordedRun('run-1', {places: {...placesHere(), runtime: undefined}}).start().sample(5);
    await waitFor(() => filesIn('state', 'limitrun', 'live').includes('run-1.live'), {what: 'the live file'});
    await waitFor(() => existsSync(log()) && statSync(log()).size > 0, {what: 'the log'});
    fill();
    tellMuch(run);
    await waitFor(() => run.faults.length > 0, {what: 'the disk to be full'});
    const before = readFileSync(log(), 'utf8');
    run.end();
    await run.recorder.close();
    // Nothing had to give way but half a line.
    const whole = before.slice(0, before.lastIndexOf('\n') + 1);
    expect(readFileSync(log(), 'utf8').slice(0, whole.length)).toBe(whole);
    await expectWholeEnd(run);
    expect(run.faults).toHaveLength(1);
    expect(run.faults[0]).toMatch(/^(status shows this run late, and its|the) record .* from now on: /);
    expect(run.faults[0]).toContain(full());
  });

  test('has it in the room of the last lines of the log where there is no other', async ({skip}) => {
    smallDisk(skip);
    const run = new RecordedRun().start().sample(5);
    tellMuch(run);
    await waitFor(() => run.faults.length > 0, {what: 'the disk to be full'});
    const reader = openRunStore(placesHere()).open('run-1');
    expect((await reader.read())?.fate).toBe('running');
    const seen = readFileSync(log(), 'utf8').split('"kind":"notice"').length - 1;
    expect(seen).toBeGreaterThan(20);
    fill();
    run.end();
    await run.recorder.close();
    await expectWholeEnd(run);
    // One who has been reading it all the time sees the end too.
    const last = await reader.read();
    expect(last).toMatchObject({fate: 'ended', view: {record: {exitCode: 0, attempts: [{attempt: 1}]}}});
    expect(last?.view.record.notices.length).toBeGreaterThan(seen - 10);
    expect(run.faults).toEqual([`the record of this run is not whole from now on: ${full()}`]);
  });

  test('and then has room again: the end follows the lines before', async ({skip}) => {
    smallDisk(skip);
    const run = new RecordedRun().start();
    await waitFor(() => existsSync(log()) && statSync(log()).size > 0, {what: 'the log'});
    fill();
    tellMuch(run);
    await waitFor(() => run.faults.length > 0, {what: 'the disk to be full'});
    rmSync(here('state', 'ballast'));
    run.end();
    await run.recorder.close();
    await expectWholeEnd(run);
  });

  test('before the first line: an empty log does not stay, the live file tells the end', async ({skip}) => {
    smallDisk(skip);
    fill();
    const run = new RecordedRun().start();
    await waitFor(() => run.faults.length > 0, {what: 'the fault'});
    run.end();
    await run.recorder.close();
    expect(run.faults).toEqual([`no record of this run is kept: ${full()}`]);
    expect(filesIn('state', 'limitrun', 'runs')).toEqual([]);
    const {runs, faults} = await openRunStore(placesHere()).list('all');
    expect(faults).toEqual([]);
    expect(runs).toMatchObject([{fate: 'ended'}]);
  });

  test('before the first line, and then has room: the record has the start and the end', async ({skip}) => {
    smallDisk(skip);
    fill();
    const run = new RecordedRun().start().sample(5);
    await waitFor(() => run.faults.length > 0, {what: 'the fault'});
    rmSync(here('state', 'ballast'));
    run.end();
    await run.recorder.close();
    await expectWholeEnd(run);
  });
});
