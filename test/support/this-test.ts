import {randomUUID} from 'node:crypto';
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {inject} from 'vitest';
import {aliveWithMarker, describeSurvivors, MARK_VARIABLE, type Survivor} from './survivors.js';
import {waitFor} from './wait-for.js';

/** What belongs to the test that runs now: its mark, its directory, what is to be undone after it. */
let mark = '';
let directory: string | undefined;
let undoings: (() => void | Promise<void>)[] = [];

export function beginTest(): void {
  mark = randomUUID();
  directory = undefined;
  undoings = [];
}

/** Undoes what the test did and returns what it left running, which is killed, each by its pid. */
export async function endTest(): Promise<Survivor[]> {
  for (const undo of undoings.reverse()) await undo();
  const left = await leftOver(2000);
  for (const {pid} of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself since it was listed.
    }
  }
  if (directory !== undefined) rmSync(directory, {recursive: true, force: true});
  return left;
}

/** Run after the test, last registered first. */
export function atEnd(undo: () => void | Promise<void>): void {
  undoings.push(undo);
}

/** The processes of this test that are alive, after giving those that are dying the time to do so. */
async function leftOver(deadlineMs: number): Promise<Survivor[]> {
  try {
    await waitFor(() => aliveWithMarker(mark).length === 0, {what: 'the end of the processes', deadlineMs});
    return [];
  } catch {
    return aliveWithMarker(mark);
  }
}

/** The processes of this test that are alive now. */
export function alive(): Survivor[] {
  return aliveWithMarker(mark);
}

/** Fails unless every process of this test is gone; `deadlineMs` covers helpers that are just ending. */
export async function expectNothingAlive(deadlineMs = 1000): Promise<void> {
  await waitFor(() => alive().length === 0, {
    what: 'every process to be gone',
    deadlineMs,
    seen: () => describeSurvivors(alive()),
  });
}

/** A directory of this test's own, removed after it. With a name: a path inside. */
export function scratch(...names: string[]): string {
  if (directory === undefined) {
    directory = mkdtempSync(path.join(tmpdir(), 'limitrun-test-'));
    // Some tests run the program as another user.
    chmodSync(directory, 0o777);
  }
  return path.join(directory, ...names);
}

/** Writes a file into the test's directory and returns its path. */
export function scratchFile(name: string, content: string | Buffer, mode = 0o644): string {
  const file = scratch(name);
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

/** The text of a file, or undefined while there is none. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // ESRCH: a file of /proc whose process has gone.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The path of a compiled fixture program. */
export function fixture(name: string): string {
  return path.join(inject('fixtureDirectory'), name);
}

/** A small, known environment, with this test's mark and state directories of its own. */
export function testEnvironment(
  extra: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const all: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: scratch(),
    LANG: 'C.UTF-8',
    XDG_STATE_HOME: scratch('state'),
    XDG_RUNTIME_DIR: scratch('runtime'),
    XDG_CONFIG_HOME: scratch('config'),
    [MARK_VARIABLE]: mark,
    ...extra,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
