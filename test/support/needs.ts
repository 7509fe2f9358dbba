import {beforeEach, inject} from 'vitest';
import {MISSING_WORDS, type Capability} from './capabilities.js';

/** Why tests with these needs cannot run here, or undefined. */
export function missing(...needed: readonly Capability[]): string | undefined {
  const present = inject('capabilities');
  const absent = needed.filter((name) => !present.includes(name));
  return absent.length === 0 ? undefined : absent.map((name) => MISSING_WORDS[name]).join(', ');
}

/** Skips, with the reason, the tests of this file or `describe` when the machine lacks something. */
export function needs(...needed: readonly Capability[]): void {
  beforeEach(({skip}) => {
    const reason = missing(...needed);
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
  });
}
