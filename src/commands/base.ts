import {Command} from '@oclif/core/command';

/** What every command of limitrun shares: its words are cut by `route` before oclif sees them, and its errors rise. */
export abstract class BaseCommand extends Command {
  static override readonly strict = true;

  /** What oclif's own `Command.run` does, without looking for a package to load. @returns the exit code */
  execute(): Promise<number> {
    return this._run();
  }

  /** oclif would print and exit by itself; `main` is the one place that turns errors into a line and a code. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
