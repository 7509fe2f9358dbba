import {closeSync, openSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {parseModes, TerminalModes} from '../../../src/core/terminal/terminal-modes.js';

const GNU = `speed 38400 baud; rows 24; columns 80; line = 0;
intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;
-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts
isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt`;
const BSD = `speed 9600 baud; 25 rows; 132 columns;
lflags: -icanon isig iexten -echo echoe -echok echoke -echonl echoctl
cchars: discard = ^O; dsusp = ^Y; eof = ^D;`;

describe('parseModes', () => {
  test.each([
    ['GNU', GNU, {raw: false, size: {columns: 80, rows: 24}}],
    ['GNU, key by key', GNU.replace(' icanon', ' -icanon'), {raw: true, size: {columns: 80, rows: 24}}],
    ['BSD', BSD, {raw: true, size: {columns: 132, rows: 25}}],
    ['no size', 'isig icanon', {raw: false, size: undefined}],
    ['at the end of a line', 'isig -icanon\nopost', {raw: true, size: undefined}],
    ['nothing', '', undefined],
    ['an error', 'stty: standard input: Input/output error', undefined],
  ])('%s', (_, text, look) => {
    expect(parseModes(text)).toEqual(look);
  });
});

describe('a descriptor that is no terminal', () => {
  let descriptor: number;
  beforeEach(({skip}) => {
    skip(process.platform === 'win32', 'skipped: no stty');
    descriptor = openSync('/dev/null', 'r+');
  });
  afterEach(() => {
    closeSync(descriptor);
  });

  test('cannot be looked at, and asking again neither', async () => {
    const modes = new TerminalModes(descriptor);
    // What waits for the answer is not to end with the event loop.
    const awake = setInterval(() => undefined, 1000);
    expect(await modes.look()).toBeUndefined();
    expect(await Promise.all([modes.look(), modes.look()])).toEqual([undefined, undefined]);
    modes.close();
    expect(await modes.look()).toBeUndefined();
    clearInterval(awake);
  });

  test('a question that is open at the end is answered', async () => {
    const modes = new TerminalModes(descriptor);
    const look = modes.look();
    modes.close();
    expect(await look).toBeUndefined();
  });
});
