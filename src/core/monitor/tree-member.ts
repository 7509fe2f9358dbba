/** One process of a tree at one instant, with what it did lately. What the system did not tell is absent. */
export interface TreeMember {
  readonly pid: number;
  readonly parentPid: number;
  /** The short name the system keeps (Linux: at most 15 bytes). Text from outside. */
  readonly name: string;
  /** The words of its command line, together at most 4 KiB. Text from outside; may hold secrets. */
  readonly args?: readonly string[];
  readonly rssBytes?: number;
  /** Only where the proportional set size was read. */
  readonly pssBytes?: number;
  /** Of the process itself, without children it has waited for. */
  readonly cpuTimeMs: number;
  /** Over the last seconds; 100 is one core. Absent when it was not seen long enough. */
  readonly cpuPercent?: number;
  /** Growth of its RSS over the last seconds; negative when it shrank. Absent when it was not seen long enough. */
  readonly growthBytesPerSecond?: number;
}
