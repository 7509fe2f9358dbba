import {Config} from '@oclif/core/config';
import {describe, expect, test} from 'vitest';
import {oclifConfig} from '../../../src/commands/oclif-config.js';
import {ROOT} from '../../support/paths.js';

describe('what oclif is told of the program', () => {
  test.each(['bin', 'name', 'version', 'userAgent'] as const)(
    'L-14 has the %s that oclif finds out by itself',
    async (key) => {
      const found = await Config.load({root: ROOT, userPlugins: false, devPlugins: false, jitPlugins: false});
      expect(oclifConfig()[key]).toBe(found[key]);
    },
  );

  test('L-14 has the same variables', async () => {
    const found = await Config.load({root: ROOT, userPlugins: false, devPlugins: false, jitPlugins: false});
    expect(oclifConfig().scopedEnvVarKeys('REDIRECTED')).toEqual(found.scopedEnvVarKeys('REDIRECTED'));
  });
});
