import {constants, type Stats} from 'node:fs';
import {chmod, lstat, mkdir, open, type OpenFile, stat} from '../async-files.js';
import {dirname, join} from 'node:path';
import {systemErrorCode} from '../system-error.js';

/** Commands may hold secrets: what is kept of them is for their owner, whatever the umask. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const PERMISSION_BITS = 0o777;

/**
 * Makes a directory of limitrun's own, or makes sure that it is one: no link, nobody else's, open to nobody else. Only
 * `root` and what is `below` are its own; what is above may be links, and is made where it is missing.
 * @returns the path
 * @throws a system error, or an Error that says what stands in the way
 */
export async function privateDirectory(root: string, ...below: readonly string[]): Promise<string> {
  let path = root;
  await makeOwn(path);
  for (const name of below) {
    path = join(path, name);
    await makeOwn(path);
  }
  return path;
}

/**
 * Makes a file of limitrun's own and opens it for appending.
 * @throws a system error; EEXIST when anything, a link to nowhere included, has this name
 */
export async function privateFile(path: string): Promise<OpenFile> {
  const {O_CREAT, O_EXCL, O_NOFOLLOW, O_APPEND, O_WRONLY} = constants;
  const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_WRONLY, FILE_MODE);
  try {
    await file.chmod(FILE_MODE);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
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

async function makeOwn(path: string): Promise<void> {
  const stats = await lookedAt(path);
  if (stats.isSymbolicLink()) throw new Error('it is a link');
  if (!stats.isDirectory()) throw new Error('it is no directory');
  if (stats.uid !== process.geteuid?.()) throw new Error("it is another user's");
  if ((stats.mode & PERMISSION_BITS) === DIRECTORY_MODE) return;
  await chmod(path, DIRECTORY_MODE);
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
