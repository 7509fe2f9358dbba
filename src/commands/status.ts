import {boolean} from '@oclif/core/flags';

import {statusWords} from '../core/plan/status-words.js';
import {BaseCommand} from './base.js';
import {writeStandardError} from './standard-error.js';
import {writeStandardOutput} from './standard-output.js';

/** `limitrun status [RUN] [--all] [--json]`: what runs now and what ran. */
export class Status extends BaseCommand {
  static override readonly id = 'status';
  static override readonly description = 'Show what runs now and what ran.';
  static override readonly flags = {
    all: boolean({char: 'a', description: 'also runs that have ended'}),
    json: boolean({description: 'as JSON'}),
  };

  /** @returns the exit code: 0 also when nothing runs */
  async run(): Promise<number> {
    const {own, run} = statusWords(this.argv);
    const {flags} = await this.parse(Status, [...own]);
    const {statusText} = await import('../core/show-status.js');
    const {stdout, env} = process;
    const {output, warnings} = await statusText(
      {all: flags.all, json: flags.json, ...(run !== undefined && {run})},
      {
        environment: env,
        isTerminal: stdout.isTTY,
        columns: stdout.isTTY ? stdout.columns : undefined,
        nowTimestampMs: Date.now(),
      },
    );
    if (warnings !== '') writeStandardError(warnings);
    await writeStandardOutput(output);
    return 0;
  }
}
