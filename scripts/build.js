// Builds dist/ from src/: a fresh one, so that nothing deleted from the sources lives on in it, and swapped in when it is
// whole, so that a failed build leaves the old one.
import {execFileSync} from 'node:child_process';
import {existsSync, renameSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import {bundle} from './bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const dist = `${root}dist`;
const fresh = `${root}dist.${String(process.pid)}.new`;
const old = `${root}dist.${String(process.pid)}.old`;

try {
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: 'inherit',
  });
  await bundle(root, fresh);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
} catch (error) {
  // The compiler has said what is wrong.
  if (typeof error?.status !== 'number') throw error;
  process.exitCode = error.status;
} finally {
  rmSync(fresh, {recursive: true, force: true});
  rmSync(old, {recursive: true, force: true});
}
