import {HelpBase} from '@oclif/core/help';

import {helpText} from './help-text.js';

/** Prints limitrun's help in place of oclif's, which knows neither policies nor exit codes. */
export default class LimitrunHelp extends HelpBase {
  override showHelp(): Promise<void> {
    // A reader that has seen enough (`limitrun --help | head -1`) is no error.
    process.stdout.on('error', () => undefined);
    process.stdout.write(helpText());
    return Promise.resolve();
  }

  override showCommandHelp(): Promise<void> {
    return this.showHelp();
  }
}
