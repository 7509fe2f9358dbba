import {formatDuration} from '../plan/units.js';
import type {StoredRun} from '../store/run-store.js';

const MS_PER_DAY = 86_400_000;

/**
 * How long a run has gone on, milliseconds: until now, until its end, or, if it is lost, until it was last heard of.
 * Only differences within one process are monotonic, so one that goes on is timed by the wall clock.
 */
export function elapsedMs({view, fate}: StoredRun, nowTimestampMs: number): number {
  const {record} = view;
  switch (fate) {
    case 'running':
      return Math.max(0, nowTimestampMs - record.startedTimestampMs);
    case 'ended':
    case 'lost':
      return (record.endedAtMs ?? view.atMs) - record.startedAtMs;
  }
}

/** A duration where room is dear: `850ms`, `12.3s`, `1m05s`, `1h30m`, `3d`. */
export function shortDuration(ms: number): string {
  if (ms >= 2 * MS_PER_DAY) return `${String(Math.floor(ms / MS_PER_DAY))}d`;
  return formatDuration(ms).replaceAll(' ', '');
}

/** A moment for people, in UTC: `2026-03-01 12:00:00 UTC`. @param timestampMs since the epoch */
export function utcTime(timestampMs: number): string {
  return `${new Date(timestampMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
