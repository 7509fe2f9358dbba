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
  const paths = [root];
  for (const name of below) paths.push(join(paths.at(-1) ?? root, name));
  // They mostly are there and private: all are asked for at once.
  const looks = await Promise.allSettled(paths.map((path) => lstat(path)));
  let changed = false;
  for (const [index, path] of paths.entries()) {
    // In a directory that was open to others something else may be there by now.
    changed = (await makeOwn(path, changed ? undefined : looks[index])) || changed;
  }
  return paths.at(-1) ?? root;
}

/**
 * Makes a file of limitrun's own and opens it for appending.
 * @throws a system error; EEXIST when anything, a link to nowhere included, has this name
 */
export async function privateFile(path: string): Promise<OpenFile> {
  const {O_CREAT, O_EXCL, O_NOFOLLOW, O_APPEND, O_WRONLY} = constants;
  const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_WRONLY, FILE_MODE);
  try {
    file.chmodNow(FILE_MODE);
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

/**
 * @param look what has been seen there; undefined: that is not known
 * @returns whether it had to be made, or to be made private
 */
async function makeOwn(path: string, look: PromiseSettledResult<Stats> | undefined): Promise<boolean> {
  const isSeen = look?.status === 'fulfilled';
  const stats = isSeen ? look.value : await lookedAt(path);
  if (stats.isSymbolicLink()) throw new Error('it is a link');
  if (!stats.isDirectory()) throw new Error('it is no directory');
  if (stats.uid !== process.geteuid?.()) throw new Error("it is another user's");
  if ((stats.mode & PERMISSION_BITS) === DIRECTORY_MODE) return !isSeen;
  await chmod(path, DIRECTORY_MODE);
  return true;
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
