import {describe, expect, it} from 'vitest';

import {watchHelp} from '../../../src/commands/watch-help.js';
import {findSetting} from '../../../src/core/plan/setting-lookup.js';

describe('the help of watch', () => {
  it('is plain text of at most 80 columns', () => {
    for (const line of watchHelp().split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toMatch(/^[ -~]*$/);
    }
  });

  it('names only flags that exist', () => {
    const flags = [...watchHelp().matchAll(/--([a-z][a-z-]+)/g)].map(([, flag]) => flag ?? '');
    expect(flags.length).toBeGreaterThan(10);
    for (const flag of flags) expect(flag === 'help' || findSetting(flag) !== undefined, flag).toBe(true);
  });
});
