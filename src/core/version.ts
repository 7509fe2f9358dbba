import {readFileSync} from 'node:fs';

/** limitrun's version, as package.json tells it. */
export function limitrunVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as {version: string}).version;
}
