import {constants, type Stats} from 'node:fs';
import {chmod, lstat, mkdir, open, type OpenFile, stat} from '../async-files.js';
import {dirname} from 'node:path';
import {below} from '../below.js';
import {systemErrorCode} from '../system-error.js';

/** Commands may hold secrets: what is kept of them is for their owner, whatever the umask. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const PERMISSION_BITS = 0o777;

/**
 * Makes a directory of limitrun's own, or makes sure that it is one: no link, nobody else's, open to nobody else. Only
 * `root` and what is below it are its own; what is above may be links, and is made where it is missing.
 * @returns the path
 * @throws a system error, or an Error that says what stands in the way
 */
export async function privateDirectory(root: string, ...names: readonly string[]): Promise<string> {
  const paths = [root];
  for (const name of names) paths.push(below(paths.at(-1) ?? root, name));
  // They mostly are: then one turn of the event loop shows it of all of them.
  const own = await Promise.all(paths.map(isOwn));
  if (!own.every(Boolean)) for (const path of paths) await makeOwn(path);
  return paths.at(-1) ?? root;
}

/**
 * Makes a file of limitrun's own and opens it for appending.
 * @throws a system error; EEXIST when anything, a link to nowhere included, has this name
 */
export async function privateFile(path: string): Promise<OpenFile> {
  const {O_CREAT, O_EXCL, O_NOFOLLOW, O_APPEND, O_WRONLY} = constants;
  const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_WRONLY, FILE_MODE);
  // The umask may have taken from the owner, and has given nobody anything.
  file.chmod(FILE_MODE);
  return file;
}

/** "If, when attempting to write a file, the destination directory is non-existent", it is made with 0700 (XDG). */
async function makeAbove(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || path === dirname(path)) throw error;
    await makeAbove(dirname(path));
    await makeOne(path);
  }
}

/** Whether it is there and as it should be. */
async function isOwn(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  return stats !== undefined && faultOf(stats) === undefined && isClosed(stats);
}

async function makeOwn(path: string): Promise<void> {
  const stats = await lookedAt(path);
  const fault = faultOf(stats);
  if (fault !== undefined) throw new Error(fault);
  if (!isClosed(stats)) await chmod(path, DIRECTORY_MODE);
}

/** Why it cannot be a directory of limitrun's own. */
function faultOf(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a link';
  if (!stats.isDirectory()) return 'it is no directory';
  return stats.uid === process.geteuid?.() ? undefined : "it is another user's";
}

/** To others. */
function isClosed({mode}: Stats): boolean {
  return (mode & PERMISSION_BITS) === DIRECTORY_MODE;
}

/** Made where nothing is: it mostly is there. */
async function lookedAt(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await makeAbove(dirname(path));
    await makeOne(path);
    return lstat(path);
  }
}

/** The mode is given again, since the umask may have taken away from it. */
async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, DIRECTORY_MODE);
    await chmod(path, DIRECTORY_MODE);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
