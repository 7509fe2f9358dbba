/**
 * Parsers of the texts under /proc/PID (proc(5), Documentation/filesystems/proc.rst). Pure.
 */

export interface ProcStat {
  readonly name: string;
  /** One letter: R S D Z T t X I. */
  readonly state: string;
  /** Has no program and no memory of its own. */
  readonly kernelThread: boolean;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** The foreground process group of its terminal; -1 without a terminal. */
  readonly terminalGroup: number;
  /** Page faults so far, without and with disk: a process that had none has not got a page more. */
  readonly faults: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly reapedUserTicks: number;
  readonly reapedSystemTicks: number;
  readonly threads: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
  /** Address of the bottom of the stack; the same in a process and its forks, another after exec. 0 if hidden. */
  readonly startStack: string;
}

/** include/linux/sched.h */
const PF_KTHREAD = 0x0020_0000;

/**
 * Parses /proc/PID/stat. The name may hold spaces, line breaks and `)`, so the fields begin after the *last* `)`.
 * @returns undefined when the text is cut or not a stat line
 */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  // Fields are numbered as in proc(5): the state, field 3, is at index 0 here.
  const fields = text.slice(close + 2).split(' ');
  const number = (field: number): number => Number(fields[field - 3]);
  const startTime = number(22);
  if (!Number.isFinite(startTime)) return undefined;
  return {
    name: text.slice(open + 1, close),
    state: fields[0] ?? '',
    kernelThread: (number(9) & PF_KTHREAD) !== 0,
    parentPid: number(4),
    group: number(5),
    session: number(6),
    terminalGroup: number(8),
    faults: number(10) + number(12),
    userTicks: number(14),
    systemTicks: number(15),
    reapedUserTicks: number(16),
    reapedSystemTicks: number(17),
    threads: number(20),
    startTime,
    startStack: fields[28 - 3] ?? '0',
  };
}

/** What a stat line tells at a glance. */
export interface StatGlance {
  /** Exited: a zombie (Z), or just being removed (X). */
  dead: boolean;
  /** As in {@link ProcStat}. */
  faults: number;
  /** User and system time, of children it has waited for too. */
  ticks: number;
  threads: number;
}

/**
 * Reads a stat line off its bytes: no string is made.
 * @param length how many of the bytes count
 * @returns whether it is a stat line; otherwise `into` is as it was
 */
export function glanceAtStat(bytes: Uint8Array, length: number, into: StatGlance): boolean {
  const SPACE = 32;
  const ZERO = 48;
  const state = bytes.lastIndexOf(CLOSING_BRACKET, length - 1) + 2;
  if (state < 4 || state >= length) return false;
  let field = 3;
  let value = 0;
  let faults = 0;
  let ticks = 0;
  for (let at = state; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== SPACE) {
      value = value * 10 + (byte - ZERO);
      continue;
    }
    if (field === 10 || field === 12) faults += value;
    else if (field >= 14 && field <= 17) ticks += value;
    if (field === 20) {
      into.dead = isDeadState(bytes[state] ?? 0);
      into.faults = faults;
      into.ticks = ticks;
      into.threads = value;
      return true;
    }
    field += 1;
    value = 0;
  }
  return false;
}

/**
 * The parent's pid, read off the bytes of a stat line, or of its beginning.
 * @param length how many of the bytes count
 * @returns undefined when the process is dead, or it is no stat line
 */
export function parentInStat(bytes: Uint8Array, length: number): number | undefined {
  const state = bytes.lastIndexOf(CLOSING_BRACKET, length - 1) + 2;
  if (state < 4 || state + 2 >= length || isDeadState(bytes[state] ?? 0)) return undefined;
  const parent = numberAt(bytes.subarray(state, length), length - state, 1);
  return parent < 0 ? undefined : parent;
}

const CLOSING_BRACKET = 41;

/** Z, X or x. */
function isDeadState(letter: number): boolean {
  return letter === 90 || letter === 88 || letter === 120;
}

/** Parses /proc/PID/statm: total size, resident pages, and those of them that are of files or shared memory. */
export function parseStatm(
  text: string,
): {sizePages: number; residentPages: number; sharedPages: number} | undefined {
  const [size, resident, shared] = text.split(' ', 3).map(Number);
  if (size === undefined || resident === undefined || shared === undefined) return undefined;
  if (Number.isNaN(size + resident + shared)) return undefined;
  return {sizePages: size, residentPages: resident, sharedPages: shared};
}

/**
 * A whole number out of words separated by single spaces (statm, loadavg), read off the bytes: no string is made.
 * @param length how many of the bytes count
 * @param word which word, from 0
 * @returns -1 when there is no such word or it does not begin with a digit
 */
export function numberAt(bytes: Uint8Array, length: number, word: number): number {
  const SPACE = 32;
  const ZERO = 48;
  let at = 0;
  for (let left = word; left > 0; left -= 1) {
    while (at < length && bytes[at] !== SPACE) at += 1;
    at += 1;
  }
  let value = -1;
  for (; at < length; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = Math.max(0, value) * 10 + digit;
  }
  return value;
}

/** The value of a `Key:   123 kB` line (of status, smaps_rollup) in bytes; undefined when there is no such line. */
export function kilobyteLine(text: string, key: string): number | undefined {
  const value = numberLine(text, key);
  return value === undefined ? undefined : value * 1024;
}

/** The number of a `key: 123` line (of io, status); undefined when there is no such line. */
export function numberLine(text: string, key: string): number | undefined {
  const label = `${key}:`;
  const start = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (start === 0 && !text.startsWith(label)) return undefined;
  const value = Number.parseInt(text.slice(start + label.length), 10);
  return Number.isNaN(value) ? undefined : value;
}

/** Parses a list of pids separated by spaces (/proc/PID/task/TID/children). */
export function parsePids(text: string): number[] {
  const pids: number[] = [];
  for (const word of text.split(' ')) {
    const pid = Number(word);
    if (Number.isInteger(pid) && pid > 0) pids.push(pid);
  }
  return pids;
}

/** No more of a command line is kept, bytes. */
const LONGEST_COMMAND_LINE_BYTES = 4096;

/**
 * Parses /proc/PID/cmdline: words that each end with a NUL. A process may have overwritten it with anything. What is
 * cut off is shown by `…`.
 * @param text latin1, as the files of /proc are read
 */
export function parseCommandLine(text: string): string[] {
  const kept = text.slice(0, LONGEST_COMMAND_LINE_BYTES).replace(/\0+$/, '');
  if (kept === '') return [];
  const words = Buffer.from(kept, 'latin1').toString('utf8').split('\0');
  if (text.length <= LONGEST_COMMAND_LINE_BYTES) return words;
  // A character may have been cut in two.
  return words.with(-1, `${(words.at(-1) ?? '').replace(/\uFFFD$/, '')}…`);
}

/**
 * Page size and clock ticks per second out of /proc/self/auxv (getauxval(3)): pairs of machine words of eight bytes.
 * @param text latin1, as the files of /proc are read
 */
export function parseAuxv(text: string, littleEndian: boolean): {pageBytes: number; ticksPerSecond: number} {
  const AT_PAGESZ = 6;
  const AT_CLKTCK = 17;
  let pageBytes = 4096;
  let ticksPerSecond = 100;
  for (let at = 0; at + 16 <= text.length; at += 16) {
    const key = wordAt(text, at, littleEndian);
    if (key === AT_PAGESZ) pageBytes = wordAt(text, at + 8, littleEndian);
    if (key === AT_CLKTCK) ticksPerSecond = wordAt(text, at + 8, littleEndian);
  }
  return {pageBytes, ticksPerSecond};
}

/** Exact up to 2^53. */
function wordAt(text: string, at: number, littleEndian: boolean): number {
  let value = 0;
  for (let byte = 0; byte < 8; byte += 1)
    value = value * 256 + text.charCodeAt(at + (littleEndian ? 7 - byte : byte));
  return value;
}
