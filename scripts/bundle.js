import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';
import {leaveOut, lighter, loadedWhenCalled, loadedWhenUsed} from './lighter.js';

/**
 * What few runs need, which is loaded from its own package then; and what oclif would load only to run TypeScript
 * sources, which limitrun never has it do.
 */
const NOT_BUNDLED = ['yaml', 'valibot', 'pidusage', 'typescript'];

/** Whose `url` is as far from the package's root as the modules that look for it from where they are. */
const PLACE = 'limitrunPlace';

/**
 * Makes the program as it is installed: one script, dist/cli/limitrun.js, with all that it uses of other packages and a
 * source map. Its value is a function, which bin/start.cjs calls. A script and not modules, since V8 can be given what
 * it has made of a script before; and one, since what is in one scope is called directly. The library (dist/index.js)
 * stays as it is.
 * @param root where package.json is, with a slash
 * @param dist directory that the compiler has built into
 */
export async function bundle(root, dist) {
  const directory = path.join(dist, 'cli');
  const file = path.join(directory, 'limitrun.js');
  await mkdir(directory, {recursive: true});
  await writeFile(path.join(directory, 'package.json'), '{"type": "commonjs"}\n');
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(root, 'src/commands/main.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Stack traces are for DEBUG, which reads the source map.
    minify: true,
    charset: 'ascii',
    define: {'import.meta.url': `${PLACE}.url`},
    supported: {'dynamic-import': false},
    external: NOT_BUNDLED,
    legalComments: 'none',
    logLevel: 'warning',
    sourcemap: true,
    banner: {js: `globalThis.limitrunProgram = (function (exports, require, module, ${PLACE}) {`},
    footer: {js: '});'},
    plugins: [lighter, leaveOut, loadedWhenUsed, loadedWhenCalled],
  });
}
