import {existsSync, mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';

import {readPlace} from '../../../src/core/doctor/read-place.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'limitrun-place-'));
});

afterEach(() => {
  rmSync(directory, {recursive: true, force: true});
});

describe('a directory of limitrun', () => {
  it('that is there is usable', () => {
    const place = path.join(directory, 'limitrun');
    mkdirSync(place);
    expect(readPlace(place)).toEqual({kind: 'usable', path: place});
  });

  it('that is not there can be made, and is not', () => {
    const place = path.join(directory, 'a', 'b', 'limitrun');
    expect(readPlace(place)).toEqual({kind: 'creatable', path: place});
    expect(existsSync(path.join(directory, 'a'))).toBe(false);
  });

  it('may be nowhere', () => {
    expect(readPlace(undefined)).toEqual({kind: 'nowhere'});
  });

  it('is no link and no file', () => {
    const [link, file] = [path.join(directory, 'link'), path.join(directory, 'file')];
    symlinkSync(directory, link);
    writeFileSync(file, '');
    expect(readPlace(link)).toMatchObject({kind: 'unusable', why: 'it is a link'});
    expect(readPlace(file)).toMatchObject({kind: 'unusable', why: 'it is no directory'});
  });

  it('cannot be made below a file, or where nothing is', () => {
    const file = path.join(directory, 'file');
    writeFileSync(file, '');
    expect(readPlace(path.join(file, 'limitrun'))).toMatchObject({
      kind: 'unusable',
      why: 'a part of the path is not a directory (ENOTDIR)',
    });
    symlinkSync('/no/such/directory', path.join(directory, 'dangling'));
    expect(readPlace(path.join(directory, 'x', 'limitrun')).kind).toBe('creatable');
  });
});
