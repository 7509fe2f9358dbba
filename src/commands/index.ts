import {Run} from './run.js';

/** The commands oclif knows, by id. */
export const COMMANDS = {run: Run};
