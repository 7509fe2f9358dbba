/** The names of the fields of run events are few. */
const known = new Map<string, string>();

/** `peakRssBytes` -> `peak_rss_bytes`, for field names; two names never become one. */
export function snakeCase(name: string): string {
  let snake = known.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    known.set(name, snake);
  }
  return snake;
}
