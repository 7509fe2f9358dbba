import {EVENT_VERSION} from './event-json.js';
import {eventShape} from './event-shape.js';
import type {RunEvent} from './run-event.js';

/**
 * The event in a line; undefined when there is none: a line that is broken, cut, not of this version, or of an unknown
 * kind. Never throws, whatever the line holds; text in the event is text from outside.
 */
export function eventFromJson(line: string): RunEvent | undefined {
  try {
    const json: unknown = JSON.parse(line);
    if (typeof json !== 'object' || json === null || !('v' in json) || json.v !== EVENT_VERSION)
      return undefined;
    return eventShape(json);
  } catch {
    return undefined;
  }
}

/** Whether a line was written by a limitrun whose format is newer than this one's. */
export function isFromNewerVersion(line: string): boolean {
  const version = /^\{"v":([0-9]{1,9})[,}]/.exec(line)?.[1];
  return version !== undefined && Number(version) > EVENT_VERSION;
}
