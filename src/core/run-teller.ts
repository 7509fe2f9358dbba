import {systemClock} from './clock.js';
import type {ViolationHandlingMode} from './limits/resource-policy.js';
import {LineWriter} from './line-writer.js';
import type {RunPlan} from './plan/run-plan.js';
import type {TerminationReason} from './process/tree-terminator.js';
import type {Happening, RunEvent} from './record/run-event.js';
import {RunFolder} from './record/fold-run.js';
import type {RunRecord} from './record/run-record.js';
import {RunViewFolder, type RunView} from './record/run-view.js';
import {eventLine} from './report/event-line.js';
import {STANDARD_ERROR_PAINT} from './standard-error-paint.js';

/** Takes every event of a run, in order: a record, a file. */
export interface EventSink {
  /** Neither throws nor waits. */
  add(event: RunEvent): void;
  /** When everything has been written or given up. @returns what went wrong and has not been said, in one line */
  close(): Promise<string | undefined>;
}

/** Something that says lines; a table beside them holds them back while it is up. */
export interface LineSink {
  line(text: string): void;
}

/** What happens in every run until its command runs: only `--verbose` has lines of it, and has what makes lines loaded. */
const BEGINNING: ReadonlySet<RunEvent['kind']> = new Set<RunEvent['kind']>([
  'run_started',
  'attempt_started',
  'state_changed',
]);

/** What the lines of a run depend on. */
type Telling = Pick<RunPlan, 'output' | 'monitoring'> & {readonly handling: ViolationHandlingMode};

/**
 * Tells the world what happens in a run: gives each event its time, folds it, says its line on standard error, and hands
 * it to whoever else wants it. Sinks may join late (what the command does not need is loaded while it runs) and get
 * everything from the beginning.
 */
export class RunTeller {
  readonly #telling: Telling;
  readonly #writer = new LineWriter(2);
  /** Of what has been until the command runs; see {@link RunTeller.#folded}. */
  #folder: RunFolder | undefined;
  /** For those who look on; undefined as long as nobody does. */
  #viewFolder: RunViewFolder | undefined;
  readonly #sinks: EventSink[] = [];
  /** For those who join later; undefined when nobody will. */
  #early: RunEvent[] | undefined = [];
  #lines: LineSink = this.#writer;

  constructor(telling: Telling) {
    this.#telling = telling;
  }

  tell(happening: Happening): void {
    const event: RunEvent = {...happening, atMs: systemClock.nowMs(), timestampMs: systemClock.timestampMs()};
    this.#early?.push(event);
    // Before it is folded: at the end of an attempt the record wants to know what the attempt came to.
    for (const sink of this.#sinks) sink.add(event);
    if (this.#folder !== undefined) this.#folder.add(event);
    // Loaded once the command runs.
    else if (event.kind === 'attempt_started') this.#folded();
    this.#viewFolder?.add(event);
    const {output, monitoring, handling} = this.#telling;
    if (BEGINNING.has(event.kind) && !output.verbose) return;
    const alert = event.kind === 'violation_begun' || event.kind === 'violation_ended';
    if (output.quiet || (alert && !monitoring.alertingEnabled)) return;
    const line = eventLine(event, STANDARD_ERROR_PAINT, {verbose: output.verbose, handling});
    if (line !== undefined) this.#lines.line(line);
  }

  action(text: string, {actor, violation, background}: TerminationReason): void {
    const what = background === true ? `${text} left in the background` : text;
    this.tell({kind: 'action_taken', actor, text: what, ...(violation === undefined ? {} : {violation})});
  }

  notice(level: 'info' | 'warning', text: string): void {
    this.tell({kind: 'notice', level, text});
  }

  /** Says something that is no event, past every table. */
  say(text: string): void {
    this.#writer.line(text);
  }

  /** From now on the sink gets every event, and at once those that have been. */
  join(sink: EventSink): void {
    for (const event of this.#early ?? []) sink.add(event);
    this.#sinks.push(sink);
  }

  /** Everybody has joined. */
  complete(): void {
    this.#folded();
    this.#early = undefined;
  }

  /** Lines are said by another from now on; undefined: directly again. */
  sayThrough(lines: LineSink | undefined): void {
    this.#lines = lines ?? this.#writer;
  }

  record(): RunRecord {
    return this.#folded().record();
  }

  /**
   * The run as it is whenever the function is called. To be asked for before {@link complete}: what is shown while the
   * run goes on is folded only if somebody looks on.
   */
  looker(): () => RunView {
    const folder = (this.#viewFolder ??= withEvents(new RunViewFolder(), this.#early ?? []));
    return () => folder.view();
  }

  /** See {@link RunFolder.checkpoint}. */
  checkpoint(): ReturnType<RunFolder['checkpoint']> {
    return this.#folded().checkpoint();
  }

  #folded(): RunFolder {
    return (this.#folder ??= withEvents(new RunFolder(), this.#early ?? []));
  }

  /** @returns what went wrong and has not been said, one line each */
  async closeSinks(): Promise<string[]> {
    const faults = await Promise.all(this.#sinks.map((sink) => sink.close()));
    return faults.filter((fault) => fault !== undefined);
  }

  /** When every line has been written or dropped. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }
}

function withEvents<F extends {add: (event: RunEvent) => void}>(folder: F, events: readonly RunEvent[]): F {
  for (const event of events) folder.add(event);
  return folder;
}
