import {describe, expect, it} from 'vitest';

import {errorText} from '../../../src/commands/error-text.js';
import {UsageError} from '../../../src/core/plan/usage-error.js';

describe('an error', () => {
  it('of use is one line', () => {
    expect(errorText(new UsageError('no command'), undefined)).toBe('limitrun: no command\n');
  });

  it('in a file is followed by the line and the caret', () => {
    expect(errorText(new UsageError('f:1:2: bad', 'ab\n ^'), '')).toBe('limitrun: f:1:2: bad\nab\n ^\n');
  });

  it('never sends to the terminal what somebody typed', () => {
    const error = new UsageError('unknown flag --\u001b[2J\u202e\nlimitrun: fine', '\u009b1m\n^');
    expect(errorText(error, undefined)).toBe(
      'limitrun: unknown flag --\\x1b[2J\\u202e\\nlimitrun: fine\n\\x9b1m\n^\n',
    );
  });

  it.each([
    [new Error('broken\nSee more help with --help'), 'limitrun: broken\n'],
    [new TypeError(''), 'limitrun: TypeError\n'],
    ['thrown text', 'limitrun: thrown text\n'],
  ])('of another kind is one line too: %s', (error, text) => {
    expect(errorText(error, undefined)).toBe(text);
  });

  it.each(['limitrun', 'oclif,limitrun', 'a limitrun:plan', '*'])(
    'shows its stack with DEBUG=%s',
    (debug) => {
      expect(errorText(new UsageError('x'), debug)).toMatch(/^limitrun: x\n.*\n {4}at /);
    },
  );

  it.each([undefined, '', 'oclif', 'notlimitrun'])('shows no stack with DEBUG=%s', (debug) => {
    expect(errorText(new UsageError('x'), debug)).toBe('limitrun: x\n');
  });
});
