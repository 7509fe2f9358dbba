import {describe, expect, it} from 'vitest';

import {configFault} from '../../../src/core/plan/config-fault.js';

describe('a fault in a file', () => {
  it('is told with file, line and column, and shows the line with a caret', () => {
    const fault = configFault('w.yaml', 'a: 1\nbad: x\nc: 2\n', 10, 'no good');
    expect(fault.message).toBe('w.yaml:2:6: no good');
    expect(fault.excerpt).toBe('bad: x\n     ^');
  });

  it('on the first character is at 1:1', () => {
    expect(configFault('f', 'x', 0, 'm')).toMatchObject({message: 'f:1:1: m', excerpt: 'x\n^'});
  });

  it('in a file with CRLF shows no carriage return', () => {
    expect(configFault('f', 'a\r\nbc\r\nd', 4, 'm')).toMatchObject({message: 'f:2:2: m', excerpt: 'bc\n ^'});
  });

  it('beyond the end points behind the last word', () => {
    expect(configFault('f', 'a\nbc\n\n', 6, 'm')).toMatchObject({message: 'f:2:3: m', excerpt: 'bc\n  ^'});
  });

  it('at the start of a file that starts with an empty line shows no line', () => {
    expect(configFault('f', '\n#', 0, 'm')).toMatchObject({message: 'f:1:1: m', excerpt: undefined});
  });

  it('in an empty file shows no line', () => {
    const fault = configFault('f', '', 0, 'm');
    expect(fault.message).toBe('f:1:1: m');
    expect(fault.excerpt).toBeUndefined();
  });

  it.each([
    [0, /^x{70}\.\.\.$/, 0],
    [100, /^\.\.\.x{70}\.\.\.$/, 38],
    [199, /^\.\.\.x{70}$/, 72],
  ])('at column %d of a long line shows at most 76 columns around it', (offset, line, caret) => {
    const [shown = '', below = ''] = (configFault('f', 'x'.repeat(200), offset, 'm').excerpt ?? '').split(
      '\n',
    );
    expect(shown).toMatch(line);
    expect(below.indexOf('^')).toBe(caret);
  });

  it('shows control characters as question marks and tabs as spaces, so that the caret stays right', () => {
    expect(configFault('f', '\u001b[31m\tx\u202e', 6, 'm').excerpt).toBe('?[31m x?\n      ^');
  });
});
