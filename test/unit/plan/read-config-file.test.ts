import {execFileSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';

import {readConfigFile} from '../../../src/core/plan/read-config-file.js';

const directory = mkdtempSync(join(tmpdir(), 'limitrun-config-'));
const MEBIBYTE = 1024 * 1024;

afterAll(() => {
  rmSync(directory, {recursive: true});
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('a configuration file', () => {
  it.each([
    ['plain', 'a: ü 😀 \uFFFD\n', 'a: ü 😀 \uFFFD\n'],
    ['with a byte order mark', '\uFEFFa: 1', 'a: 1'],
    ['with CRLF', 'a: 1\r\n', 'a: 1\r\n'],
    ['that is empty', '', ''],
    ['of exactly one mebibyte', 'x'.repeat(MEBIBYTE), 'x'.repeat(MEBIBYTE)],
  ])('%s is read', async (name, content, text) => {
    expect(await readConfigFile(file(name, content))).toBe(text);
  });

  it('is read through a symbolic link', async () => {
    const link = join(directory, 'link');
    symlinkSync(file('target', 'a: 1'), link);
    expect(await readConfigFile(link)).toBe('a: 1');
  });

  it('that is missing is named', async () => {
    await expect(readConfigFile('/no/such.yaml')).rejects.toThrow('/no/such.yaml: no such file');
  });

  it('inside a file is explained', async () => {
    const path = join(file('plain-file', ''), 'x');
    await expect(readConfigFile(path)).rejects.toThrow('a part of the path is not a directory');
  });

  it('that links to itself is explained', async () => {
    const path = join(directory, 'loop');
    symlinkSync(path, path);
    await expect(readConfigFile(path)).rejects.toThrow('too many symbolic links');
  });

  it('with an impossible name is explained', async () => {
    await expect(readConfigFile('x'.repeat(5000))).rejects.toThrow('cannot be read (ENAMETOOLONG)');
    await expect(readConfigFile('a\0b')).rejects.toThrow('cannot be read (ERR_INVALID_ARG_VALUE)');
  });

  it('that may not be read is explained', async ({skip}) => {
    skip(process.getuid?.() === 0, 'root may read every file');
    const path = file('secret', 'a: 1');
    chmodSync(path, 0);
    await expect(readConfigFile(path)).rejects.toThrow('permission denied');
  });

  it('that is a directory is refused', async () => {
    await expect(readConfigFile(directory)).rejects.toThrow('is a directory, not a configuration file');
  });

  it('that is a pipe nobody writes to is refused without waiting', async () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(readConfigFile(path)).rejects.toThrow('not a regular file');
  });

  it('that is a device is refused', async () => {
    await expect(readConfigFile('/dev/zero')).rejects.toThrow('not a regular file');
  });

  it('of more than one mebibyte is refused', async () => {
    await expect(readConfigFile(file('big', 'x'.repeat(MEBIBYTE + 1)))).rejects.toThrow('larger than 1 MiB');
  });

  it('that is not UTF-8 is refused with the place', async () => {
    const path = file('latin', Buffer.from('\uFFFD: 1\nid: caf\xe9\n'.replace('\uFFFD', 'x'), 'latin1'));
    await expect(readConfigFile(path)).rejects.toMatchObject({
      message: `${path}:2:8: not UTF-8`,
      excerpt: 'id: caf\uFFFD\n       ^',
    });
  });

  it('may hold the replacement character itself before the place that is not UTF-8', async () => {
    const path = file('mixed', Buffer.concat([Buffer.from('é\uFFFD\uFFFD\n\uFFFD'), Buffer.from([0xff])]));
    await expect(readConfigFile(path)).rejects.toThrow(`${path}:2:2: not UTF-8`);
  });
});
