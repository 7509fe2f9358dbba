import {execFile} from 'node:child_process';
import {chmod, mkdtemp, readdir, rm} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';
import type {TestProject} from 'vitest/node';
import {compiler, detectCapabilities, type Capability} from './capabilities.js';
import {ROOT} from './paths.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Directory of the compiled fixture programs. */
    fixtureDirectory: string;
    capabilities: Capability[];
  }
}

const run = promisify(execFile);
const SOURCES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Compiles every C fixture; a source called lib*.c becomes a library for LD_PRELOAD. */
async function compileFixtures(cc: string, into: string): Promise<void> {
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.c'));
  await Promise.all(
    sources.map((source) => {
      const name = path.basename(source, '.c');
      const shape = name.startsWith('lib')
        ? ['-shared', '-fPIC', '-o', path.join(into, `${name}.so`)]
        : ['-pthread', '-o', path.join(into, name)];
      return run(cc, ['-O1', '-Wall', ...shape, path.join(SOURCES, source), '-ldl']);
    }),
  );
}

/** Runs once before the end-to-end tests; what it returns runs once after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(path.join(ROOT, 'dist', 'commands', 'main.js')))
    throw new Error('the end-to-end tests run the built program: npm run build');
  const directory = await mkdtemp(path.join(tmpdir(), 'limitrun-fixtures-'));
  const cc = compiler();
  if (cc === undefined) process.stderr.write('skipped: no C compiler\n');
  else await compileFixtures(cc, directory);
  // Some tests run the fixtures as another user.
  await chmod(directory, 0o755);
  project.provide('fixtureDirectory', directory);
  project.provide('capabilities', detectCapabilities());
  return () => rm(directory, {recursive: true, force: true});
}
