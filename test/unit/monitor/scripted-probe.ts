import type {
  Probe,
  ProcessIdentity,
  ReadRequest,
  TreeReading,
  UsageMetric,
} from '../../../src/core/monitor/probe.js';

/** A probe in memory: what each reading tells is decided by the test. */
export class ScriptedProbe implements Probe {
  readonly source = 'procfs';
  readonly measures: ReadonlySet<UsageMetric> = new Set<UsageMetric>(['rssBytes']);
  readonly requests: ReadRequest[] = [];
  closed = 0;
  rootAlive = true;
  /** Who is left of the tree, for whoever asks for its members. */
  left: () => readonly ProcessIdentity[] | Promise<readonly ProcessIdentity[]> = () => [];

  constructor(
    private readonly onRead: (request: ReadRequest, count: number) => TreeReading | Promise<TreeReading>,
    readonly rootPid = 4_000_000,
  ) {}

  read(request: ReadRequest): TreeReading | Promise<TreeReading> {
    this.requests.push(request);
    return this.onRead(request, this.requests.length);
  }

  members(): readonly ProcessIdentity[] | Promise<readonly ProcessIdentity[]> {
    return this.left();
  }

  known(): readonly ProcessIdentity[] {
    return [];
  }

  isAlive(): boolean {
    return false;
  }

  isRootAlive(): boolean {
    return this.rootAlive;
  }

  close(): void {
    this.closed += 1;
  }
}
