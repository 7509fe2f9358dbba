import {readFile} from 'node:fs/promises';
import {createRequire, isBuiltin} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {importedAtOnce, madeLate} from './parts.js';

const OCLIF = createRequire(import.meta.url)('@oclif/core/package.json');

/** `once` of node:events, without signals by which it can be called off. */
const ONCE = `const once = (emitter, name) =>
  new Promise((resolve, reject) => {
    const happened = (...payload) => {
      emitter.off('error', failed);
      resolve(payload);
    };
    const failed = (error) => {
      emitter.off(name, happened);
      reject(error);
    };
    if (name !== 'error') emitter.once('error', failed);
    emitter.once(name, happened);
  });`;

/**
 * What dependencies do for every command and limitrun never needs, by file: what stands there and what stands there
 * instead, which does the same as far as limitrun is concerned. A dependency that changes there fails the build.
 */
const LIGHTER = {
  // An escaped form of the command, for messages that limitrun does not use. Making its regular expression, or making it
  // ready, takes longer than looking at what it would not change.
  'execa/lib/arguments/escape.js': [
    ['const SPECIAL_CHAR_REGEXP = getSpecialCharRegExp();', ''],
    [
      'line => line.replaceAll(SPECIAL_CHAR_REGEXP,',
      'line => /^[ -~]*$/.test(line) ? line : line.replaceAll(getSpecialCharRegExp(),',
    ],
  ],
  // Node makes each when it is asked for it.
  'execa/lib/utils/uint-array.js': [
    ['const textEncoder = new TextEncoder();', ''],
    ['textEncoder.encode(', 'new TextEncoder().encode('],
    ['const textDecoder = new TextDecoder();', ''],
    ['textDecoder.decode(', 'new TextDecoder().decode('],
  ],
  // All that is said of these events is what comes first; node:events can be told to give up, for which it needs more.
  'execa/lib/resolve/exit-async.js': [["import {once} from 'node:events';", ONCE]],
  // On Windows only.
  '@colors/colors/lib/system/supports-colors.js': [
    ["var os = require('os');", ''],
    ['os.release()', "require('os').release()"],
  ],
  'chalk/source/vendor/supports-color/index.js': [
    ["import os from 'node:os';", ''],
    ['os.release()', "require('os').release()"],
  ],
  // All three of limitrun's own streams would be opened, to compare something with them.
  'execa/lib/utils/standard-stream.js': [
    [
      'export const STANDARD_STREAMS = [process.stdin, process.stdout, process.stderr];',
      `export const STANDARD_STREAMS = Object.defineProperties([], {
      0: {get: () => process.stdin}, 1: {get: () => process.stdout}, 2: {get: () => process.stderr},
    });`,
    ],
  ],
  'execa/lib/stdio/direction.js': [
    [
      'const getStandardStreamDirection = value => {',
      "const getStandardStreamDirection = value => {\n\tif (typeof value === 'string' || value > 2) return;",
    ],
  ],
  // Node loads and compiles what an AbortController is made of. Who reads the signal gets it.
  'execa/lib/methods/main-async.js': [
    [
      `const controller = new AbortController();
	setMaxListeners(Number.POSITIVE_INFINITY, controller.signal);`,
      `let made;
      const controller = {
        get signal() {
          if (made === undefined) {
            made = new AbortController();
            setMaxListeners(Number.POSITIVE_INFINITY, made.signal);
          }
          return made.signal;
        },
        abort: () => made?.abort(),
      };`,
    ],
    // Or all of get-stream would be loaded for its name.
    ["import {MaxBufferError} from 'get-stream';", ''],
    ['errorInfo.error instanceof MaxBufferError', "errorInfo.error?.name === 'MaxBufferError'"],
  ],
  'execa/lib/terminate/cleanup.js': [
    [
      `{cleanup, detached}, {signal}) => {
	if (!cleanup || detached) {
		return;
	}`,
      `{cleanup, detached}, controller) => {
	if (!cleanup || detached) {
		return;
	}
	const {signal} = controller;`,
    ],
  ],
  // It would go on listening until the subprocess has ended; that nobody listens to it any more is the same.
  'execa/lib/resolve/wait-subprocess.js': [
    // Of a command that fails: what was read of its streams. limitrun's have none, so that this rejects only for a hook's.
    [
      "import {getBufferedData} from '../io/contents.js';",
      `import {getBufferedData as ofFailed} from '../io/contents.js';
const getBufferedData = promise => Promise.resolve(promise).catch(error => ofFailed(Promise.reject(error)));`,
    ],
    [
      `async (subprocess, {signal}) => {
	const [error] = await once(subprocess, 'error', {signal});`,
      `async (subprocess) => {
	const [error] = await once(subprocess, 'error');`,
    ],
    ["import {once} from 'node:events';", ONCE],
  ],
  // The other ways to call it, each made when execa is loaded.
  'execa/index.js': [
    ["import {mapCommandAsync, mapCommandSync} from './lib/methods/command.js';", ''],
    ["import {mapNode} from './lib/methods/node.js';", ''],
    ["import {mapScriptAsync, setScriptSync, deepScriptOptions} from './lib/methods/script.js';", ''],
    ["import {getIpcExport} from './lib/ipc/methods.js';", ''],
    ["export {parseCommandString} from './lib/methods/command.js';", ''],
    ['export const execaSync = createExeca(() => ({isSync: true}));', ''],
    ['export const execaCommand = createExeca(mapCommandAsync);', ''],
    ['export const execaCommandSync = createExeca(mapCommandSync);', ''],
    ['export const execaNode = createExeca(mapNode);', ''],
    ['export const $ = createExeca(mapScriptAsync, {}, deepScriptOptions, setScriptSync);', ''],
    [
      `const {
	sendMessage,
	getOneMessage,
	getEachMessage,
	getCancelSignal,
} = getIpcExport();
export {
	sendMessage,
	getOneMessage,
	getEachMessage,
	getCancelSignal,
};`,
      '',
    ],
  ],
  // Asked for every first argument.
  'execa/lib/methods/create.js': [
    [
      '= isTemplateString(firstArgument)',
      '= Array.isArray(firstArgument) && isTemplateString(firstArgument)',
    ],
  ],
  // The same that it asks itself first.
  'execa/lib/stdio/handle.js': [
    ['stdioItem => handleNativeStream({', 'stdioItem => !isStdioArray ? stdioItem : handleNativeStream({'],
  ],
  // Loaded with the first text that is coloured.
  'src/core/standard-error-paint.ts': [
    ["import {chalkStderr} from 'chalk';", ''],
    [': chalkStderr);', ": require('chalk').chalkStderr);"],
  ],
  // What signals mean in words.
  'execa/lib/terminate/signal.js': [
    ["import {signalsByName} from 'human-signals';", ''],
    ['=> signalsByName[', "=> require('human-signals').signalsByName["],
    // node:os has them, which is not loaded for a signal that every system knows.
    ['const signalsIntegerToName = getSignalsIntegerToName();', ''],
    [
      `if (signalsIntegerToName.has(signalInteger)) {
		return signalsIntegerToName.get(signalInteger);`,
      `const signalsIntegerToName = getSignalsIntegerToName();
	if (signalsIntegerToName.has(signalInteger)) {
		return signalsIntegerToName.get(signalInteger);`,
    ],
    [
      'if (signalName in constants.signals) {',
      "if (signalName === 'SIGTERM' || signalName in constants.signals) {",
    ],
  ],
  // For Windows only.
  'cross-spawn/lib/parse.js': [
    ["= require('./util/resolveCommand')", "= (...args) => require('./util/resolveCommand')(...args)"],
    ["= require('./util/readShebang')", "= (...args) => require('./util/readShebang')(...args)"],
  ],
  // The width of what cli-table3 puts in its cells. Making the regular expressions of escape sequences and of all emojis
  // ready takes longer than the rest of a table.
  'string-width/index.js': [
    [
      'string = stripAnsi(string);',
      'if (/^[ -~]*$/.test(string)) return string.length;\n\tstring = stripAnsi(string);',
    ],
    ["const emojiRegex = require('emoji-regex');", "const emojiRegex = () => require('emoji-regex')();"],
  ],
  // Whether a cell is missing: looked for among all cells of the table, though it mostly is in its place.
  'cli-table3/src/layout-manager.js': [
    [
      'let i_max = Math.min(rows.length - 1, y);',
      'if (rows[y]?.[x]?.x === x) return true;\n    let i_max = Math.min(rows.length - 1, y);',
    ],
  ],
  // Lines above and below the rows, which limitrun's tables do not have: drawn cell by cell, and dropped when empty.
  'cli-table3/src/table.js': [
    ["doDraw(row, 'top', result);", ''],
    ["doDraw(row, 'bottom', result);", ''],
  ],
  // The characters of a table, made anew for each cell by taking fifteen words apart. No cell of limitrun's has its own, and
  // those between cells have names that need not be taken apart.
  // And what only a debugger of tables is told: for it every long text was measured and cut off.
  'cli-table3/src/cell.js': [
    ['let content = utils.truncate(this.content, 10, this.truncate);', ''],
    ['info(`${this.y}-${this.x}: ${this.rowSpan - lineNum}x${this.colSpan} Cell ${content}`);', ''],
    [
      'let chars = (this.chars = {});\n    CHAR_NAMES.forEach(function (name) {\n      setOption(optionsChars, tableChars, name, chars);\n    });',
      'this.chars = tableChars;',
    ],
    ['let optionsChars = this.options.chars || {};', ''],
    // The name of an option taken apart and put together again, for each cell.
    ...['Left', 'Right'].map((side) => {
      const name = `padding-${side.toLowerCase()}`;
      const options = ['style', 'tableStyle'].flatMap((from) => [
        `${from}.padding${side}`,
        `${from}['${name}']`,
      ]);
      return [
        `setOption(style, tableStyle, '${name}', this);`,
        `this.padding${side} = ${options.join(' ?? ')};`,
      ];
    }),
  ],
  // Escape sequences are looked for in texts that have none, which takes longer than the rest of a cell.
  'cli-table3/src/utils.js': [
    [
      'let code = codeRegex();\n  let stripped',
      'if (/^[ -~]*$/.test(str)) return str.length;\n  let code = codeRegex();\n  let stripped',
    ],
    [
      'function colorizeLines(input) {',
      "function colorizeLines(input) {\n  if (!input.some((line) => line.includes('\\u001B'))) return input;",
    ],
  ],
  // A table that nobody reads.
  'human-signals/build/src/main.js': [
    [
      'export const signalsByNumber=getSignalsByNumber()',
      'export const signalsByNumber=/* @__PURE__ */ getSignalsByNumber()',
    ],
  ],
  '@oclif/core/lib/command.js': [
    // limitrun's standard output is the command's; what is written to it elsewhere looks for this error itself.
    ["process.stdout.on('error',", '(() => undefined)('],
    // Only DEBUG makes it say anything.
    [
      'this.debug = (0, logger_1.makeDebug)(',
      'this.debug = !process.env.DEBUG ? () => {} : (0, logger_1.makeDebug)(',
    ],
    // Told to a library that limitrun does not have, and the version has to be read for it.
    ["g['http-call'].userAgent = this.config.userAgent;", ''],
    // Loads what makes help, for commands that are deprecated.
    [
      'const [id] = (0, util_1.normalizeArgv)(this.config);',
      "if (!this.ctor.deprecateAliases && this.ctor.state !== 'deprecated') return;\nconst [id] = (0, util_1.normalizeArgv)(this.config);",
    ],
  ],
  // Of its own description it wants to know the version.
  '@oclif/core/lib/cache.js': [
    ["require('@oclif/core/package.json').version", JSON.stringify(OCLIF.version)],
  ],
};

/**
 * What execa loads for what limitrun seldom or never asks of it. Each is loaded when one of its functions is called; what
 * else it exports is not there, so that the build fails when execa wants it.
 */
const LOADED_WHEN_CALLED = [
  // execaSync() and the other ways to call it.
  'execa/lib/methods/main-sync.js',
  'execa/lib/methods/template.js',
  // Messages to and from a command, and pipes between commands.
  'execa/lib/ipc/get-each.js',
  'execa/lib/ipc/get-one.js',
  'execa/lib/ipc/graceful.js',
  'execa/lib/ipc/send.js',
  'execa/lib/pipe/setup.js',
  // Streams of a command: only those of hooks and of stty have any.
  'execa/lib/convert/duplex.js',
  'execa/lib/convert/iterable.js',
  'execa/lib/convert/readable.js',
  'execa/lib/convert/writable.js',
  'execa/lib/io/contents.js',
  'execa/lib/io/max-buffer.js',
  'execa/lib/io/pipeline.js',
  'execa/lib/resolve/wait-stream.js',
  'execa/lib/stdio/native.js',
  'execa/lib/transform/generator.js',
  'execa/lib/utils/max-listeners.js',
  '@sindresorhus/merge-streams/index.js',
  'strip-final-newline/index.js',
  // An end that is not to outlive limitrun's, and a PATH with the project's programs.
  'npm-run-path/index.js',
  'signal-exit/dist/mjs/index.js',
  // What is said of an error, and about each command where that is wanted.
  'execa/lib/return/early-error.js',
  'execa/lib/return/message.js',
  'execa/lib/verbose/error.js',
  'execa/lib/verbose/ipc.js',
  'execa/lib/verbose/log.js',
  'pretty-ms/index.js',
];

/** `const parse_1 = require("./parse")`, as the TypeScript compiler writes it, with or without a helper around it. */
const REQUIRED =
  /^(?:const|var) (\w+) = ((?:__importDefault|__importStar)\(require\("[^"]+"\)\)|require\("[^"]+"\));$/gm;

/** `import path from 'node:path';` */
const NODE_AS_A_WHOLE = /^import (\w+) from '(node:\w+)';$/gm;

/** What of the lists above no script has loaded yet. */
const unused = new Set([...Object.keys(LIGHTER), ...LOADED_WHEN_CALLED]);

/** To be called when all scripts have been made. @throws Error when a list names what nothing loads any more */
export function refuseUnused() {
  if (unused.size > 0) throw new Error(`nothing loads ${[...unused].join(', ')} any more`);
}

/** Whether a module is loaded only when one of its functions is called. */
export function isLoadedWhenCalled(file) {
  return LOADED_WHEN_CALLED.includes(inPackage(file));
}

/**
 * Changes the lines of `LIGHTER`, and how modules load others.
 * @param isAtOnce file, or name of a package -> whether it is evaluated with the script it is in, and not when it is
 * asked for
 */
export const lighter = (isAtOnce) => ({
  name: 'lighter',
  setup({onLoad}) {
    onLoad({filter: /\.[jt]s$/, namespace: 'file'}, async ({path: found}) => {
      const name = inPackage(found);
      if (name in LIGHTER) unused.delete(name);
      let contents = await readLighter(found);
      if (name.startsWith('@oclif/core/lib/')) contents = usedLate(contents);
      if (isAtOnce(found)) {
        const fileOf = (asked) =>
          asked.startsWith('.') ? path.join(path.dirname(found), asked.replace(/\.js$/, '.ts')) : asked;
        contents = importedAtOnce(contents, (asked) => isAtOnce(fileOf(asked)));
      }
      return {contents: notCopied(contents), loader: found.endsWith('.ts') ? 'ts' : 'js'};
    });
  },
});

/** @returns a file's text with the lines of `LIGHTER` changed. @throws Error when they are not what they were */
export async function readLighter(file) {
  const name = inPackage(file);
  let contents = await readFile(file, 'utf8');
  for (const [stands, instead] of LIGHTER[name] ?? []) {
    if (!contents.includes(stands)) throw new Error(`${name} is not what this was written for`);
    contents = contents.replace(stands, () => instead);
  }
  return contents;
}

/** esbuild would make a copy of Node's module, with a getter for each of its up to 104 exports, for every importer. */
function notCopied(module) {
  return module.replace(NODE_AS_A_WHOLE, "const $1 = require('$2');");
}

/**
 * Has oclif's modules load one another when they are used, not when they are loaded: parsing flags uses a tenth of what
 * would be loaded otherwise.
 */
function usedLate(module) {
  const names = [];
  const text = module.replace(REQUIRED, (_line, name, required) => {
    names.push(name);
    return `let kept_${name}; const use_${name} = () => (kept_${name} ??= ${required});`;
  });
  if (names.length === 0) return text;
  return text.replace(new RegExp(`(?<![\\w.])(${names.join('|')})(?!\\w)`, 'g'), '(use_$1())');
}

/** Has those of `LOADED_WHEN_CALLED` loaded when they are called. */
export const loadedWhenCalled = {
  name: 'loaded-when-called',
  setup({onResolve, onLoad, resolve}) {
    const namespace = 'when-called';
    onResolve({filter: /^[^/]/}, async ({path: wanted, importer, kind, resolveDir, pluginData}) => {
      if (pluginData === namespace || !importer.includes('/node_modules/')) return undefined;
      const found = await resolve(wanted, {importer, kind, resolveDir, pluginData: namespace});
      const name = inPackage(found.path);
      if (!LOADED_WHEN_CALLED.includes(name)) return undefined;
      unused.delete(name);
      return {path: found.path, namespace};
    });
    onLoad({filter: /^/, namespace}, async ({path: file}) => {
      const functions = Object.entries(await import(pathToFileURL(file).href)).filter(([, value]) =>
        isCalled(value),
      );
      const contents = functions.map(([name]) => {
        const called = `(...args) => require(${JSON.stringify(file)}).${name}(...args);`;
        return name === 'default' ? `export default ${called}` : `export const ${name} = ${called}`;
      });
      return {contents: contents.join('\n'), loader: 'js', resolveDir: path.dirname(file)};
    });
  },
};

/** Modules of Node that are imported for what limitrun rarely or never does; loading one takes up to 2 ms. */
const SELDOM_USED = /^node:(fs\/promises|os|perf_hooks|readline|stream\/promises|timers\/promises|tty|v8)$/;

/**
 * Has them loaded when a function of theirs is called, a class made, or a method of one of their objects asked for. What
 * else a module has (node:os: texts) nobody can import by its name then, and who requires it gets the module itself.
 */
export const loadedWhenUsed = {
  name: 'loaded-when-used',
  setup({onResolve, onLoad}) {
    const namespace = 'seldom-used';
    onResolve({filter: SELDOM_USED}, async ({path: id, namespace: importer, kind}) => {
      const asItIs = importer === namespace || (kind === 'require-call' && !isAllLate(await import(id)));
      return asItIs ? {path: id, external: true} : {path: id, namespace};
    });
    onLoad({filter: SELDOM_USED, namespace}, async ({path: id}) => {
      const module = `require(${JSON.stringify(id)})`;
      const exported = await import(id);
      const names = Object.keys(exported).filter((name) => name !== 'default');
      const functions = names.filter((name) => typeof exported[name] === 'function');
      const objects = names.filter((name) => typeof exported[name] === 'object' && exported[name] !== null);
      const lines = objects.map(
        (name) => `export const ${name} = /* @__PURE__ */ new Proxy({}, {
          get: (_, key) => {
            const method = ${module}.${name}[key];
            return typeof method === 'function' ? method.bind(${module}.${name}) : method;
          },
        });`,
      );
      return {contents: [madeLate(functions, module), ...lines].join('\n'), loader: 'js'};
    });
  },
};

/** Whether all that a module has can be had late. */
function isAllLate(module) {
  return Object.values(module).every((value) => typeof value === 'function' || typeof value === 'object');
}

/** Has Node's modules asked for by one kind of name, by which bin/start.cjs tells them from packages. */
export const nodesOwn = {
  name: 'nodes-own',
  setup({onResolve}) {
    onResolve({filter: /^[a-z_/]+$/}, ({path: id}) =>
      isBuiltin(id) ? {path: `node:${id}`, external: true} : undefined,
    );
  },
};

/** Of oclif's, what prints and what loads packages: limitrun has its own, so it is found only if oclif ever asks. */
export const leaveOut = {
  name: 'leave-out',
  setup({onResolve}) {
    onResolve({filter: /^\.\.?\/(config|ux)$/}, ({path: wanted, importer}) => {
      if (!/@oclif\/core\/lib\//.test(importer)) return undefined;
      return {path: `@oclif/core/${path.basename(wanted)}`, external: true};
    });
  },
};

function isCalled(value) {
  return typeof value === 'function' && !/^class\b/.test(value.toString());
}

/** @returns a file's name beginning with that of the package it belongs to; limitrun's own with src/ */
function inPackage(file) {
  return file.replace(/^.*\/node_modules\/|^.*\/(?=src\/)/, '');
}
