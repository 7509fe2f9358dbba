import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';

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
      return {contents: usedLate(await readFile(file, 'utf8')), loader: 'js'};
    });
  },
};

function usedLate(module) {
  const names = [];
  const text = module.replace(REQUIRED, (_line, name, required) => {
    names.push(name);
    return `let kept_${name}; const use_${name} = () => (kept_${name} ??= ${required});`;
  });
  if (names.length === 0) return text;
  return text.replace(new RegExp(`(?<![\\w.])(${names.join('|')})(?!\\w)`, 'g'), '(use_$1())');
}

/**
 * What dependencies do for every command and limitrun never needs, by file: what stands there and what stands there
 * instead, which does the same as far as limitrun is concerned. A dependency that changes there fails the build.
 */
const LIGHTER = {
  // An escaped form of the command, for messages that limitrun does not use. Making its regular expression ready takes
  // longer than looking at what it would not change.
  'execa/lib/arguments/escape.js': [
    'line => line.replaceAll(SPECIAL_CHAR_REGEXP,',
    'line => /^[ -~]*$/.test(line) ? line : line.replaceAll(SPECIAL_CHAR_REGEXP,',
  ],
  // All three of limitrun's own streams would be opened, to compare something with them.
  'execa/lib/utils/standard-stream.js': [
    'export const STANDARD_STREAMS = [process.stdin, process.stdout, process.stderr];',
    `export const STANDARD_STREAMS = Object.defineProperties([], {
      0: {get: () => process.stdin}, 1: {get: () => process.stdout}, 2: {get: () => process.stderr},
    });`,
  ],
  'execa/lib/stdio/direction.js': [
    'const getStandardStreamDirection = value => {',
    "const getStandardStreamDirection = value => {\n\tif (typeof value === 'string' || value > 2) return;",
  ],
  // The width of what cli-table3 puts in its cells. Making the regular expressions of escape sequences and of all emojis
  // ready takes longer than the rest of a table.
  'string-width/index.js': [
    'string = stripAnsi(string);',
    'if (/^[ -~]*$/.test(string)) return string.length;\n\tstring = stripAnsi(string);',
  ],
  // Whether a cell is missing: looked for among all cells of the table, though it mostly is in its place.
  'cli-table3/src/layout-manager.js': [
    'let i_max = Math.min(rows.length - 1, y);',
    'if (rows[y]?.[x]?.x === x) return true;\n    let i_max = Math.min(rows.length - 1, y);',
  ],
  // The characters of a table, made anew for each cell by taking fifteen words apart. No cell of limitrun's has its own.
  'cli-table3/src/cell.js': [
    'let chars = (this.chars = {});\n    CHAR_NAMES.forEach(',
    'if (this.options.chars === undefined && tableChars.shared) {\n      this.chars = tableChars.shared;\n    }\n' +
      '    let chars = (this.chars ??= Object.defineProperty(tableChars, "shared", {value: {}}).shared);\n' +
      '    if (chars.top === undefined) CHAR_NAMES.forEach(',
  ],
  // A table that nobody reads.
  'human-signals/build/src/main.js': [
    'export const signalsByNumber=getSignalsByNumber()',
    'export const signalsByNumber=/* @__PURE__ */ getSignalsByNumber()',
  ],
  // limitrun's standard output is the command's; what is written to it elsewhere looks for this error itself.
  '@oclif/core/lib/command.js': ["process.stdout.on('error',", '(() => undefined)('],
};

const lighter = {
  name: 'lighter',
  setup({onLoad}) {
    for (const [file, [stands, instead]] of Object.entries(LIGHTER)) {
      const filter = new RegExp(`node_modules/${file.replaceAll('.', '\\.')}$`);
      onLoad({filter}, async ({path: found}) => {
        const text = await readFile(found, 'utf8');
        if (!text.includes(stands)) throw new Error(`${file} is not what this was written for`);
        const contents = text.replace(stands, () => instead);
        return {contents: file.startsWith('@oclif/') ? usedLate(contents) : contents, loader: 'js'};
      });
    }
  },
};

/** Modules of Node that are imported for what limitrun rarely or never does; loading one takes up to 2 ms. */
const SELDOM_USED = /^node:(fs\/promises|perf_hooks|readline|stream\/promises|timers\/promises|v8)$/;

/** Has them loaded when something of them is used. */
const loadedWhenUsed = {
  name: 'loaded-when-used',
  setup({onResolve, onLoad}) {
    const namespace = 'seldom-used';
    onResolve({filter: SELDOM_USED}, ({path: id, namespace: importer}) =>
      importer === namespace ? {path: id, external: true} : {path: id, namespace},
    );
    onLoad({filter: SELDOM_USED, namespace}, async ({path: id}) => {
      const keys = Object.keys(await import(id)).filter((key) => key !== 'default');
      const contents = `for (const key of ${JSON.stringify(keys)})
        Object.defineProperty(exports, key, {enumerable: true, get: () => require(${JSON.stringify(id)})[key]});`;
      return {contents, loader: 'js'};
    });
  },
};

/** Of oclif's, what prints and what loads packages: limitrun has its own, so it is found only if oclif ever asks. */
const leaveOut = {
  name: 'leave-out',
  setup({onResolve}) {
    onResolve({filter: /^\.\.?\/(config|ux)$/}, ({path: wanted, importer}) => {
      if (!/@oclif\/core\/lib\//.test(importer)) return undefined;
      return {path: `@oclif/core/${path.basename(wanted)}`, external: true};
    });
  },
};

/**
 * What few runs need, which is loaded from its own package then; and what oclif would load only to run TypeScript
 * sources, which limitrun never has it do.
 */
const NOT_BUNDLED = ['yaml', 'valibot', 'pidusage', 'typescript'];

/** As far from the package's root as the modules that look for it from where they are. */
const MODULE_URL = 'limitrunModuleUrl';

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
    define: {'import.meta.url': MODULE_URL},
    supported: {'dynamic-import': false},
    external: NOT_BUNDLED,
    legalComments: 'none',
    logLevel: 'warning',
    sourcemap: true,
    banner: {js: `globalThis.limitrunProgram = (function (exports, require, module, ${MODULE_URL}) {`},
    footer: {js: '});'},
    plugins: [lighter, requireWhenUsed, leaveOut, loadedWhenUsed],
  });
}
