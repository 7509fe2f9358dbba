/**
 * Something the user can mend: a flag, a variable, a file. Shown as one line (plus an excerpt for files) without a
 * stack trace; exit code 125.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** @param excerpt lines shown below the message, such as the faulty line of a file with a caret under it */
  constructor(
    message: string,
    readonly excerpt?: string,
  ) {
    super(message);
  }
}
