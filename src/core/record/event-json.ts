import {escaped, rounded} from '../report/json-text.js';
import type {RunEvent} from './run-event.js';
import {snakeCase} from './snake-case.js';

/** The version of the format; raised when a field changes its meaning or goes, and for a new kind of event. */
export const EVENT_VERSION = 1;

/**
 * A run event as one line of JSON (no line break at its end), as described by schemas/event.v1.schema.json: the fields
 * of {@link RunEvent}, names in snake_case, numbers to a thousandth. Characters that a terminal could obey are escaped,
 * so that `cat events.jsonl` is harmless.
 */
export function eventToJson(event: RunEvent): string {
  return escaped(JSON.stringify({v: EVENT_VERSION, ...(plain(event) as object)}));
}

/** A copy with other names and rounded numbers. What JSON cannot hold (NaN, Infinity) is left out. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? rounded(value) : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain).filter((item) => item !== undefined);
  const copy: Record<string, unknown> = {};
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(fields)) copy[snakeCase(name)] = plain(fields[name]);
  return copy;
}
