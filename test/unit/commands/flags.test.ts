import {Parser} from '@oclif/core';
import {describe, expect, it} from 'vitest';

import {oclifFlags, settingsFromFlags} from '../../../src/commands/flags.js';
import {SETTINGS} from '../../../src/core/plan/settings.js';

async function read(words: string[]) {
  const {flags} = await Parser.parse(words, {flags: oclifFlags(), strict: true});
  return settingsFromFlags(flags);
}

describe('flags', () => {
  it('exist for every setting and have no defaults of their own', async () => {
    expect(Object.keys(oclifFlags())).toEqual(SETTINGS.map((row) => row.flag));
    expect(await read([])).toEqual({});
  });

  it.each([
    [['--max-rss', '64MB', '-qv']],
    [['--max-rss=64MB', '--no-such-flag', 'x']],
    [['--name', '--quiet']],
    [['-q']],
    [[]],
  ])('are read alike with those only that can be among %j', async (words) => {
    const few = oclifFlags(words);
    expect(Object.keys(few).length).toBeLessThan(8);
    const parse = async (flags: typeof few) =>
      Parser.parse(words, {flags, strict: true}).then(
        (parsed) => parsed.flags,
        (error: unknown) => (error as Error).message,
      );
    expect(await parse(few)).toEqual(await parse(oclifFlags()));
  });

  it('are read as bytes, milliseconds, words and yes', async () => {
    expect(
      await read([
        '--max-rss',
        '64MB',
        '--timeout=1m',
        '-qv',
        '--policy',
        'log',
        '--name',
        'n',
        '--max-fds=5',
      ]),
    ).toEqual({
      'max-rss': 64 * 1024 * 1024,
      timeout: 60_000,
      quiet: true,
      verbose: true,
      policy: 'log',
      name: 'n',
      'max-fds': 5,
    });
  });

  it('may have values with a dash, an equals sign or nothing but text in them', async () => {
    expect(await read(['--name=-x', '--report', 'a=b'])).toEqual({name: '-x', report: 'a=b'});
  });

  it.each([
    [['--max-rss', '5XB'], '--max-rss: "5XB" is not a size; examples: 512K, 256MB, 1.5GiB'],
    [['--max-rss='], '--max-rss: "" is not a size'],
    [['--max-rss', '-5MB'], '--max-rss: "-5MB" is not a size'],
    [['--timeout', '5'], '--timeout: "5" is a duration without a unit'],
    [['--max-processes', '1.5'], '--max-processes: "1.5" is not a whole number'],
    [['--policy', 'constructor'], '--policy: "constructor" is none of'],
    [['--name', ''], '--name: "" is empty'],
  ])('%j are refused by name', async (words, message) => {
    await expect(read(words)).rejects.toThrow(message);
  });

  it('that are no settings are left to others', () => {
    expect(settingsFromFlags({json: true, 'max-rss': undefined})).toEqual({});
  });
});
