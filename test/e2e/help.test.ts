import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {limitrun, shell} from '../support/limitrun.js';
import {ROOT} from '../support/paths.js';

const FLAGS = [
  'max-rss',
  'max-virtual',
  'max-swap',
  'max-cpu',
  'max-cpu-time',
  'timeout',
  'max-processes',
  'max-fds',
  'max-read-bps',
  'max-write-bps',
  'policy',
  'memory-policy',
  'cpu-policy',
  'io-policy',
  'process-policy',
  'warn-at',
  'sustain',
  'grace-period',
  'max-restarts',
  'restart-delay',
  'backoff-rate',
  'startup-grace',
  'violation-handling',
  'interval',
  'enforce',
  'strict',
  'config',
  'worker',
  'keep-background',
  'report',
  'name',
  'quiet',
  'fail-on-violation',
  'violation-exit-code',
];

describe('help', () => {
  test.each([[['--help']], [['-h']], [['run', '--help']], [['--max-rss', '1GB', '--help']]])(
    'L-14 limitrun %j is on standard output and ends with 0',
    async (args) => {
      const {code, stdout, stderr} = await limitrun(args);
      expect({code, stderr}).toEqual({code: 0, stderr: ''});
      expect(stdout).toMatch(/usage/i);
      expect(stdout).toContain('COMMAND');
    },
  );

  test('L-14 help tells about every flag', async () => {
    const {stdout} = await limitrun(['--help']);
    expect(FLAGS.filter((flag) => !new RegExp(`--${flag}\\b`).test(stdout))).toEqual([]);
  });

  test('L-14 help fits eighty columns and has no control characters', async () => {
    const {stdout} = await limitrun(['--help']);
    expect(stdout).toContain('--max-rss');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
  });

  test('L-14 help names the exit codes', async () => {
    const {stdout} = await limitrun(['--help']);
    for (const code of ['110', '111', '112', '113', '114', '118', '124', '125', '126', '127', '128']) {
      expect(stdout).toContain(code);
    }
  });

  test('L-14 the examples of the help are accepted', async () => {
    const {stdout} = await limitrun(['--help']);
    const examples = stdout
      .split('\n')
      .filter(
        (line) => /^\s*(LIMITRUN_\w+=\S+ )?\$? ?limitrun .*-- /.test(line) && !line.includes('COMMAND'),
      );
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      const flags = / limitrun (?<flags>.*?)-- /.exec(` ${example.trim()}`)?.groups?.['flags'] ?? '';
      const {code, stderr} = await shell(`exec "$NODE" "$RUN" ${flags} -- true`);
      expect({example, code, stderr: code === 0 ? '' : stderr}).toEqual({example, code: 0, stderr: ''});
    }
  });

  test('L-14 --version is the version of the package', async () => {
    const {version} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {version: string};
    const {code, stdout, stderr} = await limitrun(['--version']);
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    expect(stdout).toContain(version);
  });

  test('F-05 help into a full device is no success and no stack trace', async () => {
    const {code, stderr} = await shell('exec "$NODE" "$RUN" --help >/dev/full');
    expect(code).toBe(125);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('O-07 help into a closed pipe is quiet', async () => {
    const {stderr} = await shell('"$NODE" "$RUN" --help | true');
    expect(stderr).toBe('');
  });
});
