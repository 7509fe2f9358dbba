import {execFile} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test} from 'vitest';
import {startProgram} from '../support/limitrun.js';
import {missing} from '../support/needs.js';
import {ROOT} from '../support/paths.js';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly {readonly path: string}[];
}

let directory: string;
let files: string[];

/** Packs what is built and installs it where nothing else is. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'limitrun-package-'));
  const packing = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(packing.stdout) as Packed[];
  if (packed === undefined) throw new Error(`npm pack said ${packing.stdout}`);
  files = packed.files.map((file) => file.path);
  await writeFile(
    path.join(directory, 'package.json'),
    '{"name": "user", "private": true, "type": "module"}',
  );
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quiet, path.join(directory, packed.filename)], {cwd: directory});
}, 180_000);

afterAll(async () => {
  await rm(directory, {recursive: true, force: true});
});

describe('the package', () => {
  test.each([
    '.oclifrc',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'package.json',
    'bin/run.js',
    'bin/start.cjs',
    'dist/cli/start.js',
    'dist/cli/start.js.map',
    'dist/cli/end.js',
    'dist/cli/rest.js',
    'dist/index.js',
    'dist/index.d.ts',
    'schemas/report.v1.schema.json',
    'schemas/event.v1.schema.json',
    'schemas/doctor.v1.schema.json',
  ])('M-09 holds %s', (file) => {
    expect(files).toContain(file);
  });

  test('M-09 holds the documentation and the examples', () => {
    expect(files.some((file) => file.startsWith('docs/'))).toBe(true);
    expect(files.some((file) => file.startsWith('examples/'))).toBe(true);
  });

  test('M-09 holds no tests, no sources and no tarballs', () => {
    expect(
      files.filter((file) =>
        /(^|\/)test\/|^dist\/cli\/cache\/|\.test\.|^src\/|^\.ci|\.tgz$|^vitest/.test(file),
      ),
    ).toEqual([]);
  });

  test.each([
    [['--help'], 0, /Usage/i],
    [['--version'], 0, /\d+\.\d+\.\d+/],
    [['--max-rss', '1GB', '--', 'echo', 'installed'], 0, /^installed\n$/],
    [['--', 'sh', '-c', 'exit 9'], 9, /^$/],
  ])('L-05 once installed, limitrun %j ends with %i', async (args, wanted, output) => {
    const bin = path.join(directory, 'node_modules', '.bin', 'limitrun');
    expect(existsSync(bin)).toBe(true);
    const {code, stdout} = await startProgram(bin, args).exited;
    expect(code).toBe(wanted);
    expect(stdout).toMatch(output);
  });

  test('what limitrun keeps between runs may be in the way or gone: the code is that of the command', async () => {
    const bin = path.join(directory, 'node_modules', '.bin', 'limitrun');
    const cli = path.join(directory, 'node_modules', 'limitrun', 'dist', 'cli');
    const cache = path.join(cli, 'cache');
    const end = async (script: string): Promise<number | null> =>
      (await startProgram(bin, ['--quiet', '--', 'sh', '-c', script]).exited).code;
    rmSync(cache, {recursive: true, force: true});
    writeFileSync(cache, '');
    expect(await end('exit 7')).toBe(7);
    rmSync(cache);
    expect(await end('exit 7')).toBe(7);
    for (const name of readdirSync(cache)) writeFileSync(path.join(cache, name), 'damaged');
    expect(await end('exit 7')).toBe(7);
    for (const name of readdirSync(cache)) {
      rmSync(path.join(cache, name));
      mkdirSync(path.join(cache, name));
    }
    expect(await end('exit 7')).toBe(7);
    rmSync(cache, {recursive: true});
    expect(await end(`mv '${cli}' '${cli}.gone'; exit 3`)).toBe(3);
    renameSync(`${cli}.gone`, cli);
  });

  test('the command may put another limitrun in its place', async () => {
    const bin = path.join(directory, 'node_modules', '.bin', 'limitrun');
    const cli = path.join(directory, 'node_modules', 'limitrun', 'dist', 'cli');
    const script = `cp -r '${cli}' '${cli}.old'; cd '${cli}'; for file in *.js; do rm $file; echo 'not it' >$file; done; exit 3`;
    const {code, stderr} = await startProgram(bin, ['--', 'sh', '-c', script]).exited;
    rmSync(cli, {recursive: true});
    renameSync(`${cli}.old`, cli);
    expect({code, stderr}).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('the command exited with 3') as string,
    });
  });

  test.each<[string, string[], Record<string, string>]>([
    ['', [], {}],
    [', with a report', ['--report', 'report.json'], {}],
    [', with DEBUG', [], {DEBUG: 'limitrun'}],
  ])('the command may remove limitrun%s', async (_how, flags, env) => {
    const package_ = path.join(directory, 'node_modules', 'limitrun');
    const copy = await mkdtemp(path.join(directory, 'copy-'));
    for (const part of ['bin', 'dist', 'package.json', '.oclifrc'])
      cpSync(path.join(package_, part), path.join(copy, part), {recursive: true});
    const options = {cwd: directory, env};
    const words = [...flags, '--', 'sh', '-c', `rm -rf '${copy}'; exit 3`];
    const {code, stderr} = await startProgram(path.join(copy, 'bin/limitrun'), words, options).exited;
    expect({code, stderr}).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('the command exited with 3') as string,
    });
    expect(existsSync(copy)).toBe(false);
  });

  describe('what is kept between runs', () => {
    const cache = (): string => path.join(directory, 'node_modules', 'limitrun', 'dist', 'cli', 'cache');

    const keptAfter = async (...words: string[]): Promise<string[]> => {
      const bin = path.join(directory, 'node_modules', '.bin', 'limitrun');
      expect((await startProgram(bin, words).exited).code).toBe(words.at(-1) === 'false' ? 1 : 0);
      return readdirSync(cache());
    };

    /** How many runs in a row have used and added to what is kept of the first script: the last byte (bin/start.cjs). */
    const runsAfter = async (...command: string[]): Promise<(number | undefined)[]> =>
      (await keptAfter('--quiet', '--', ...command))
        .filter((name) => name.endsWith('-start'))
        .map((name) => readFileSync(path.join(cache(), name)).at(-1));

    beforeEach(() => {
      rmSync(cache(), {recursive: true, force: true});
    });

    test.each([
      [
        ['--', 'true'],
        ['run-end', 'run-start'],
      ],
      [
        ['--no-record', '--', 'true'],
        ['flags-end', 'flags-settings', 'flags-start'],
      ],
      [
        ['--no-record', '--', 'false'],
        ['flags-end', 'flags-settings', 'flags-start'],
      ],
    ])(
      'is of few scripts: no other one is asked for by a command that starts and ends (%j)',
      async (words, expected) => {
        const kept = (await keptAfter(...words)).map((name) => /[a-z]+-[a-z]+$/.exec(name)?.[0]);
        // What tidies up old records; how often it does is a matter of chance.
        expect(kept.filter((name) => name !== 'run-rest').sort()).toEqual(expected);
      },
    );

    test('of a run of more than a second the next one can use', async () => {
      expect(await runsAfter('sleep', '1.3')).toEqual([1]);
      expect(await runsAfter('true')).toEqual([2]);
    });

    test('is not used for another script, though that is as long and was changed at the same time', async () => {
      expect(await runsAfter('true')).toEqual([1]);
      const script = path.join(cache(), '../start.js');
      const text = readFileSync(script, 'utf8');
      const {atime, mtime} = statSync(script);
      onTestFinished(() => {
        writeFileSync(script, text);
        utimesSync(script, atime, mtime);
      });
      // Its last line, by which the build marks each.
      writeFileSync(script, `${text.slice(0, -'0123456789abcdef\n'.length)}0123456789abcdef\n`);
      utimesSync(script, atime, mtime);
      expect(await runsAfter('true')).toEqual([1]);
    });

    test.each([0o664, 0o646])('is not used when others may write to it (mode %o)', async (mode) => {
      expect(await runsAfter('true')).toEqual([1]);
      for (const name of readdirSync(cache())) chmodSync(path.join(cache(), name), mode);
      expect(await runsAfter('true')).toEqual([1]);
      expect(await runsAfter('true')).toEqual([2]);
    });

    test("is in a user's own cache where the program is another user's", async ({skip}) => {
      const reason = missing('root');
      skip(reason !== undefined, `skipped: ${reason ?? ''}`);
      const cli = path.dirname(cache());
      const bin = path.join(directory, 'node_modules', '.bin', 'limitrun');
      const own = await mkdtemp(path.join(directory, 'own-'));
      const foreign = await mkdtemp(path.join(directory, 'foreign-'));
      const program = [cli, ...readdirSync(cli).map((name) => path.join(cli, name))];
      for (const part of program) chownSync(part, 54321, 54321);
      chownSync(foreign, 54321, 54321);
      onTestFinished(() => {
        for (const part of program) chownSync(part, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
      });
      const keptIn = async (directory: string): Promise<(number | undefined)[]> => {
        const env = {XDG_CACHE_HOME: directory};
        expect((await startProgram(bin, ['--quiet', '--', 'true'], {env}).exited).code).toBe(0);
        return readdirSync(directory, {recursive: true, encoding: 'utf8'})
          .filter((name) => name.endsWith('-start'))
          .map((name) => readFileSync(path.join(directory, name)).at(-1));
      };
      expect(await keptIn(own)).toEqual([1]);
      expect(await keptIn(own)).toEqual([2]);
      expect(await keptIn(foreign)).toEqual([]);
      expect(existsSync(cache())).toBe(false);
    });

    test("is not used when it is another user's", async ({skip}) => {
      const reason = missing('root');
      skip(reason !== undefined, `skipped: ${reason ?? ''}`);
      expect(await runsAfter('true')).toEqual([1]);
      for (const name of readdirSync(cache())) chownSync(path.join(cache(), name), 54321, 54321);
      expect(await runsAfter('true')).toEqual([1]);
    });
  });

  test('Y-16 once installed, the library has its five parts', async () => {
    const script = `import * as library from 'limitrun';
      const names = ['ResourceLimitManager', 'ResourceMonitor', 'ResourceEnforcer', 'ResourceViolationChecker', 'ProcessControl'];
      console.log(names.filter((name) => typeof library[name] !== 'function').join(' ') || 'complete');`;
    const running = startProgram(process.execPath, ['--input-type=module', '-e', script], {cwd: directory});
    expect((await running.exited).stdout).toBe('complete\n');
  });
});
