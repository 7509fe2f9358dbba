import {HelpBase} from '@oclif/core/help';

import {helpText} from './help-text.js';
import {writeStandardOutput} from './standard-output.js';

/** Prints limitrun's help in place of oclif's, which knows neither policies nor exit codes. */
export default class LimitrunHelp extends HelpBase {
  override showHelp(): Promise<void> {
    return writeStandardOutput(helpText());
  }

  override showCommandHelp(): Promise<void> {
    return this.showHelp();
  }
}
