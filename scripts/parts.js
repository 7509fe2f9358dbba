import path from 'node:path';
import {build} from 'esbuild';

/** In a script: how it is given what another one has, see bin/start.cjs. */
export const PART = 'limitrunPart';

/** The module of a script that hands out others. */
export const HANDING_OUT = '<parts>';

/** A module's name in all scripts. */
const nameOf = (root, file) => path.relative(root, file);

/**
 * Has a script take from another one what that has: each module is in one script only, and there is one of it. A module
 * that is asked for when the program runs (`import()`, or a `require` in a function) is in the script that `home` tells.
 * @param root of the package, where names of modules begin
 * @param script name of the script that is being made
 * @param owners file -> the script that has it, of those made before
 * @param home file -> the script that is to have it, or undefined: the one that asks for it
 * @param late file -> its functions and classes, by which alone it is used, and the script it is in, which this one is to
 * load when one of them is called; or undefined
 * @param wanted is filled: file -> the script that is to hand it out
 * @param read a file's text, as it is bundled
 */
export function takingParts({root, script, owners, home, late, wanted, read}) {
  return {
    name: 'taking-parts',
    setup({onResolve, onLoad, resolve}) {
      onResolve({filter: /^/}, async (asked) => {
        const {path: wantedPath, importer, namespace, kind, resolveDir, pluginData} = asked;
        // One that another plug-in asks for, or this one, is left to the others.
        if (kind === 'entry-point' || pluginData !== undefined || wantedPath.startsWith('node:'))
          return undefined;
        const isHandedOut = importer === path.join(root, HANDING_OUT);
        const from = {importer, namespace, kind, resolveDir};
        const found = await resolve(wantedPath, {...from, pluginData: PART});
        if (found.errors.length > 0 || found.external || found.namespace !== 'file') return found;
        const later = late(found.path);
        if (later !== undefined) {
          wanted.set(found.path, later.script);
          return {path: found.path, namespace: 'late', pluginData: later};
        }
        const isAsked = !isHandedOut && (kind === 'dynamic-import' || kind === 'require-call');
        const owner = owners.get(found.path) ?? (isAsked ? home(found.path, kind) : undefined) ?? script;
        if (owner === script) return found;
        wanted.set(found.path, owner);
        const held = isAsked && kind === 'require-call' ? 'part-required' : 'part';
        return {path: found.path, namespace: held, pluginData: owner};
      });
      onLoad({filter: /^/, namespace: 'late'}, ({path: file, pluginData: {names, script: owner}}) => {
        const part = `${PART}(${JSON.stringify(owner)}, ${JSON.stringify(nameOf(root, file))})`;
        return {contents: madeLate(names, part)};
      });
      // Who requires it wants no module with a function for each of its exports.
      onLoad({filter: /^/, namespace: 'part-required'}, ({path: file, pluginData: owner}) => ({
        contents: `module.exports = ${PART}(${JSON.stringify(owner)}, ${JSON.stringify(nameOf(root, file))});`,
      }));
      onLoad({filter: /^/, namespace: 'part'}, async ({path: file, pluginData: owner}) => {
        const part = `${PART}(${JSON.stringify(owner)}, ${JSON.stringify(nameOf(root, file))})`;
        const names = await exportsOf(file, read);
        if (names === undefined) return {contents: `module.exports = ${part};`};
        const lines = names.map((name) =>
          name === 'default' ? 'export default part.default;' : `export const ${name} = part.${name};`,
        );
        return {contents: [`const part = ${part};`, ...lines].join('\n')};
      });
    },
  };
}

/** @returns a module of these functions and classes, which asks for another one when one of them is called or made */
export function madeLate(names, module) {
  const functions = names.map(
    (name) => `export function ${name}(...args) {
      const {${name}: real} = ${module};
      return new.target ? new real(...args) : real(...args);
    }`,
  );
  return functions.join('\n');
}

/**
 * What hands out the modules that other scripts take.
 * @param isAtOnce file -> whether it is evaluated with the script, which saves a function around it; otherwise it is when it
 * is first asked for
 * @param read a file's text, as it is bundled
 */
export async function handingOut(root, files, isAtOnce, read) {
  const imports = [];
  const parts = [];
  for (const [index, file] of files.entries()) {
    const names = isAtOnce(file) ? await exportsOf(file, read) : undefined;
    const own = (name) => `part${index}_${name}`;
    for (const name of names ?? [])
      imports.push(`import {${name} as ${own(name)}} from ${JSON.stringify(file)};`);
    // Not the module's namespace, in which each export is a function that gets it.
    const module = names?.map((name) => `${name}: ${own(name)}`).join(', ');
    const value = module === undefined ? `require(${JSON.stringify(file)})` : `({${module}})`;
    parts.push(`case ${JSON.stringify(nameOf(root, file))}: return ${value};`);
  }
  // One function: each would have to be made before the program begins.
  return `${imports.join('\n')}\nexport function part(module) { switch (module) {\n${parts.join('\n')}\n} }`;
}

const ASKED_FOR = /\bimport\('([^']+)'\)/g;

/**
 * Has a module import at once what it asks for when it runs, as far as that is in the same script.
 * @param isHere name of a module, as it is asked for -> whether it is
 */
export function importedAtOnce(module, isHere) {
  const imports = [];
  const text = module.replace(ASKED_FOR, (asked, name) => {
    if (!isHere(name)) return asked;
    imports.push(`import * as atOnce${imports.length} from '${name}';`);
    return `Promise.resolve(atOnce${imports.length - 1})`;
  });
  return `${text}\n${imports.join('\n')}`;
}

const known = new Map();

/** The names that a module exports; undefined when it is no ECMAScript module. */
async function exportsOf(file, read) {
  if (!known.has(file)) known.set(file, findExports(file, read));
  return known.get(file);
}

async function findExports(file, read) {
  const {metafile} = await build({
    stdin: {
      contents: await read(file),
      loader: file.endsWith('.ts') ? 'ts' : 'js',
      sourcefile: path.basename(file),
    },
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const [{format}] = Object.values(metafile.inputs);
  const [output] = Object.values(metafile.outputs);
  return format === 'cjs' ? undefined : output.exports;
}
