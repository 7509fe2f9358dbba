import {expect, test} from 'vitest';
import {supportsRegion, unicodeTerminal} from '../../../src/core/terminal/terminal-environment.js';

test.each([
  [{}, false],
  [{TERM: ''}, false],
  [{TERM: 'dumb'}, false],
  [{TERM: 'unknown'}, false],
  [{TERM: 'xterm-256color'}, true],
  [{TERM: 'screen'}, true],
  [{TERM: 'linux'}, true],
])('a region with %j: %s', (env, supported) => {
  expect(supportsRegion(env)).toBe(supported);
});

test.each([
  [{}, false],
  [{LANG: 'C'}, false],
  [{LANG: 'C.UTF-8'}, true],
  [{LANG: 'de_DE.utf8'}, true],
  [{LANG: 'de_DE.UTF-8@euro'}, true],
  [{LANG: 'de_DE.ISO-8859-1'}, false],
  [{LANG: 'C.UTF-8', LC_CTYPE: 'C'}, false],
  [{LANG: 'C', LC_CTYPE: 'en_GB.UTF-8'}, true],
  [{LANG: 'C', LC_CTYPE: 'C', LC_ALL: 'C.UTF-8'}, true],
  [{LANG: 'C.UTF-8', LC_CTYPE: 'C.UTF-8', LC_ALL: 'POSIX'}, false],
  [{LANG: 'C.UTF-8', LC_ALL: '', LC_CTYPE: ''}, true],
  [{LANG: 'C.UTF-8', TERM: 'linux'}, false],
])('UTF-8 with %j: %s', (env, unicode) => {
  expect(unicodeTerminal(env)).toBe(unicode);
});
