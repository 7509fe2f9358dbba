import fs from 'node:fs';
import {promised} from './promised.js';

// What a run does to files beside the command, with promises. `node:fs/promises` has the same, but loading it takes
// longer than starting a process, in every run; these go to the same threads.

export const chmod = promised(fs.chmod);
export const lstat = promised<[path: string], fs.Stats>(fs.lstat);
export const mkdir = promised<[path: string, mode: number]>(fs.mkdir);
export const readdir = promised<[path: string], string[]>(fs.readdir);
export const rename = promised(fs.rename);
export const stat = promised<[path: string], fs.Stats>(fs.stat);
export const unlink = promised(fs.unlink);

const close = promised(fs.close);
const fchmod = promised(fs.fchmod);
const fstat = promised<[fd: number], fs.Stats>(fs.fstat);
const ftruncate = promised<[fd: number, size: number]>(fs.ftruncate);
const openFd = promised<[path: string, flags: string | number, mode?: number], number>(fs.open);
const read = promised<[fd: number, buffer: Buffer, offset: number, length: number, position: number], number>(
  fs.read,
);
const write = promised<[fd: number, buffer: Buffer, offset: number], number>(fs.write);

/** An open file, as far as a run needs one; each call but chmod as that of `FileHandle` in node:fs/promises. */
export class OpenFile {
  #changed: Promise<void> = Promise.resolve();

  constructor(readonly fd: number) {}

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<{bytesRead: number}> {
    return {bytesRead: await read(this.fd, buffer, offset, length, position)};
  }

  async write(buffer: Buffer, offset: number): Promise<{bytesWritten: number}> {
    return {bytesWritten: await write(this.fd, buffer, offset)};
  }

  /** All of a text. */
  async writeFile(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += await write(this.fd, bytes, at);
  }

  stat(): Promise<fs.Stats> {
    return fstat(this.fd);
  }

  /** Not waited for but by {@link close}; where it is refused the file stays as it was made. */
  chmod(mode: number): void {
    this.#changed = fchmod(this.fd, mode).catch(() => undefined);
  }

  truncate(size: number): Promise<void> {
    return ftruncate(this.fd, size);
  }

  async close(): Promise<void> {
    await this.#changed;
    await close(this.fd);
  }
}

/** @throws a system error */
export async function open(path: string, flags: string | number, mode?: number): Promise<OpenFile> {
  return new OpenFile(await openFd(path, flags, mode));
}
