import {Doctor} from './doctor.js';
import {Run} from './run.js';
import {Status} from './status.js';
import {Watch} from './watch.js';

/** The commands oclif knows, by id. */
export const COMMANDS = {run: Run, watch: Watch, status: Status, doctor: Doctor};
