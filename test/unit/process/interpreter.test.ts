import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {interpreterOf, isInterpreterMissing} from '../../../src/core/process/interpreter.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'limitrun-interpreter-'));
});

afterEach(() => {
  rmSync(directory, {recursive: true});
});

function script(text: string): string {
  const path = join(directory, 'script');
  writeFileSync(path, text);
  return path;
}

/** A line of so many bytes, its line break left out. */
const long = (name: string, bytes: number): string => `#!${name}`.padEnd(bytes, 'a');

test.each([
  ['#!/bin/sh\necho', '/bin/sh', false],
  ['#! \t/bin/sh -e\necho', '/bin/sh', false],
  ['#!/no/such\n', '/no/such', true],
  ['#!/no/such', '/no/such', true],
  ['#!/bin/sh\r\n', '/bin/sh\r', true],
  ['#!\n', '', false],
  ['#!/bin/sh\0/no/such\n', '/bin/sh', false],
  ['echo', undefined, false],
  ['', undefined, false],
  // As the kernel, which takes a name that it has not read to its end for no name.
  [`${long('/no/', 255)}\n`, long('/no/', 255).slice(2), true],
  [`${long('/no/', 256)}\n`, undefined, false],
  [`#!/no/such ${'a'.repeat(300)}\n`, '/no/such', true],
])('%j has interpreter %j, and that is missing: %j', (text, interpreter, missing) => {
  const path = script(text);
  expect(interpreterOf(path)?.toString()).toBe(interpreter);
  expect(isInterpreterMissing(path)).toBe(missing);
});

test('an interpreter is found whatever its name', () => {
  for (const name of [Buffer.from('é'), Buffer.of(0x78, 0xff)]) {
    const interpreter = Buffer.concat([Buffer.from(`${directory}/`), name]);
    writeFileSync(interpreter, '');
    const path = join(directory, 'script');
    writeFileSync(path, Buffer.concat([Buffer.from('#!'), interpreter, Buffer.from('\n')]));
    expect(isInterpreterMissing(path)).toBe(false);
    rmSync(interpreter);
    expect(isInterpreterMissing(path)).toBe(true);
  }
});

test('a relative name is meant from where the script runs', () => {
  writeFileSync(join(directory, 'interpreter'), '');
  expect(isInterpreterMissing(script('#!./interpreter\n'), directory)).toBe(false);
  expect(isInterpreterMissing(script('#!./interpreter\n'))).toBe(true);
});

test('an interpreter that cannot be had for another reason is not missing', () => {
  symlinkSync('loop', join(directory, 'loop'));
  expect(isInterpreterMissing(script(`#!${directory}/loop\n`))).toBe(false);
});

test('a directory and what does not exist have none', () => {
  expect(interpreterOf(directory)).toBeUndefined();
  expect(interpreterOf(join(directory, 'missing'))).toBeUndefined();
});
