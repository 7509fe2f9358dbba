import {isUtf8} from 'node:buffer';
import {constants, endianness} from 'node:os';
import {REPLACED, splitAtNul} from './exact-bytes.js';
import {findInherited, openDescriptors} from './inherited-descriptors.js';

/** What limitrun was started with and Node has changed. */
export interface Inheritance {
  /** Descriptors above 2. */
  readonly descriptors: readonly number[];
  /** Signals that were ignored, without `SIG`, such as `HUP`. */
  readonly ignoredSignals: readonly string[];
  /** The soft limit of open files, where Node has raised it. */
  readonly softOpenFiles?: number;
  /** Variables whose values are not UTF-8, so that Node cannot hold them. */
  readonly unheldVariables?: ReadonlyMap<string, Buffer>;
  /** A pipe that the launcher has made: both of its ends, which are limitrun's own. */
  readonly pipe?: {readonly readEnd: number; readonly writeEnd: number};
  /** Noted by the launcher; without it only the descriptors are known. */
  readonly byLauncher?: true;
}

const NOTES = 'LIMITRUN_INHERITED';
const VARIABLES = 'LIMITRUN_INHERITED_VARIABLES';
const KEPT = 'LIMITRUN_KEPT_';
/** What Node would take for itself. */
const OF_NODE = [
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_V8_COVERAGE',
  'OPENSSL_CONF',
];

/**
 * Takes over what the launcher (bin/limitrun) has noted, and puts the environment back as it was. Without the launcher
 * only the descriptors can be told.
 *
 * Has to be called before anything opens a file.
 * @param environment is changed: the launcher's notes are taken out, and what it kept from Node is put back
 */
export function takeInheritance(environment: Record<string, string | undefined>): Inheritance {
  const notes = environment[NOTES];
  const variables = environment[VARIABLES];
  if (notes === undefined) return {descriptors: findInherited(openDescriptors()), ignoredSignals: []};
  Reflect.deleteProperty(environment, NOTES);
  Reflect.deleteProperty(environment, VARIABLES);
  putBackKept(environment);
  const noted = fromVariables(variables);
  const unheldVariables = restoreVariables(environment, noted);
  return {
    ...fromNotes(notes),
    ignoredSignals: ignoredIn(noted.stat),
    ...(unheldVariables.size > 0 && {unheldVariables}),
    byLauncher: true,
  };
}

function putBackKept(environment: Record<string, string | undefined>): void {
  // The launcher's.
  Reflect.deleteProperty(environment, 'OPENSSL_CONF');
  for (const name of OF_NODE) {
    const kept = `${KEPT}${name}`;
    if (environment[kept] === undefined) continue;
    environment[name] = environment[kept];
    Reflect.deleteProperty(environment, kept);
  }
}

/**
 * Reads the launcher's notes: `limits of open files, soft and hard;descriptors;both ends of a pipe`. Node raises the soft
 * limit to the hard one, as far as it can.
 */
export function fromNotes(notes: string): Omit<Inheritance, 'ignoredSignals'> {
  const [files = '', open = '', pipe = ''] = notes.split(';');
  const [soft = '', hard = ''] = files.split(' ');
  const raised = /^\d+$/.test(soft) && soft !== hard;
  const [readEnd, writeEnd] = numbersIn(pipe);
  return {
    descriptors: numbersIn(open),
    ...(readEnd === undefined || writeEnd === undefined ? {} : {pipe: {readEnd, writeEnd}}),
    ...(raised ? {softOpenFiles: Number(soft)} : {}),
  };
}

function numbersIn(words: string): number[] {
  return words.split(' ').filter(Boolean).map(Number);
}

/**
 * Variables that a shell (dash, bash, busybox) sets or changes for itself, and those that the launcher uses; bin/limitrun
 * has the same list.
 */
const OF_THE_SHELL = new RegExp(
  `^(${[
    'PWD|OLDPWD|SHLVL|_|IFS|OPT(IND|ARG|ERR)|PPID|E?UID|GROUPS|DIRSTACK|FUNCNAME|PS[0-9]|BASH[A-Z_0-9]*|S?RANDOM',
    'SECONDS|EPOCH[A-Z]*|LINENO|HISTCMD|SHELLOPTS|POSIXLY_CORRECT|COMP_WORDBREAKS|LINES|COLUMNS',
    '(LIMITRUN_KEPT_)?NODE_[A-Z0-9_]*|LIMITRUN_INHERITED[A-Z_]*',
    'lr__.*',
  ].join('|')})$`,
  's',
);

/** What the launcher tells of the environment and of signals. */
interface NotedVariables {
  /** `NAME=value`, as far as Node can hold it. */
  readonly entries: readonly string[];
  /** The same as bytes, where some are not UTF-8; otherwise none. */
  readonly bytes: readonly Buffer[];
  /** Whether the entries are the whole environment, and not only what shells are known to change. */
  readonly isWhole: boolean;
  /** /proc/PID/stat of a process that the launcher has started. */
  readonly stat: string;
}

/**
 * @param noted entries `NAME=value\0` and a stat line, as od tells eight bytes in a word of this machine, the last one
 * filled up with NULs: after `:` the whole environment; where that would be too large after `+` what shells are known to
 * change
 */
function fromVariables(noted = ''): NotedVariables {
  const read = Buffer.from(noted.slice(1).replaceAll(' ', '').replaceAll('\n', ''), 'hex');
  const bytes = read.subarray(0, read.length - (read.length % 8));
  if (endianness() === 'LE') bytes.swap64();
  const entries = bytes.toString().replace(/\0+$/, '').split('\0');
  const stat = entries.pop() ?? '';
  const isHeld = entries.every((entry) => !entry.includes(REPLACED));
  return {entries, bytes: isHeld ? [] : splitAtNul(bytes), isWhole: noted.startsWith(':'), stat};
}

/**
 * Puts back what the launcher's shell has changed, added or dropped.
 * @returns those whose values are not UTF-8
 */
function restoreVariables(
  environment: Record<string, string | undefined>,
  {entries, bytes, isWhole, stat}: NotedVariables,
): Map<string, Buffer> {
  const unheld = new Map<string, Buffer>();
  // Nothing could be noted.
  if (stat === '') return unheld;
  const names = new Set<string>();
  entries.forEach((entry, index) => {
    const equals = entry.indexOf('=');
    if (equals < 1) return;
    const name = entry.slice(0, equals);
    const value = entry.slice(equals + 1);
    names.add(name);
    if (environment[name] !== value) environment[name] = value;
    const exact = bytes[index];
    if (exact === undefined || !value.includes(REPLACED)) return;
    const valueBytes = exact.subarray(exact.indexOf('=') + 1);
    if (!isUtf8(valueBytes)) unheld.set(name, valueBytes);
  });
  for (const name of Object.keys(environment)) {
    if (!names.has(name) && (isWhole || OF_THE_SHELL.test(name))) Reflect.deleteProperty(environment, name);
  }
  return unheld;
}

/** Field of /proc/PID/stat: the signals that are ignored, of the first 31, which are all that have names (proc(5)). */
const SIGIGNORE = 33;

/**
 * The signals that a process ignores, without `SIG`.
 * @param stat /proc/PID/stat, in whose masks bit n-1 stands for signal n
 */
export function ignoredIn(stat: string): string[] {
  // The name before it may hold anything; the field after it is number 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const bits = Number(fields[SIGIGNORE - 3]);
  if (Number.isNaN(bits) || bits === 0) return [];
  const names: string[] = [];
  for (const [name, number] of Object.entries(constants.signals)) {
    const isSet = number <= 31 && ((bits >>> (number - 1)) & 1) === 1;
    // Two names may stand for one number (SIGIO and SIGPOLL, SIGABRT and SIGIOT).
    if (isSet && !names.some((other) => sameNumber(other, number))) names.push(name.slice('SIG'.length));
  }
  return names;
}

function sameNumber(name: string, number: number): boolean {
  return constants.signals[`SIG${name}` as NodeJS.Signals] === number;
}
