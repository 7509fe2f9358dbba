import {sep} from 'node:path';

/** A name in a directory. Node's `join` puts the whole path right again, which a short run would spend more time on. */
export function below(directory: string, name: string): string {
  return directory.endsWith('/') || directory.endsWith(sep)
    ? `${directory}${name}`
    : `${directory}${sep}${name}`;
}
