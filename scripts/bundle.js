import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {build, transform} from 'esbuild';

/** `const parse_1 = require("./parse")`, as the TypeScript compiler writes it, with or without a helper around it. */
const REQUIRED =
  /^const (\w+) = ((?:__importDefault|__importStar)\(require\("[^"]+"\)\)|require\("[^"]+"\));$/gm;

/**
 * Has oclif's modules load one another when they are used, not when they are loaded: parsing flags uses a tenth of what
 * would be loaded otherwise.
 */
const requireWhenUsed = {
  name: 'require-when-used',
  setup({onLoad}) {
    onLoad({filter: /node_modules\/@oclif\/core\/lib\/.*\.js$/}, async ({path: file}) => {
      const names = [];
      const text = (await readFile(file, 'utf8')).replace(REQUIRED, (_line, name, required) => {
        names.push(name);
        return `let kept_${name}; const use_${name} = () => (kept_${name} ??= ${required});`;
      });
      if (names.length === 0) return {contents: text, loader: 'js'};
      const used = new RegExp(`(?<![\\w.])(${names.join('|')})(?!\\w)`, 'g');
      return {contents: text.replace(used, '(use_$1())'), loader: 'js'};
    });
  },
};

/**
 * What execa does for every command and limitrun never needs, by file: what stands there and what stands there instead,
 * which does the same.
 */
const EXECA = {
  // An escaped form of the command, for messages that limitrun does not use. Making its regular expression ready takes
  // longer than looking at what it would not change.
  'arguments/escape.js': [
    'line => line.replaceAll(SPECIAL_CHAR_REGEXP,',
    'line => /^[ -~]*$/.test(line) ? line : line.replaceAll(SPECIAL_CHAR_REGEXP,',
  ],
  // All three of limitrun's own streams would be opened, to compare something with them.
  'utils/standard-stream.js': [
    'export const STANDARD_STREAMS = [process.stdin, process.stdout, process.stderr];',
    `export const STANDARD_STREAMS = Object.defineProperties([], {
      0: {get: () => process.stdin}, 1: {get: () => process.stdout}, 2: {get: () => process.stderr},
    });`,
  ],
  'stdio/direction.js': [
    'const getStandardStreamDirection = value => {',
    "const getStandardStreamDirection = value => {\n\tif (typeof value === 'string') return;",
  ],
};

const lighterExeca = {
  name: 'lighter-execa',
  setup({onLoad}) {
    onLoad(
      {filter: /node_modules\/execa\/lib\/(arguments\/escape|utils\/standard-stream|stdio\/direction)\.js$/},
      async ({path: file}) => {
        const text = await readFile(file, 'utf8');
        const [stands, instead] = EXECA[file.split('/').slice(-2).join('/')];
        if (!text.includes(stands)) throw new Error(`${file} is not what this was written for`);
        return {contents: text.replace(stands, () => instead), loader: 'js'};
      },
    );
  },
};

/** Of oclif's, what prints and what loads packages: limitrun has its own, so that it is found only if oclif ever asks. */
const leaveOut = {
  name: 'leave-out',
  setup({onResolve}) {
    onResolve({filter: /^\.\.?\/(config|ux)$/}, ({path: wanted, importer}) => {
      if (!/@oclif\/core\/lib\//.test(importer)) return undefined;
      return {path: `@oclif/core/${path.basename(wanted)}`, external: true};
    });
  },
};

/** What oclif would load only to run TypeScript sources, which limitrun never has it do. */
const NOT_BUNDLED = ['typescript'];

/** As far from the package's root as the modules that look for it from where they are. */
const MODULE_URL = 'limitrunModuleUrl';

const SHARED = {platform: 'node', target: 'node20', legalComments: 'none', logLevel: 'warning'};

/** What is always needed together is one script each: until the command runs, and beside it and after it. */
const SCRIPTS = {
  'main.js': ['commands/main', 'commands/run-command', 'commands/oclif-config', 'commands/run', 'core/run'],
  'beside.js': ['core/store/run-recorder', 'core/store/state-places', 'core/report/summary'],
};

/**
 * Makes the program as it is installed: dist/cli/main.js and beside it the parts that are loaded only when they are
 * needed (each `import()` begins one), all that they use of other packages included, with source maps. bin/start.cjs
 * loads them. The library (dist/index.js) stays as it is.
 * @param root where package.json is, with a slash
 * @param dist directory that the compiler has built into
 */
export async function bundle(root, dist) {
  const directory = path.join(dist, 'cli');
  const {outputFiles, metafile} = await build({
    ...SHARED,
    absWorkingDir: root,
    entryPoints: [path.join(root, 'src/commands/main.ts')],
    outdir: directory,
    bundle: true,
    // Only this format can be split.
    format: 'esm',
    splitting: true,
    write: false,
    metafile: true,
    define: {'import.meta.url': MODULE_URL},
    external: NOT_BUNDLED,
    sourcemap: 'inline',
    plugins: [requireWhenUsed, lighterExeca, leaveOut],
  });
  const texts = new Map(outputFiles.map(({path: file, text}) => [path.basename(file), text]));
  await mkdir(directory, {recursive: true});
  await writeFile(path.join(directory, 'package.json'), '{"type": "commonjs"}\n');
  const places = {};
  for (const [script, sources] of Object.entries(SCRIPTS))
    for (const part of partsOf(metafile, sources)) places[part] ??= script;
  for (const script of new Set([...Object.keys(SCRIPTS), ...texts.keys()])) {
    const parts = [...texts.keys()].filter((part) => (places[part] ?? part) === script);
    if (parts.length > 0) await writeScript(path.join(directory, script), parts, texts);
  }
  await writeFile(path.join(directory, 'places.json'), JSON.stringify(places));
}

/** The parts that some source files are in, with those that they cannot do without. */
function partsOf({outputs}, sources) {
  const wanted = new Set(sources.map((source) => `src/${source}.ts`));
  const found = new Set();
  const add = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const {path: other, kind} of outputs[file].imports)
      if (kind === 'import-statement' && outputs[other]) add(other);
  };
  for (const [file, {entryPoint}] of Object.entries(outputs)) if (wanted.has(entryPoint)) add(file);
  return [...found].map((file) => path.basename(file));
}

/**
 * A script, not modules: V8 can be given what it has made of it before (bin/start.cjs). Its value is an object of
 * functions, one for each part.
 */
async function writeScript(file, parts, texts) {
  const made = await Promise.all(parts.map((part) => makePart(part, texts.get(part))));
  const name = path.basename(file);
  await writeFile(
    file,
    `({\n${made.map(({code}) => code).join(',\n')}\n})\n//# sourceMappingURL=${name}.map\n`,
  );
  const sections = [];
  let line = 1;
  for (const {code, map} of made) {
    sections.push({offset: {line, column: 0}, map: JSON.parse(map)});
    line += code.split('\n').length;
  }
  await writeFile(`${file}.map`, JSON.stringify({version: 3, sections}));
}

async function makePart(name, text) {
  const {code, map} = await transform(text, {
    ...SHARED,
    format: 'cjs',
    sourcefile: name,
    sourcemap: 'external',
    supported: {'dynamic-import': false},
    // A line of their own, which the map knows of.
    banner: `__LIMITRUN_PART__(function (exports, require, module, ${MODULE_URL}) {`,
    footer: '})',
  });
  return {code: code.trimEnd().replace('__LIMITRUN_PART__(', `${JSON.stringify(name)}: (`), map};
}
