/**
 * A list of bounded length: the first `each` items and the last `each` items; what lies between is only counted. A run
 * may go on for weeks while usage swings around a limit, and the memory of limitrun must not grow with it.
 */
export class FirstAndLast<T> {
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  #omitted = 0;

  /** @param each how many items are kept at either end */
  constructor(private readonly each: number) {}

  /** Items that are no longer kept. */
  get omitted(): number {
    return this.#omitted;
  }

  add(item: T): void {
    if (this.#first.length < this.each) {
      this.#first.push(item);
      return;
    }
    this.#last.push(item);
    if (this.#last.length > this.each) {
      this.#last.shift();
      this.#omitted += 1;
    }
  }

  /** The newest item that fits, or undefined. */
  findLast(fits: (item: T) => boolean): T | undefined {
    return this.#last.findLast(fits) ?? this.#first.findLast(fits);
  }

  /** The items kept, oldest first, each through `convert`. */
  map<U>(convert: (item: T) => U): U[] {
    return [...this.#first, ...this.#last].map(convert);
  }
}
