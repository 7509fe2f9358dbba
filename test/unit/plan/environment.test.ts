import {describe, expect, it} from 'vitest';

import {settingsFromEnvironment} from '../../../src/core/plan/environment.js';

describe('variables', () => {
  it('say what flags say', () => {
    expect(
      settingsFromEnvironment({
        LIMITRUN_MAX_RSS: '64MB',
        LIMITRUN_QUIET: 'yes',
        LIMITRUN_STRICT: '0',
        LIMITRUN_POLICY: 'log',
        PATH: '/bin',
      }),
    ).toEqual({'max-rss': 64 * 1024 * 1024, quiet: true, strict: false, policy: 'log'});
  });

  it('count as unset when they are empty', () => {
    expect(
      settingsFromEnvironment({LIMITRUN_MAX_RSS: '', LIMITRUN_MAX_RS: '', LIMITRUN_TIMEOUT: undefined}),
    ).toEqual({});
  });

  it.each([
    [{LIMITRUN_MAX_RSS: '5XB'}, 'LIMITRUN_MAX_RSS: "5XB" is not a size; examples: 512K, 256MB, 1.5GiB'],
    [{LIMITRUN_STRICT: 'maybe'}, 'LIMITRUN_STRICT: "maybe" is none of 1, 0, true, false, yes, no'],
    [
      {LIMITRUN_MAX_RS: '5MB'},
      'unknown environment variable LIMITRUN_MAX_RS; did you mean LIMITRUN_MAX_RSS?',
    ],
    [
      {LIMITRUN_TIEMOUT: '5s'},
      'unknown environment variable LIMITRUN_TIEMOUT; did you mean LIMITRUN_TIMEOUT?',
    ],
  ])('%j is refused by name', (environment, message) => {
    expect(() => settingsFromEnvironment(environment)).toThrow(message);
  });

  it('of others are left alone', () => {
    expect(
      settingsFromEnvironment({
        LIMITRUN_RUN_ID: 'x',
        LIMITRUN_FAVOURITE_COLOUR: 'red',
        LIMITRUN_: 'x',
        limitrun_policy: 'x',
      }),
    ).toEqual({});
  });
});
