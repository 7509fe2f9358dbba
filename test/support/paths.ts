import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The program as it is installed; from separate modules with LIMITRUN_TEST_PROGRAM=bin/run.js. */
export const PROGRAM = fileURLToPath(
  new URL(`../../${process.env['LIMITRUN_TEST_PROGRAM'] ?? 'bin/start.cjs'}`, import.meta.url),
);
/** What npm installs as `limitrun`: notes what Node would change, then starts the program. */
export const LAUNCHER = fileURLToPath(new URL('../../bin/limitrun', import.meta.url));
export const LEAK = fileURLToPath(new URL('../fixtures/leak.cjs', import.meta.url));
