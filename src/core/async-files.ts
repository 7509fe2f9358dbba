import fs from 'node:fs';
import {promisify} from 'node:util';

// What a run does to files beside the command, with promises. `node:fs/promises` has the same, but loading it takes
// longer than starting a process, in every run; these go to the same threads.

export const chmod = promisify(fs.chmod);
export const lstat = promisify(fs.lstat);
export const mkdir = promisify(fs.mkdir);
export const readdir = promisify(fs.readdir);
export const rename = promisify(fs.rename);
export const stat = promisify(fs.stat);
export const unlink = promisify(fs.unlink);

const [close, fchmod, fstat, ftruncate, openFd, read, write] = [
  promisify(fs.close),
  promisify(fs.fchmod),
  promisify(fs.fstat),
  promisify(fs.ftruncate),
  promisify(fs.open),
  promisify(fs.read),
  promisify(fs.write),
];

/** An open file, as far as a run needs one; each call as that of `FileHandle` in node:fs/promises. */
export class OpenFile {
  constructor(readonly fd: number) {}

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{bytesRead: number}> {
    return read(this.fd, buffer, offset, length, position);
  }

  write(buffer: Buffer, offset: number): Promise<{bytesWritten: number}> {
    return write(this.fd, buffer, offset);
  }

  /** All of a text. */
  async writeFile(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += (await write(this.fd, bytes, at)).bytesWritten;
  }

  stat(): Promise<fs.Stats> {
    return fstat(this.fd);
  }

  chmod(mode: number): Promise<void> {
    return fchmod(this.fd, mode);
  }

  truncate(size: number): Promise<void> {
    return ftruncate(this.fd, size);
  }

  close(): Promise<void> {
    return close(this.fd);
  }
}

/** @throws a system error */
export async function open(path: string, flags: string | number, mode?: number): Promise<OpenFile> {
  return new OpenFile(await openFd(path, flags, mode));
}
