import {boolean} from '@oclif/core/flags';

import {doctorWords} from '../core/plan/doctor-words.js';
import {BaseCommand} from './base.js';
import {writeStandardOutput} from './standard-output.js';

/** `limitrun doctor [--json]`: what this machine offers. */
export class Doctor extends BaseCommand {
  static override readonly id = 'doctor';
  static override readonly description = 'Show what this machine offers, and what would improve it.';
  static override readonly flags = {json: boolean({description: 'as JSON'})};

  /** @returns the exit code: 0 whatever is found */
  async run(): Promise<number> {
    const {flags} = await this.parse(Doctor, [...doctorWords(this.argv)]);
    const {doctorText} = await import('../core/show-doctor.js');
    const {stdout, env} = process;
    const screen = {
      environment: env,
      isTerminal: stdout.isTTY,
      columns: stdout.isTTY ? stdout.columns : undefined,
    };
    await writeStandardOutput(await doctorText(flags.json, screen));
    return 0;
  }
}
