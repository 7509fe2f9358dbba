import {UsageError} from '../core/plan/usage-error.js';

/**
 * Writes text to standard output and waits until it is gone. A reader that has seen enough
 * (`limitrun --help | head -1`) is no error.
 * @throws UsageError when it cannot be written, as on a full disk
 */
export function writeStandardOutput(text: string): Promise<void> {
  // oclif's listener throws what it is told, outside of every promise.
  process.stdout.removeAllListeners('error');
  return new Promise((resolve, reject) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve();
      else reject(new UsageError(`standard output cannot be written (${error.code ?? error.message})`));
    });
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
    });
  });
}
