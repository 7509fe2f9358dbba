/** How large a terminal is, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal as a full-screen program needs it; tests hand in their own. */
export interface TerminalPort {
  size(): TerminalSize;
  /** Writes without making the program wait. Never rejects: a terminal that is gone shows nothing. */
  write(text: string): Promise<void>;
  /** Writes and waits, for the very end. */
  writeNow(text: string): void;
  /** Keys one by one, without echo and without signals; or the modes as they were. */
  setRaw(raw: boolean): void;
  /** @returns a function that stops listening, after which the program may end */
  listen(listeners: {readonly onInput: (text: string) => void; readonly onResize: () => void}): () => void;
}
