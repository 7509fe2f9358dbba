import type {Clock} from '../clock.js';
import type {RecordPlan} from '../plan/run-plan.js';
import {recordable} from '../record/recordable.js';
import type {Happening, RunEvent} from '../record/run-event.js';
import {waitFor} from '../later.js';
import {systemErrorText} from '../system-error.js';
import {LiveFile} from './live-file.js';
import {LiveLines} from './live-lines.js';
import {LogEnding} from './log-ending.js';
import {LogFile} from './log-file.js';
import {LogLines} from './log-lines.js';
import {prune, pruneNowAndThen} from './prune.js';
import type {StatePlaces} from './state-places.js';

/** What a recorder is given. */
export interface RecorderOptions {
  readonly places: StatePlaces;
  /** Unique: it names the files. */
  readonly runId: string;
  readonly plan: RecordPlan;
  /** What the run came to so far (RunFolder.checkpoint), for what is left out of the record. */
  readonly checkpoint: () => Extract<Happening, {kind: 'checkpoint'}>;
  /** Who is in the tree now; undefined when that is not known or nobody is. Redacted, if events are. */
  readonly tree: () => Extract<Happening, {kind: 'tree_sampled'}> | undefined;
  readonly clock: Clock;
  /** Called at most once, with one line for the user. */
  readonly onFault: (text: string) => void;
}

/** Samples are told in the live file this far apart at least, and who is in the tree. */
const SAMPLES_MS = 900;
const TREE_MS = 1500;
/** How often it is written when there are no samples: for what else is new, or as a sign of life. */
const IDLE_MS = 3000;
/** After growing so often the live file is made anew, so that it stays small. */
const MOST_GROWTHS = 30;
/** Samples are in the live file for a minute. For so long they may be missing in the log. */
const LOG_MS = 10_000;
/** Between two checkpoints in the log: this long, and this share of the run so far. */
const CHECKPOINT_GAP = {leastMs: 10_000, share: 1 / 100};
/** What `status` must show at once, and not only a second later; the first sample of an attempt too. */
const SEEN_AT_ONCE: ReadonlySet<RunEvent['kind']> = new Set<RunEvent['kind']>([
  'attempt_started',
  'state_changed',
  'violation_begun',
  'attempt_ended',
]);
/** A file system that hangs must not keep the run from ending. */
const CLOSE_MS = 1000;
/** One that is slow is not waited for before the run has been told of. */
const PREPARE_MS = 10;

/**
 * Keeps the record of a run: its log, which stays, and its live file, which goes with it. Nothing here throws, blocks
 * or waits where the run would notice; when files cannot be written, that is said once and the run goes on.
 */
export class RunRecorder {
  readonly #options: RecorderOptions;
  readonly #log: LogFile;
  readonly #logLines = new LogLines();
  readonly #ending = new LogEnding();
  readonly #live: LiveFile;
  readonly #liveLines = new LiveLines();
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #startedAtMs: number | undefined;
  #checkpointAtMs = 0;
  #loggedAtMs = 0;
  #liveAtMs = 0;
  #treeAtMs = 0;
  #growths = 0;
  #soon = false;
  #sampled = false;
  /** The latest one that is not in the log. */
  #tree: RunEvent | undefined;
  /** Of a run that is over: it has no other time for it. */
  #pruning: Promise<void> | undefined;
  #faultTold = false;
  #closed = false;
  #ended = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const {places, runId} = options;
    const onFault = (text: string): void => {
      this.#fault(text);
    };
    this.#log = new LogFile(places, runId, onFault);
    this.#live = new LiveFile(places, runId, onFault);
  }

  /** To be called once, while there are no events yet. @returns when it need not be waited for, see {@link LogFile.prepare} */
  async prepare(): Promise<void> {
    await waitFor(this.#log.prepare(), PREPARE_MS);
  }

  /**
   * From now on events are added.
   * @param over the run is over already: it is never shown as one that goes on, and does not look at every other record
   */
  begin(over: boolean): void {
    this.#over = over;
    if (over) return;
    this.#timer = setInterval(() => {
      if (this.#startedAtMs !== undefined && this.#isDue(this.#options.clock.nowMs(), IDLE_MS))
        this.#writeLiveSoon();
    }, IDLE_MS);
    this.#timer.unref();
  }

  /**
   * Takes the next event. To be called before the event reaches the folder that `checkpoint` asks, so that the
   * checkpoint at the end of an attempt still tells of that attempt.
   */
  add(event: RunEvent): void {
    if (this.#closed) return;
    try {
      if (event.kind === 'run_ended') this.#ended = true;
      this.#checkpointBefore(event);
      this.#take(recordable(event));
      if (event.kind === 'run_started') this.#prune();
      if (this.#isToBeSeen(event)) this.#writeLiveSoon();
    } catch (error) {
      this.#fault(`the record of this run is not whole: ${systemErrorText(error)}`);
    }
  }

  /**
   * Writes what is left and takes the live file away; only when the end cannot be written to the log it stays, with the
   * end in it. Waits a second at most.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== undefined) clearInterval(this.#timer);
    await waitFor(this.#finish(), CLOSE_MS);
  }

  async #finish(): Promise<void> {
    try {
      await this.#log.settled();
      if (this.#log.full) await this.#writeEnding();
      await this.#log.close();
      if (this.#log.failed) await this.#live.write(this.#liveText());
      else await this.#live.remove();
      await this.#pruning;
    } catch {
      // The first fault has been told.
    }
  }

  /** The live file may be what takes the room that the end needs. */
  async #writeEnding(): Promise<void> {
    await this.#live.remove();
    try {
      await this.#log.writeEnding(this.#ending.lines(this.#log.empty));
    } catch {
      // The live file is written again, if there is room for that.
    }
  }

  #take(event: RunEvent): void {
    this.#startedAtMs ??= event.atMs;
    this.#ending.add(event);
    const lines = this.#logLines.take(event);
    const held = event.kind === 'usage_sampled' && event.atMs - this.#loggedAtMs < LOG_MS;
    if (!held) this.#loggedAtMs = event.atMs;
    for (const line of lines) {
      if (held) this.#log.hold(line);
      else this.#log.add(line);
    }
    this.#liveLines.add(event, lines.at(-1));
  }

  /** The checkpoint and the tree at the end of the last attempt, and of the run, are kept in any case. */
  #checkpointBefore(event: RunEvent): void {
    const last =
      event.kind === 'run_ended' || (event.kind === 'attempt_ended' && event.nextInMs === undefined);
    if (!last && event.kind !== 'attempt_ended' && !this.#checkpointDue(event)) return;
    this.#checkpointAtMs = event.atMs;
    const lines = this.#logLines;
    const {checkpoint, tree} = this.#now(event);
    const latest = last ? this.#tree : tree;
    if (latest !== undefined) {
      const kept = last ? lines.takeLast(latest) : lines.take(latest);
      for (const line of kept) this.#log.add(line);
      if (kept.length > 0) this.#tree = undefined;
    }
    this.#ending.add(checkpoint);
    for (const line of last ? lines.takeLast(checkpoint) : lines.take(checkpoint)) this.#log.add(line);
  }

  #checkpointDue({kind, atMs}: RunEvent): boolean {
    if (kind !== 'usage_sampled' || this.#startedAtMs === undefined) return false;
    const elapsedMs = atMs - this.#startedAtMs;
    const {leastMs, share} = CHECKPOINT_GAP;
    return atMs - Math.max(this.#checkpointAtMs, this.#startedAtMs) >= Math.max(leastMs, elapsedMs * share);
  }

  /** How it stands, with these times. A tree that has gone by the end is told as it was seen last. */
  #now({atMs, timestampMs}: Pick<RunEvent, 'atMs' | 'timestampMs'>): {checkpoint: RunEvent; tree?: RunEvent} {
    const checkpoint = recordable({...this.#options.checkpoint(), atMs, timestampMs});
    const tree = this.#treeNow({atMs, timestampMs});
    return tree === undefined ? {checkpoint} : {checkpoint, tree};
  }

  #treeNow(now: Pick<RunEvent, 'atMs' | 'timestampMs'>): RunEvent | undefined {
    const seen = this.#options.tree();
    if (seen === undefined) return undefined;
    this.#treeAtMs = now.atMs;
    this.#tree = recordable({...seen, ...now});
    return this.#tree;
  }

  #isToBeSeen({kind, atMs}: RunEvent): boolean {
    if (kind === 'attempt_started') this.#sampled = false;
    if (kind !== 'usage_sampled') return SEEN_AT_ONCE.has(kind);
    const isFirst = !this.#sampled;
    this.#sampled = true;
    return isFirst || this.#isDue(atMs, SAMPLES_MS);
  }

  #isDue(nowMs: number, gapMs: number): boolean {
    return nowMs - this.#liveAtMs >= gapMs;
  }

  /**
   * Once everybody has the event, and once more right after a write that goes on: a file system that is slow gets the next
   * state, not a queue of them.
   */
  #writeLiveSoon(): void {
    if (this.#soon || this.#over) return;
    this.#soon = true;
    void this.#live.idle().then(() => {
      this.#soon = false;
      // What has ended is in the log.
      if (!this.#closed && !this.#ended) this.#writeLive();
    });
  }

  #writeLive(): void {
    try {
      this.#liveAtMs = this.#options.clock.nowMs();
      if (this.#live.grows && this.#liveLines.growing && this.#growths < MOST_GROWTHS) {
        this.#growths += 1;
        void this.#live.append(this.#liveLines.more(this.#grown()));
        return;
      }
      this.#growths = 0;
      void this.#live.write(this.#liveText());
    } catch (error) {
      this.#fault(`status shows this run late: ${systemErrorText(error)}`);
    }
  }

  /** Beside a sample: how it stands, if that does not follow from the samples, and now and then who is in the tree. */
  #grown(): readonly RunEvent[] {
    const {clock, checkpoint} = this.#options;
    const now = {atMs: clock.nowMs(), timestampMs: clock.timestampMs()};
    const checkpoints = this.#liveLines.skipped ? [recordable({...checkpoint(), ...now})] : [];
    if (now.atMs - this.#treeAtMs < TREE_MS) return checkpoints;
    const tree = this.#treeNow(now);
    return tree === undefined ? checkpoints : [...checkpoints, tree];
  }

  #liveText(): string {
    const {clock} = this.#options;
    const {checkpoint, tree} = this.#now({atMs: clock.nowMs(), timestampMs: clock.timestampMs()});
    return this.#liveLines.text(tree === undefined ? [checkpoint] : [checkpoint, tree]);
  }

  #prune(): void {
    const {places, plan, runId} = this.#options;
    if (this.#over) this.#pruning = pruneNowAndThen(places, plan, runId);
    else void prune(places, plan, runId);
  }

  #fault(text: string): void {
    if (this.#faultTold) return;
    this.#faultTold = true;
    this.#options.onFault(text);
  }
}
