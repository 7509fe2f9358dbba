/** Writes text to standard error. Nowhere to say it is no reason to crash. */
export function writeStandardError(text: string): void {
  process.stderr.on('error', () => undefined);
  process.stderr.write(text);
}
