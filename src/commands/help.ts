import {HelpBase} from '@oclif/core/help';

import {doctorHelp} from './doctor-help.js';
import {helpText} from './help-text.js';
import {writeStandardOutput} from './standard-output.js';
import {statusHelp} from './status-help.js';
import {watchHelp} from './watch-help.js';

/** By subcommand; the others are told by the main page. */
const PAGES: ReadonlyMap<string, () => string> = new Map([
  ['watch', watchHelp],
  ['status', statusHelp],
  ['doctor', doctorHelp],
]);

/** Prints limitrun's help in place of oclif's, which knows neither policies nor exit codes. */
export default class LimitrunHelp extends HelpBase {
  /** @param topics a subcommand with a page of its own, or nothing */
  override showHelp([topic]: string[] = []): Promise<void> {
    return writeStandardOutput((PAGES.get(topic ?? '') ?? helpText)());
  }

  override showCommandHelp(): Promise<void> {
    return this.showHelp();
  }
}
