import {createHash} from 'node:crypto';
import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';
import {
  isLoadedWhenCalled,
  leaveOut,
  lighter,
  loadedWhenCalled,
  loadedWhenUsed,
  nodesOwn,
  readLighter,
  refuseUnused,
} from './lighter.js';
import {HANDING_OUT, handingOut, PART, takingParts} from './parts.js';

/**
 * What few runs need, which is loaded from its own package then; and what oclif would load only to run TypeScript
 * sources, which limitrun never has it do.
 */
const NOT_BUNDLED = ['yaml', 'valibot', 'pidusage', 'typescript'];

/** In this order: what two of them use is in the first. */
const SCRIPTS = ['start', 'end', 'settings', 'rest'];

/** Whose `url` is as far from the package's root as the modules that look for it from where they are. */
const PLACE = 'limitrunPlace';

/** What every run does until its command has started, evaluated with the script although it is asked for later. */
const START = [
  'src/commands/main.ts',
  'src/commands/run-command.ts',
  'src/commands/run.ts',
  'src/core/run.ts',
  'src/commands/oclif-config.ts',
  'src/core/process/terminal-mode.ts',
  'src/core/version.ts',
  'execa',
];
/** Of what others `require`, what every run needs until then, and what it needs if it is given flags. */
const NEEDED = {
  start:
    /node_modules\/(@oclif\/core\/lib\/(cache|command)|cross-spawn\/(index|lib\/(enoent|parse|util\/escape)))\.js$/,
  settings:
    /node_modules\/@oclif\/core\/lib\/(flags|parser\/(index|parse|validate)|util\/(aggregate-flags|util))\.js$/,
};
/**
 * What is imported and not used at once, by the script it is in, which is loaded with the first call: its functions and
 * classes, by which alone it is used.
 */
const LATE = {
  // When the command has been started, or cannot be.
  end: {
    'src/core/limits/resource-limit-manager.ts': ['ResourceLimitManager'],
    'src/core/monitor/procfs-probe.ts': ['ProcfsProbe'],
    'src/core/process/tree-terminator.ts': ['TreeTerminator'],
    'src/core/process/tree-throttle.ts': ['TreeThrottle'],
    'src/core/record/fold-run.ts': ['RunFolder'],
    'src/core/record/run-record.ts': ['endingViolation'],
    'src/core/report/event-line.ts': ['eventLine'],
  },
  // Before, in runs with flags, limits or a file.
  settings: {
    'src/commands/flags.ts': ['oclifFlags', 'settingsFromFlags'],
    'src/core/containment/asker-here.ts': ['askerHere'],
    'src/core/containment/open-site.ts': ['openSite'],
    'src/core/plan/limit-steps.ts': ['milderStep'],
    'src/core/plan/parse-setting.ts': ['parseSetting', 'stepRulesOf'],
    'src/core/plan/setting-lookup.ts': ['allSettings', 'findSetting', 'settingOf', 'variableOf'],
    'src/core/plan/suggest.ts': ['didYouMean', 'suggest'],
    'src/core/plan/unknown-flag.ts': ['unknownFlag'],
    'src/core/process/crowd-fence.ts': ['CrowdFence'],
    'src/core/process/spawn-failure.ts': ['spawnFailure'],
  },
  // In few runs.
  rest: {
    'src/core/limits/raised-limits.ts': ['raisedLimits'],
    'src/core/monitor/pidusage-probe.ts': ['PidusageProbe'],
    'src/core/plan/doctor-words.ts': ['doctorWords'],
    'src/core/plan/status-words.ts': ['statusWords'],
    'src/core/plan/watch-words.ts': ['watchWords'],
    'src/core/process/restart-circuit-breaker.ts': ['RestartCircuitBreaker'],
    'src/core/record/run-view.ts': ['RunViewFolder'],
    'src/core/violation-hooks.ts': ['ViolationHooks'],
  },
};

/** What every run does besides, while its command runs and at the end, whether the command fails or not. */
const END = [
  'node_modules/execa/lib/return/message.js',
  'node_modules/strip-final-newline/index.js',
  'src/core/report/summary.ts',
  'src/core/store/run-recorder.ts',
  'src/core/store/state-places.ts',
  'node_modules/chalk/source/index.js',
];

/**
 * Makes the program as it is installed: four scripts in dist/cli/, each with a source map. `start` has what it takes to
 * start a command, `settings` what that takes with flags or limits, `end` what tells of it, and `rest` what few runs ask
 * for, so that little is read before the command runs. The value of each is a function, which bin/start.cjs calls.
 * Scripts and not modules, since V8 can be given what it has made of a script before; and few, since what is in one scope
 * is called directly. The library (dist/index.js) stays as it is.
 * @param root where package.json is, with a slash
 * @param dist directory that the compiler has built into
 */
export async function bundle(root, dist) {
  const directory = path.join(dist, 'cli');
  await mkdir(directory, {recursive: true});
  await writeFile(path.join(directory, 'package.json'), '{"type": "commonjs"}\n');
  // What a script is asked for by those that are made after it is known only then, so each is made twice.
  const drafts = await makeScripts({root, directory});
  refuseMistakes(await makeScripts({root, directory, drafts}), root);
  refuseUnused();
  refuseNeverLate();
  for (const script of SCRIPTS) await mark(path.join(directory, `${script}.js`));
}

/** Ends a script with a line that no other script has: bin/start.cjs keeps by it what V8 has made of this one. */
async function mark(file) {
  const hash = createHash('sha256').update(await readFile(file));
  await appendFile(file, `//${hash.digest('hex').slice(0, 16)}\n`);
}

/** @param drafts what was made without knowing what the scripts want of one another; undefined: this makes drafts */
async function makeScripts({root, directory, drafts}) {
  const owners = new Map();
  const scripts = [];
  for (const script of SCRIPTS) {
    const handsOut = [...new Set((drafts ?? scripts).flatMap(({wants}) => wants(script)))];
    const write = drafts !== undefined;
    const made = await bundleScript({root, directory, script, owners, handsOut, write});
    for (const file of made.files) owners.set(file, script);
    scripts.push(made);
  }
  return scripts;
}

/**
 * @throws Error when a module is in two scripts, so that there would be two of what is in it, or not in its own, or is
 * listed for one and in none
 */
function refuseMistakes(scripts, root) {
  const owners = new Map();
  for (const {script, files} of scripts) {
    for (const file of files) {
      if (owners.has(file)) throw new Error(`${file} is in ${owners.get(file)} and in ${script}`);
      owners.set(file, script);
    }
  }
  for (const {script, wants} of scripts) {
    for (const other of scripts) {
      const missing = wants(other.script).filter((file) => owners.get(file) !== other.script);
      if (missing.length > 0) throw new Error(`${script} looks in ${other.script} for ${missing.join(', ')}`);
    }
  }
  for (const name of [...START, ...END].filter((one) => one.includes('/'))) {
    if (!owners.has(path.join(root, name))) throw new Error(`nothing loads ${name} any more`);
  }
}

/** @returns which files of the package it holds, and which it wants of another script */
async function bundleScript({root, directory, script, owners, handsOut, write}) {
  const wanted = new Map();
  const main = path.join(root, 'src/commands/main.ts');
  const {metafile} = await build({
    absWorkingDir: root,
    stdin: {
      contents: await handingOut(
        root,
        [...new Set([...(script === 'start' ? [main] : []), ...handsOut])],
        (file) => script === 'start' || (script === 'end' && !file.includes('/node_modules/')),
        readLighter,
      ),
      resolveDir: root,
      sourcefile: HANDING_OUT,
    },
    outfile: path.join(directory, `${script}.js`),
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
    metafile: true,
    write,
    banner: {js: `globalThis.limitrunProgram = (function (exports, require, module, ${PLACE}, ${PART}) {`},
    footer: {js: '});'},
    plugins: [
      takingParts({
        root,
        script,
        owners,
        home: (file, kind) => home(root, script, file, kind),
        late: (file) => later(path.relative(root, file), script),
        wanted,
        read: readLighter,
      }),
      lighter((file) => START.includes(path.isAbsolute(file) ? path.relative(root, file) : file)),
      leaveOut,
      nodesOwn,
      loadedWhenUsed,
      loadedWhenCalled,
    ],
  });
  return {
    script,
    // Others are made up (`part:...`).
    files: Object.keys(metafile.inputs)
      .filter((name) => !/^[\w-]+:|^</.test(name))
      .map((name) => path.join(root, name)),
    wants: (other) => [...wanted].filter(([, owner]) => owner === other).map(([file]) => file),
  };
}

/** What of `LATE` some script loads late. */
const wasLate = new Set();

/** @throws Error when the list names what nobody imports any more */
function refuseNeverLate() {
  const names = SCRIPTS.flatMap((script) => Object.keys(LATE[script] ?? {}));
  const never = names.filter((name) => !wasLate.has(name));
  if (never.length > 0) throw new Error(`nothing loads ${never.join(', ')} late`);
}

/** What `LATE` has of a module for a script that comes before the one it is in. */
function later(name, script) {
  const owner = SCRIPTS.find((one) => LATE[one]?.[name] !== undefined);
  if (owner === undefined || SCRIPTS.indexOf(script) >= SCRIPTS.indexOf(owner)) return undefined;
  wasLate.add(name);
  return {script: owner, names: LATE[owner][name]};
}

/** The script that has a module which `script` loads late; undefined: the same. */
function home(root, script, file, kind) {
  const name = path.relative(root, file);
  if (START.includes(name)) return 'start';
  if (END.includes(name)) return 'end';
  if (isLoadedWhenCalled(file)) return 'rest';
  if (!name.includes('node_modules/')) return kind === 'dynamic-import' ? 'rest' : undefined;
  if (kind !== 'require-call' || NEEDED[script] === undefined) return undefined;
  return Object.keys(NEEDED).find((one) => NEEDED[one].test(name)) ?? 'rest';
}
