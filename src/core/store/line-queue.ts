/**
 * Hands lines to one asynchronous writer, one write at a time: those that come meanwhile are joined into the next one.
 * After the first failure everything is dropped.
 */
export class LineQueue {
  #waiting: string[] = [];
  #waitingBytes = 0;
  #failed = false;
  #running: Promise<void> | undefined;

  /**
   * @param write writes all of a text
   * @param onFailed called once, with what `write` threw
   * @param ready what is waited for before a write: what comes meanwhile is in it. @throws as `write`
   */
  constructor(
    private readonly write: (text: string) => Promise<void>,
    private readonly onFailed: (error: unknown) => void,
    private readonly ready: () => Promise<void> = () => Promise.resolve(),
  ) {}

  get failed(): boolean {
    return this.#failed;
  }

  /** How much has been given to {@link add} and not yet to `write`. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** @param line without its line break */
  add(line: string): void {
    this.hold(line);
    this.#begin();
  }

  /** As {@link add}, but the line may wait until another one is added. */
  hold(line: string): void {
    if (this.#failed) return;
    this.#waiting.push(line);
    this.#waitingBytes += Buffer.byteLength(line) + 1;
  }

  /** Drops what waits and everything to come. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#forget();
    this.onFailed(error);
  }

  /** When everything has been written or dropped. */
  async settled(): Promise<void> {
    this.#begin();
    await this.#running;
  }

  #begin(): void {
    if (this.#waiting.length > 0) this.#running ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    try {
      // What is added in the same turn goes into one write.
      await this.ready();
      while (this.#waiting.length > 0) {
        const text = `${this.#waiting.join('\n')}\n`;
        this.#forget();
        await this.write(text);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running = undefined;
    }
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
