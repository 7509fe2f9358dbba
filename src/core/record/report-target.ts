import {fstatSync, type Stats} from 'node:fs';
import {readlink, realpath, stat} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';

/** Where the report goes, and how. */
export type ReportTarget =
  /** A file (or nothing yet): replaced as a whole. `mode` is that of the file that is replaced. */
  | {readonly kind: 'file'; readonly path: string; readonly mode?: number}
  /** A FIFO or a device: written into. */
  | {readonly kind: 'stream'; readonly path: string}
  /** A descriptor that limitrun has open itself, such as /dev/stdout. */
  | {readonly kind: 'descriptor'; readonly fd: number}
  | {readonly kind: 'directory'; readonly path: string};

/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;
const OWN_STREAMS = [1, 2];
const PERMISSION_BITS = 0o777;
const FD_DIRECTORY = /^(?:\/dev\/fd|\/proc\/(?:self|thread-self|[0-9]+)(?:\/task\/[0-9]+)?\/fd)$/;

/**
 * Finds out what a report path stands for; symbolic links are followed, also to a file that does not exist yet.
 * @throws a system error (ENOENT, ENOTDIR, EACCES, ELOOP) when the path leads nowhere
 */
export async function reportTarget(path: string): Promise<ReportTarget> {
  let current = resolve(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const directory = await realpath(dirname(current));
    current = join(directory, basename(current));
    const fd = ownDescriptor(directory, basename(current));
    if (fd !== undefined) return {kind: 'descriptor', fd};
    const link = await linkText(current);
    if (link === undefined) return existingTarget(current);
    current = resolve(directory, link);
  }
  throw Object.assign(new Error('too many symbolic links'), {code: 'ELOOP'});
}

async function existingTarget(path: string): Promise<ReportTarget> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return {kind: 'file', path};
    throw error;
  }
  if (stats.isDirectory()) return {kind: 'directory', path};
  if (!stats.isFile()) return {kind: 'stream', path};
  // `limitrun --report out.txt ... > out.txt`: renaming over that file would throw the command's output away.
  const fd = OWN_STREAMS.find((stream) => isOpenAs(stream, stats));
  return fd === undefined
    ? {kind: 'file', path, mode: stats.mode & PERMISSION_BITS}
    : {kind: 'descriptor', fd};
}

/** The number in /proc/self/fd/N: opening such a path again fails for sockets and forgets the position in files. */
function ownDescriptor(directory: string, name: string): number | undefined {
  if (!FD_DIRECTORY.test(directory) || !/^[0-9]+$/.test(name)) return undefined;
  const pid = /^\/proc\/([0-9]+)\//.exec(directory)?.[1];
  return pid === undefined || Number(pid) === process.pid ? Number(name) : undefined;
}

async function linkText(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: there is something, but no link.
    if (isCode(error, 'EINVAL') || isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isOpenAs(fd: number, stats: Stats): boolean {
  try {
    const open = fstatSync(fd);
    return open.dev === stats.dev && open.ino === stats.ino;
  } catch {
    // Standard output may be closed.
    return false;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
