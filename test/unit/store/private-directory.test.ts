import fs, {chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';

test('what is below a directory that was open to others is looked at when it is so no more', async () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'limitrun-private-'));
  const [root, elsewhere] = [path.join(scratch, 'limitrun'), path.join(scratch, 'elsewhere')];
  const runs = path.join(root, 'runs');
  for (const directory of [root, runs, elsewhere]) mkdirSync(directory, {mode: 0o700});
  chmodSync(root, 0o777);
  const {chmod} = fs;
  const closing = vi.spyOn(fs, 'chmod').mockImplementation((name, mode, done) => {
    // Somebody else is quicker.
    closing.mockRestore();
    renameSync(runs, `${runs}.old`);
    symlinkSync(elsewhere, runs);
    chmod(name, mode, done);
  });
  onTestFinished(() => {
    closing.mockRestore();
    vi.resetModules();
    rmSync(scratch, {recursive: true});
  });
  // Functions of node:fs are taken when it is loaded.
  vi.resetModules();
  const {privateDirectory} = await import('../../../src/core/store/private-directory.js');
  await expect(privateDirectory(root, 'runs')).rejects.toThrow('it is a link');
  expect(readdirSync(elsewhere)).toEqual([]);
});
