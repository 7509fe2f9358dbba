import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
export const LEAK = fileURLToPath(new URL('../fixtures/leak.cjs', import.meta.url));
