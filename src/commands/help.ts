import {HelpBase} from '@oclif/core/help';

import {helpText} from './help-text.js';
import {writeStandardOutput} from './standard-output.js';
import {watchHelp} from './watch-help.js';

/** Prints limitrun's help in place of oclif's, which knows neither policies nor exit codes. */
export default class LimitrunHelp extends HelpBase {
  /** @param topics a subcommand with a page of its own, or nothing */
  override showHelp([topic]: string[] = []): Promise<void> {
    return writeStandardOutput(topic === 'watch' ? watchHelp() : helpText());
  }

  override showCommandHelp(): Promise<void> {
    return this.showHelp();
  }
}
