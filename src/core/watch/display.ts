import type {RunEvent} from '../record/run-event.js';
import type {RunView} from '../record/run-view.js';
import type {Fate} from '../store/run-store.js';

/** What can be seen of a target at this moment. */
export interface Picture {
  readonly view: RunView;
  readonly fate: Fate;
  /** Since its start, or since watching began. */
  readonly elapsedMs: number;
}

/** A run or a process that is looked at. */
export interface Target {
  /** `run 3f2a...`, `process 123`. */
  readonly title: string;
  /** Undefined before the first look. */
  picture(): Picture | undefined;
  /** Begins the graceful stop. @returns what is to be said about it */
  stop(): string;
}

/** Why nobody looks on any more. */
export type Leaving =
  | {readonly kind: 'target_ended'}
  | {readonly kind: 'quit'}
  | {readonly kind: 'signal'; readonly signal: NodeJS.Signals}
  /** A bug in limitrun. */
  | {readonly kind: 'fault'; readonly error: unknown};

/** Shows a target: on a screen, or in lines. */
export interface Display {
  /** @param leave called when a key asks to leave */
  open(leave: (how: Leaving) => void): void;
  /** There is something new. */
  refresh(): void;
  /** Something has happened that is told in words. */
  tell(event: RunEvent): void;
  /** The terminal as it was, at once. */
  restore(): void;
  /** The same for good. */
  close(): Promise<void>;
}
